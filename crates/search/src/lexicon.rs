//! Words that people use, by all their endings.

use std::collections::BTreeMap;

use catalogue::lay_words::{LayWord, LayWords};

use crate::letters::words;
use crate::vocabulary::{Vocabulary, Word};

/// Lay words and professional terms by their stems.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lexicon {
    danish: BTreeMap<String, usize>,
    english: BTreeMap<String, usize>,
    entries: Vec<LayWord>,
    longest: usize,
}

impl Lexicon {
    pub(crate) fn new(lay_words: &LayWords, vocabulary: &Vocabulary) -> Self {
        let mut lexicon = Self {
            entries: lay_words.entries().to_vec(),
            ..Self::default()
        };
        for (at, entry) in lay_words.entries().iter().enumerate() {
            for phrase in entry.da.iter().chain([&entry.means.da]) {
                let forms = forms(vocabulary, phrase);
                lexicon.longest = lexicon.longest.max(forms.len());
                let key = key(&forms, |word| &word.danish);
                lexicon.danish.entry(key).or_insert(at);
            }
            for phrase in entry.en.iter().chain([&entry.means.en]) {
                let forms = forms(vocabulary, phrase);
                lexicon.longest = lexicon.longest.max(forms.len());
                let key = key(&forms, |word| &word.english);
                lexicon.english.entry(key).or_insert(at);
            }
        }
        lexicon
    }

    /// Words in the longest phrase.
    pub(crate) const fn longest(&self) -> usize {
        self.longest
    }

    /// What a phrase means.
    pub(crate) fn meaning(&self, phrase: &[Word]) -> Option<&LayWord> {
        let danish = || self.danish.get(&key(phrase, |word| &word.danish));
        let english = || self.english.get(&key(phrase, |word| &word.english));
        self.entries.get(*danish().or_else(english)?)
    }

    /// Every entry.
    pub(crate) fn entries(&self) -> &[LayWord] {
        &self.entries
    }
}

/// The words of a phrase in their forms.
pub(crate) fn forms(vocabulary: &Vocabulary, phrase: &str) -> Vec<Word> {
    words(phrase).map(|word| vocabulary.word(word)).collect()
}

fn key<'a>(phrase: &'a [Word], form: impl Fn(&'a Word) -> &'a String) -> String {
    let stems: Vec<&str> = phrase.iter().map(|word| form(word).as_str()).collect();
    stems.join(" ")
}
