//! What the words of a query mean: phrases of the lay words, codes, plain words.

use std::collections::BTreeMap;

use super::fold::{is_filler, stem, words};
use super::index::SearchIndex;
use crate::lay_words::{LayWord, LayWords};

/// Lay words by their stems.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    phrases: BTreeMap<Vec<String>, usize>,
    entries: Vec<LayWord>,
    longest: usize,
}

/// A part of the query.
#[derive(Debug, Clone)]
pub(super) struct Term<'a> {
    /// As typed.
    pub(super) typed: String,
    /// Its stems; all must stand in a document.
    pub(super) stems: Vec<String>,
    /// What it means.
    pub(super) meaning: Option<&'a LayWord>,
    /// Codes that it names.
    pub(super) codes: Vec<String>,
}

impl Lexicon {
    pub(super) fn new(lay_words: &LayWords) -> Self {
        let mut lexicon = Self {
            entries: lay_words.entries().to_vec(),
            ..Self::default()
        };
        for (at, entry) in lay_words.entries().iter().enumerate() {
            let own = [&entry.means.da, &entry.means.en];
            for phrase in entry.da.iter().chain(&entry.en).chain(own) {
                let stems: Vec<String> = words(phrase).into_iter().map(stem).collect();
                lexicon.longest = lexicon.longest.max(stems.len());
                lexicon.phrases.entry(stems).or_insert(at);
            }
        }
        lexicon
    }

    fn entry(&self, stems: &[String]) -> Option<&LayWord> {
        self.entries.get(*self.phrases.get(stems)?)
    }
}

/// Splits a query into terms. The longest phrase wins.
pub(super) fn terms<'a>(index: &'a SearchIndex, text: &str, literal: bool) -> Vec<Term<'a>> {
    // More words than this are not a search but a pasted text.
    const WORDS_MAX: usize = 16;
    let mut terms = Vec::new();
    let mut rest: Vec<&str> = Vec::new();
    for part in text.split_whitespace().take(WORDS_MAX) {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        let codes = codes(index, part);
        if codes.is_empty() {
            rest.push(part);
        } else {
            plain(index, &rest, literal, &mut terms);
            rest.clear();
            terms.push(Term {
                typed: part.to_owned(),
                stems: vec![stem(part)],
                meaning: None,
                codes,
            });
        }
    }
    plain(index, &rest, literal, &mut terms);
    terms
}

fn plain<'a>(index: &'a SearchIndex, parts: &[&str], literal: bool, terms: &mut Vec<Term<'a>>) {
    // An identifier stays one word here: its parts are for documents, not for queries.
    let words: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|word| !word.is_empty())
        .collect();
    let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    let mut at = 0;
    while at < words.len() {
        let found = (1..=index.lexicon.longest.min(words.len() - at))
            .rev()
            .filter(|_| !literal)
            .find_map(|length| {
                let meaning = index.lexicon.entry(stems.get(at..at + length)?)?;
                Some((length, meaning))
            });
        let length = found.map_or(1, |(length, _)| length);
        let stems = stems.get(at..at + length).unwrap_or_default();
        if found.is_some() || !stems.iter().all(|word| is_filler(word)) {
            terms.push(Term {
                typed: words.get(at..at + length).unwrap_or_default().join(" "),
                stems: stems.to_vec(),
                meaning: found.map(|(_, meaning)| meaning),
                codes: Vec::new(),
            });
        }
        at += length;
    }
}

/// The codes that a word names: as written, without dot, with the Danish D before.
fn codes(index: &SearchIndex, word: &str) -> Vec<String> {
    let plain = word.to_uppercase().replace(['.', '–'], "");
    let has_shape = plain.len() >= 3
        && plain.starts_with(|c: char| c.is_ascii_alphabetic())
        && plain.chars().any(|c| c.is_ascii_digit());
    if !has_shape {
        return Vec::new();
    }
    let range = word.to_uppercase().replace('–', "-");
    let with_d = |code: &str| {
        code.split('-')
            .map(|part| format!("D{part}"))
            .collect::<Vec<_>>()
            .join("-")
    };
    let mut found: Vec<String> = [plain.clone(), with_d(&plain), range.clone(), with_d(&range)]
        .into_iter()
        .filter(|code| index.codes.contains_key(code))
        .collect();
    found.dedup();
    if found.is_empty() {
        // A code finer than the list: the nearest one above it.
        let finer = [plain.clone(), with_d(&plain)];
        found = finer
            .iter()
            .filter_map(|code| {
                (4..code.len())
                    .rev()
                    .filter_map(|length| code.get(..length))
                    .find(|shorter| index.codes.contains_key(*shorter))
                    .map(str::to_owned)
            })
            .collect();
    }
    found
}
