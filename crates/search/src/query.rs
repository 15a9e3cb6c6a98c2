//! Questions and answers of the search.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Language, Text};
use serde::{Deserialize, Serialize};

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<'a> {
    /// The words as typed. Empty: every register.
    pub text: &'a str,
    /// The reader's language: decides the order of equals. Both languages are searched.
    pub language: Language,
    /// Only these.
    pub filters: Filters,
    /// Only the words as typed, without other spellings and words of the same meaning.
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

/// What hits can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// What it is: the names of [`HitKind`].
    Kinds,
    /// Data controller, by organisation id.
    Controllers,
    /// Category of the data map.
    Categories,
    /// The authority that decides on access, by organisation id.
    Authorities,
    /// Code list that values are from, by id.
    CodeSystems,
    /// Years that the data cover: `before_2000`, `y2000_2018`, `from_2019`.
    Periods,
    /// `yes` where rows are about persons.
    PersonLevel,
    /// Whether the controller has confirmed the description: `yes`, `no`.
    Confirmed,
}

impl Facet {
    /// Every facet, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Kinds,
        Self::Controllers,
        Self::Categories,
        Self::Authorities,
        Self::CodeSystems,
        Self::Periods,
        Self::PersonLevel,
        Self::Confirmed,
    ];
}

/// Values to keep. Within one facet any of them, across facets all; a facet without values keeps
/// everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(BTreeMap<Facet, BTreeSet<String>>);

impl Filters {
    /// Keeps hits with this value too.
    pub fn add(&mut self, facet: Facet, value: impl Into<String>) {
        self.0.entry(facet).or_default().insert(value.into());
    }

    /// Whether a value was asked for.
    pub fn has(&self, facet: Facet, value: &str) -> bool {
        self.values(facet).any(|wanted| wanted == value)
    }

    /// The values asked for.
    pub fn values(&self, facet: Facet) -> impl Iterator<Item = &str> {
        self.0.get(&facet).into_iter().flatten().map(String::as_str)
    }

    /// Number of values asked for, over all facets.
    pub fn count(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
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
    /// A data package.
    Package,
    /// A question with its answer.
    Answer,
}

impl HitKind {
    /// The name, as in answers and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Variable => "variable",
            Self::CodeList => "code_list",
            Self::Package => "package",
            Self::Answer => "answer",
        }
    }
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
    /// The word is spelled a little differently there.
    Spelling,
    /// The word is a part of a longer word there, or the other way round.
    Compound,
    /// The code lies above or below in its tree.
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
    /// The key, of a package or an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the register, label of the variable or code.
    pub title: Text,
    /// Why it is one.
    pub why: Why,
    /// The words or codes that fit.
    pub matched: Vec<String>,
    /// Strength; comparable within one answer only.
    pub score: u32,
}

impl Hit {
    /// The hit as one writes it: `lpr3.diagnoser.diag_kode`, `DE11`, `lmdb`.
    pub fn name(&self) -> String {
        let parts = [
            &self.register,
            &self.table,
            &self.variable,
            &self.code,
            &self.id,
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(".")
    }
}

/// A word that stands nowhere, and the one that was searched instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// As typed.
    pub typed: String,
    /// As searched.
    pub searched: String,
}

/// What the query was taken to mean, besides its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Understood {
    /// Professional terms.
    pub terms: Vec<Text>,
    /// Codes.
    pub codes: Vec<String>,
    /// Words whose spelling was put right.
    pub corrections: Vec<Correction>,
}

impl Understood {
    /// Whether nothing but the words themselves was searched.
    pub fn is_literal(&self) -> bool {
        self.terms.is_empty() && self.codes.is_empty() && self.corrections.is_empty()
    }
}

/// Number of hits per value of each facet. Each facet obeys the filters of the others; values of
/// the unfiltered answer stay, if need be with 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Facets(pub(crate) BTreeMap<Facet, BTreeMap<String, usize>>);

impl Facets {
    /// Number of hits per value of one facet.
    pub fn counts(&self, facet: Facet) -> impl Iterator<Item = (&str, usize)> {
        let counts = self.0.get(&facet).into_iter().flatten();
        counts.map(|(value, count)| (value.as_str(), *count))
    }

    /// Number of hits with one value.
    pub fn count(&self, facet: Facet, value: &str) -> Option<usize> {
        self.0.get(&facet)?.get(value).copied()
    }
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SearchResult {
    /// Hits in all, after filters.
    pub total: usize,
    /// The hits of this page, the best first.
    pub hits: Vec<Hit>,
    /// Counts to filter by.
    pub facets: Facets,
    /// What was searched besides the words.
    pub understood: Understood,
    /// The nearest that there is, when there is no hit.
    pub nearest: Vec<Hit>,
}
