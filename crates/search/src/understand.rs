//! What the words of a query mean: codes, identifiers, phrases of the lay words, compounds, slips of
//! the finger, plain words.

use catalogue::lay_words::LayWord;

use crate::index::SearchIndex;
use crate::letters::{is_filler, readable, words};
use crate::query::{Correction, Understood};
use crate::vocabulary::Word;

/// Parts of a query that are read; what comes after them is a pasted text, not a search.
const TERMS_MAX: usize = 12;

/// A part of the query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Term<'a> {
    /// As typed.
    pub(crate) typed: String,
    /// Its words; all must stand in a document.
    pub(crate) words: Vec<Word>,
    /// What it means.
    pub(crate) meaning: Option<&'a LayWord>,
    /// Codes that it names.
    pub(crate) codes: Vec<&'a str>,
    /// What it is made of, if it is a compound.
    pub(crate) parts: Vec<Word>,
    /// Whether it stands nowhere as a whole.
    pub(crate) unknown: bool,
    /// Words whose spelling was put right.
    pub(crate) corrections: Vec<Correction>,
}

/// A typed word on its way to a term.
struct Typed {
    typed: String,
    word: Word,
    parts: Vec<Word>,
    unknown: bool,
    correction: Option<Correction>,
}

/// Splits a query into terms. The longest phrase wins.
pub(crate) fn terms<'a>(index: &'a SearchIndex, text: &str, literal: bool) -> Vec<Term<'a>> {
    let text = readable(text);
    let mut terms = Vec::new();
    let mut rest: Vec<Typed> = Vec::new();
    for part in text.split_whitespace() {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        if part.is_empty() {
            continue;
        }
        let whole = index.words.word(part);
        let codes = index.codes.named_by(part);
        if codes.is_empty()
            && !(part.contains(['.', '-', '/']) && index.words.is_name(&whole.folded))
        {
            rest.extend(words(part).map(|word| typed(index, word, literal)));
            continue;
        }
        phrases(index, &rest, literal, &mut terms);
        rest.clear();
        terms.push(Term {
            typed: part.to_owned(),
            words: vec![whole],
            codes,
            ..Term::default()
        });
    }
    phrases(index, &rest, literal, &mut terms);
    // A word said twice weighs no more.
    let mut said: Vec<Vec<Word>> = Vec::new();
    terms.retain(|term| {
        let new = !said.contains(&term.words);
        said.push(term.words.clone());
        new
    });
    terms.truncate(TERMS_MAX);
    terms
}

/// A word with what is known of it.
fn typed(index: &SearchIndex, typed: &str, literal: bool) -> Typed {
    let vocabulary = &index.words;
    let mut found = Typed {
        typed: typed.to_owned(),
        word: vocabulary.word(typed),
        parts: Vec::new(),
        unknown: false,
        correction: None,
    };
    if literal || is_filler(&found.word.folded) {
        return found;
    }
    found.parts = vocabulary.parts(&found.word);
    if vocabulary.knows(&found.word) {
        return found;
    }
    found.unknown = true;
    if !found.parts.is_empty() || !vocabulary.beginning_with(&found.word.folded, 1).is_empty() {
        return found;
    }
    match vocabulary.spelled_like(&found.word.folded) {
        Some(right) => {
            found.word = vocabulary.folded_word(right);
            found.parts = vocabulary.parts(&found.word);
            found.unknown = false;
            found.correction = Some(Correction {
                typed: typed.to_owned(),
                searched: index.as_written(&found.word.folded).to_owned(),
            });
        }
        None => found.parts = vocabulary.edges(&found.word),
    }
    found
}

fn phrases<'a>(index: &'a SearchIndex, typed: &[Typed], literal: bool, terms: &mut Vec<Term<'a>>) {
    let before = terms.len();
    let mut at = 0;
    while at < typed.len() && terms.len() < TERMS_MAX {
        let phrase = |length: usize| typed.get(at..at + length).unwrap_or_default();
        let found = (1..=index.lexicon.longest().min(typed.len() - at))
            .rev()
            .filter(|_| !literal)
            .find_map(|length| {
                let words: Vec<Word> = phrase(length).iter().map(|t| t.word.clone()).collect();
                Some((length, index.lexicon.meaning(&words)?))
            });
        let length = found.map_or(1, |(length, _)| length);
        let says_something = |t: &Typed| !is_filler(&t.word.folded);
        if found.is_some() || phrase(length).iter().any(says_something) {
            terms.push(term(phrase(length), found.map(|(_, meaning)| meaning)));
        }
        at += length;
    }
    if terms.len() == before {
        // Nothing but words that say little: the longer ones are searched all the same.
        const SAYING_CHARS_MIN: usize = 4;
        let long = |t: &&Typed| t.word.folded.chars().count() >= SAYING_CHARS_MIN;
        let all_short_queries = typed.iter().filter(long);
        terms.extend(all_short_queries.map(|t| term(std::slice::from_ref(t), None)));
    }
}

fn term<'a>(phrase: &[Typed], meaning: Option<&'a LayWord>) -> Term<'a> {
    let typed: Vec<&str> = phrase.iter().map(|t| t.typed.as_str()).collect();
    Term {
        typed: typed.join(" "),
        words: phrase.iter().map(|t| t.word.clone()).collect(),
        meaning,
        codes: Vec::new(),
        parts: match phrase {
            [one] => one.parts.clone(),
            _ => Vec::new(),
        },
        unknown: phrase.iter().any(|t| t.unknown),
        corrections: phrase.iter().filter_map(|t| t.correction.clone()).collect(),
    }
}

/// What was searched besides the words.
pub(crate) fn understood(terms: &[Term<'_>]) -> Understood {
    let mut understood = Understood::default();
    for term in terms {
        if let Some(meaning) = term.meaning {
            understood.terms.push(meaning.means.clone());
            understood.codes.extend(meaning.codes.iter().cloned());
        }
        let named = term.codes.iter().map(|code| (*code).to_owned());
        understood.codes.extend(named);
        understood
            .corrections
            .extend(term.corrections.iter().cloned());
    }
    let mut seen = std::collections::BTreeSet::new();
    understood.codes.retain(|code| seen.insert(code.clone()));
    understood.terms.dedup();
    understood
}
