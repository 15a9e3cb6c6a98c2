//! Who states what of persons: the tables that every population is found by, whatever it names.

use crate::Catalogue;
use crate::register::{ColumnRole, Register, Table, Variable};

/// A variable of a deliverable table that states something of persons.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    /// Register.
    pub register: &'a Register,
    /// Table.
    pub table: &'a Table,
    /// Variable.
    pub variable: &'a Variable,
}

/// Where people lived, from when to when.
#[derive(Debug, Clone, Copy)]
pub struct AddressHistory<'a> {
    /// The municipality.
    pub municipality: Stated<'a>,
    /// The variable with the first date of an address.
    pub from: &'a str,
    /// The variable with its last date, missing while it lasts.
    pub to: &'a str,
}

/// No deliverable table states what a population asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no deliverable table states `{0}`")]
pub struct ConceptMissing(pub &'static str);

impl Catalogue {
    /// Who states a concept of persons: see [`Catalogue::find_concept`].
    pub fn find_stated(&self, concept: &'static str) -> Result<Stated<'_>, ConceptMissing> {
        let (register, table, variable) =
            self.find_concept(concept).ok_or(ConceptMissing(concept))?;
        Ok(Stated {
            register,
            table,
            variable,
        })
    }

    /// The first deliverable table that states the municipality and has a pair of dates in
    /// `date_order` beginning with its `date_variable`.
    pub fn find_address_history(&self) -> Result<AddressHistory<'_>, ConceptMissing> {
        for register in self.registers() {
            for table in register.tables.iter().filter(|table| table.deliverable) {
                if let Some((variable, [from, to])) = address_history(table) {
                    return Ok(AddressHistory {
                        municipality: Stated {
                            register,
                            table,
                            variable,
                        },
                        from,
                        to,
                    });
                }
            }
        }
        Err(ConceptMissing("municipality"))
    }
}

fn address_history(table: &Table) -> Option<(&Variable, &[String; 2])> {
    let municipality = table.variables.iter().find(|variable| {
        variable.concept.as_deref() == Some("municipality") && variable.role == ColumnRole::Plain
    })?;
    let date = table.date_variable.as_ref()?;
    let dates = table.date_order.iter().find(|[from, _]| from == date)?;
    Some((municipality, dates))
}
