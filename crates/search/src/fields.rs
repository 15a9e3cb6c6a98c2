//! Fields of the index: where a word can stand, and how much that weighs.

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use crate::query::Why;

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Identifier, abbreviation or code, whole.
    Name,
    /// A part of an identifier.
    NamePart,
    /// Name of a register, label of a variable.
    Title,
    /// Words that people search a register by.
    Lay,
    /// Label of a code.
    CodeLabel,
    /// Description.
    Description,
    /// Name of what it belongs to.
    Context,
}

/// Every zone, the weightiest first.
pub(crate) const ZONES: [Zone; 7] = [
    Zone::Name,
    Zone::Title,
    Zone::Lay,
    Zone::NamePart,
    Zone::CodeLabel,
    Zone::Description,
    Zone::Context,
];

impl Zone {
    /// What a word weighs that stands here.
    pub(crate) const fn weight(self) -> u16 {
        match self {
            Self::Name => 100,
            Self::Title => 80,
            Self::Lay => 70,
            Self::NamePart => 60,
            Self::CodeLabel => 55,
            Self::Description => 40,
            Self::Context => 15,
        }
    }

    /// Why a document is a hit when the word stands here.
    pub(crate) const fn why(self) -> Why {
        match self {
            Self::Name | Self::NamePart | Self::Title | Self::CodeLabel => Why::Exact,
            Self::Lay => Why::SameMeaning,
            Self::Context | Self::Description => Why::Description,
        }
    }

    /// Whether words here have a language and endings.
    pub(crate) const fn is_prose(self) -> bool {
        !matches!(self, Self::Name | Self::NamePart)
    }
}

/// The fields: one per zone, and per language where words have one.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// Zone, the field of Danish words (or of all), the field of English words.
    pub(crate) zones: Vec<(Zone, Field, Option<Field>)>,
    /// Every folded word as it stands, for spelling and beginnings of words.
    pub(crate) surface: Field,
}

/// The schema of the index and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let options = TextOptions::default().set_indexing_options(indexing);
    let mut builder = Schema::builder();
    let mut zones = Vec::with_capacity(ZONES.len());
    for zone in ZONES {
        let name = format!("{zone:?}");
        let first = builder.add_text_field(&name, options.clone());
        let second = zone
            .is_prose()
            .then(|| builder.add_text_field(&format!("{name}English"), options.clone()));
        zones.push((zone, first, second));
    }
    let surface = builder.add_text_field("Surface", options);
    (builder.build(), Fields { zones, surface })
}
