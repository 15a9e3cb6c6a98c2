//! What can be found, and the words that each is found by.

use super::HitKind;
use super::fold::{stem, words};
use crate::codelist::{Code, CodeList};
use crate::register::{Register, Table, Variable};
use crate::{Catalogue, Text};

/// Something that can be found.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) kind: HitKind,
    pub(super) register: Option<String>,
    pub(super) table: Option<String>,
    pub(super) variable: Option<String>,
    pub(super) code_list: Option<String>,
    pub(super) code: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) title: Text,
    pub(super) controller: Option<String>,
    pub(super) category: Option<String>,
    /// Data of this kind can be had: such hits come before those that are described only.
    pub(super) deliverable: bool,
    /// The register is closed: what is still kept comes first.
    pub(super) closed: bool,
}

/// Where a word stands. The number is its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Title,
    CodeLabel,
    Lay,
    Context,
    Description,
}

impl Field {
    pub(super) const fn weight(self) -> u32 {
        match self {
            Self::Name => 100,
            Self::Title => 80,
            Self::Lay => 70,
            Self::CodeLabel => 55,
            Self::Description => 40,
            Self::Context => 15,
        }
    }
}

/// A document with its words: stem, field.
pub(super) struct Worded {
    pub(super) document: Document,
    pub(super) words: Vec<(String, Field)>,
}

/// Every document of a catalogue.
pub(super) fn all(catalogue: &Catalogue) -> Vec<Worded> {
    let mut documents = Vec::new();
    for register in catalogue.registers() {
        documents.push(of_register(register));
        for table in &register.tables {
            for variable in &table.variables {
                documents.push(of_variable(register, table, variable));
            }
        }
    }
    for list in catalogue.code_lists() {
        for code in list.codes() {
            documents.push(of_code(list, code));
        }
    }
    documents
}

fn add(to: &mut Vec<(String, Field)>, text: &str, field: Field) {
    to.extend(words(text).into_iter().map(|word| (stem(word), field)));
}

fn add_both(to: &mut Vec<(String, Field)>, text: &Text, field: Field) {
    add(to, &text.da, field);
    if text.en != text.da {
        add(to, &text.en, field);
    }
}

fn of_register(register: &Register) -> Worded {
    let mut words = Vec::new();
    add(&mut words, &register.id, Field::Name);
    if let Some(abbreviation) = &register.abbreviation {
        add(&mut words, abbreviation, Field::Name);
    }
    add_both(&mut words, &register.name, Field::Title);
    for lay in &register.lay_words {
        add(&mut words, lay, Field::Lay);
    }
    add_both(&mut words, &register.description, Field::Description);
    Worded {
        document: Document {
            kind: HitKind::Register,
            register: Some(register.id.clone()),
            table: None,
            variable: None,
            code_list: None,
            code: None,
            parent: None,
            title: register.name.clone(),
            controller: Some(register.controller.to_string()),
            category: Some(register.category.clone()),
            deliverable: register.tables.iter().any(|table| table.deliverable),
            closed: register.to_year.is_some(),
        },
        words,
    }
}

fn of_variable(register: &Register, table: &Table, variable: &Variable) -> Worded {
    let mut words = Vec::new();
    add(&mut words, &variable.name, Field::Name);
    add_both(&mut words, &variable.label, Field::Title);
    add(&mut words, &table.name, Field::Context);
    add(&mut words, &register.id, Field::Context);
    if let Some(abbreviation) = &register.abbreviation {
        add(&mut words, abbreviation, Field::Context);
    }
    add_both(&mut words, &register.name, Field::Context);
    Worded {
        document: Document {
            kind: HitKind::Variable,
            register: Some(register.id.clone()),
            table: Some(table.name.clone()),
            variable: Some(variable.name.clone()),
            code_list: variable.code_list.clone(),
            code: None,
            parent: None,
            title: variable.label.clone(),
            controller: Some(register.controller.to_string()),
            category: Some(register.category.clone()),
            deliverable: table.deliverable,
            closed: register.to_year.is_some(),
        },
        words,
    }
}

fn of_code(list: &CodeList, code: &Code) -> Worded {
    let mut words = vec![(stem(&code.code), Field::Name)];
    add_both(&mut words, &code.label, Field::CodeLabel);
    Worded {
        document: Document {
            kind: HitKind::CodeList,
            register: None,
            table: None,
            variable: None,
            code_list: Some(list.id.clone()),
            code: Some(code.code.clone()),
            parent: code.parent.clone(),
            title: code.label.clone(),
            controller: None,
            category: None,
            deliverable: true,
            closed: false,
        },
        words,
    }
}
