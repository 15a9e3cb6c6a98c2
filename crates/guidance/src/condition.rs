//! The small condition language of the rules. It has three truth values, so that "don't know" is
//! carried through instead of being guessed.

use std::collections::BTreeSet;

use base::OrganisationId;
use serde::{Deserialize, Serialize};

use crate::facts::{BasketRegister, Facts};

/// A condition on the facts of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Holds for every project.
    Always,
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A question has one of these answers.
    Answer {
        /// Question id.
        question: String,
        /// Choice ids.
        is: Vec<String>,
    },
    /// The basket has a register of one of these authorities.
    RegistersOf(Vec<OrganisationId>),
    /// The basket has one of these registers.
    Registers(Vec<String>),
    /// The basket's registers belong to at least this many authorities.
    AuthoritiesMin(usize),
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does not hold.
    False,
    /// It depends on something not known.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    fn negated(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl Condition {
    /// Whether the condition holds for these facts.
    pub fn evaluate(&self, facts: &Facts, registers: &[BasketRegister]) -> Truth {
        match self {
            Self::Always => Truth::True,
            Self::All(parts) => parts
                .iter()
                .map(|part| part.evaluate(facts, registers))
                .min()
                .unwrap_or(Truth::True),
            Self::Any(parts) => parts
                .iter()
                .map(|part| part.evaluate(facts, registers))
                .max()
                .unwrap_or(Truth::False),
            Self::Not(part) => part.evaluate(facts, registers).negated(),
            Self::Answer { question, is } => match facts.answer(question) {
                Some(answer) => Truth::of(is.iter().any(|choice| choice == answer)),
                None => Truth::Unknown,
            },
            Self::RegistersOf(_) | Self::Registers(_) => {
                Truth::of(registers.iter().any(|register| self.names(register)))
            }
            Self::AuthoritiesMin(least) => {
                let authorities: BTreeSet<_> = registers.iter().map(|r| &r.authority).collect();
                Truth::of(authorities.len() >= *least)
            }
        }
    }

    /// The questions it asks.
    pub fn questions(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.collect_questions(&mut found);
        found
    }

    /// The registers of the basket that it names.
    pub fn registers<'a>(&self, registers: &'a [BasketRegister]) -> Vec<&'a BasketRegister> {
        registers.iter().filter(|r| self.mentions(r)).collect()
    }

    fn mentions(&self, register: &BasketRegister) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|p| p.mentions(register)),
            Self::AuthoritiesMin(_) => true,
            other => other.names(register),
        }
    }

    fn names(&self, register: &BasketRegister) -> bool {
        match self {
            Self::RegistersOf(authorities) => authorities.contains(&register.authority),
            Self::Registers(ids) => ids.contains(&register.id),
            _ => false,
        }
    }

    fn collect_questions<'a>(&'a self, found: &mut BTreeSet<&'a str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect_questions(found);
                }
            }
            Self::Not(part) => part.collect_questions(found),
            Self::Answer { question, .. } => {
                found.insert(question);
            }
            Self::Always | Self::RegistersOf(_) | Self::Registers(_) | Self::AuthoritiesMin(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(question: &str) -> Condition {
        Condition::Answer {
            question: question.to_owned(),
            is: vec!["yes".to_owned()],
        }
    }

    #[test]
    fn what_is_not_known_is_decided_only_where_the_rest_decides() {
        let mut facts = Facts::default();
        facts.answers.insert("a".into(), "no".into());
        facts.answers.insert("b".into(), "dont-know".into());
        let both = Condition::All(vec![asks("a"), asks("b")]);
        assert_eq!(both.evaluate(&facts, &[]), Truth::False);
        let either = Condition::Any(vec![asks("a"), asks("b")]);
        assert_eq!(either.evaluate(&facts, &[]), Truth::Unknown);
        let not = Condition::Not(Box::new(asks("b")));
        assert_eq!(not.evaluate(&facts, &[]), Truth::Unknown);
    }
}
