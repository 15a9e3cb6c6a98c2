//! The index: word stems to documents, codes to documents.

use std::collections::BTreeMap;

use super::document::{self, Document, Field};
use super::understand::Lexicon;
use crate::Catalogue;

/// A word stands in a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) document: usize,
    pub(super) field: Field,
}

/// A catalogue made ready for search.
#[derive(Debug, Clone)]
pub struct SearchIndex {
    pub(super) documents: Vec<Document>,
    pub(super) postings: BTreeMap<String, Vec<Posting>>,
    /// Code to its documents; one code may stand in several lists.
    pub(super) codes: BTreeMap<String, Vec<usize>>,
    /// Code list to the variables that are coded by it.
    pub(super) coded_by: BTreeMap<String, Vec<usize>>,
    /// Register to its document.
    pub(super) registers: BTreeMap<String, usize>,
    pub(super) lexicon: Lexicon,
}

impl SearchIndex {
    pub(super) fn build(catalogue: &Catalogue) -> Self {
        let mut index = Self {
            documents: Vec::new(),
            postings: BTreeMap::new(),
            codes: BTreeMap::new(),
            coded_by: BTreeMap::new(),
            registers: BTreeMap::new(),
            lexicon: Lexicon::new(catalogue.lay_words()),
        };
        for worded in document::all(catalogue) {
            index.add(worded.document, worded.words);
        }
        index
    }

    fn add(&mut self, document: Document, words: Vec<(String, Field)>) {
        let at = self.documents.len();
        for (word, field) in words {
            let postings = self.postings.entry(word).or_default();
            match postings.last_mut() {
                // Words of one document come together: the strongest field stays.
                Some(last) if last.document == at => {
                    if field.weight() > last.field.weight() {
                        last.field = field;
                    }
                }
                _ => postings.push(Posting {
                    document: at,
                    field,
                }),
            }
        }
        match (&document.code, &document.variable, &document.register) {
            (Some(code), ..) => self.codes.entry(code.clone()).or_default().push(at),
            (None, Some(_), _) => {
                if let Some(list) = &document.code_list {
                    self.coded_by.entry(list.clone()).or_default().push(at);
                }
            }
            (None, None, Some(register)) => {
                self.registers.insert(register.clone(), at);
            }
            (None, None, None) => {}
        }
        self.documents.push(document);
    }
}
