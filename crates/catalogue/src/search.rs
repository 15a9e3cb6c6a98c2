//! Search over registers, variables and codes at once, in Danish and English, with the reason why
//! each hit is one. Everything is in memory; the same catalogue and query give the same answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Catalogue, Language, Text};

mod document;
mod find;
mod fold;
mod index;
mod understand;

pub use index::SearchIndex;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<'a> {
    /// The words as typed. Empty: every register.
    pub text: &'a str,
    /// The reader's language: decides the order of equals. Both languages are searched.
    pub language: Language,
    /// Only these.
    pub filters: Filters,
    /// Only the words as typed, without words of the same meaning.
    pub literal: bool,
    /// Most hits in one answer.
    pub limit: usize,
    /// Hits to pass over.
    pub offset: usize,
}

impl<'a> Query<'a> {
    /// A query with no filter and the first twenty hits.
    pub fn new(text: &'a str, language: Language) -> Self {
        Self {
            text,
            language,
            filters: Filters::default(),
            literal: false,
            limit: 20,
            offset: 0,
        }
    }
}

/// Values to keep. Within one set any of them, across sets all; an empty set keeps everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Kinds of hits.
    pub kinds: BTreeSet<HitKind>,
    /// Controllers, by organisation id.
    pub controllers: BTreeSet<String>,
    /// Categories of the data map.
    pub categories: BTreeSet<String>,
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A register.
    Register,
    /// A variable of a table.
    Variable,
    /// A code, or a group of codes.
    CodeList,
}

/// Why something is a hit. In order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The word stands in the name or the code.
    Exact,
    /// Another word for the same thing stands there.
    SameMeaning,
    /// The variable can hold the codes.
    Codes,
    /// The code lies above or below in its tree, or the register is about it.
    Related,
    /// The word stands in the description.
    Description,
}

/// One find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// The register, of a register or variable.
    pub register: Option<String>,
    /// The table, of a variable.
    pub table: Option<String>,
    /// The variable.
    pub variable: Option<String>,
    /// The code list, of a code, or that the variable is coded by.
    pub code_list: Option<String>,
    /// The code, of a code.
    pub code: Option<String>,
    /// Name of the register, label of the variable or code.
    pub title: Text,
    /// Why it is one.
    pub why: Why,
    /// The words or codes that fit.
    pub matched: Vec<String>,
    /// Strength; comparable within one answer only.
    pub score: u32,
}

/// What the query was taken to mean, besides its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Understood {
    /// Professional terms.
    pub terms: Vec<Text>,
    /// Codes.
    pub codes: Vec<String>,
}

impl Understood {
    /// Whether nothing but the words themselves was searched.
    pub fn is_literal(&self) -> bool {
        self.terms.is_empty() && self.codes.is_empty()
    }
}

/// Number of hits per value; each facet obeys the filters of the others. Values of the unfiltered
/// answer stay, if need be with 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By kind.
    pub kinds: BTreeMap<HitKind, usize>,
    /// By controller.
    pub controllers: BTreeMap<String, usize>,
    /// By category.
    pub categories: BTreeMap<String, usize>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchResult {
    /// Hits in all, after filters.
    pub total: usize,
    /// The hits of this page, the best first.
    pub hits: Vec<Hit>,
    /// Counts to filter by.
    pub facets: Facets,
    /// What was searched besides the words.
    pub understood: Understood,
}

impl SearchIndex {
    /// Makes the index of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        Self::build(catalogue)
    }

    /// Searches.
    pub fn search(&self, query: &Query<'_>) -> SearchResult {
        find::search(self, query)
    }
}
