//! What a population is found by: every table and variable that decides who is in it, named in the
//! selection or not. Whoever answers for one of them has a say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Criterion, EventCriterion, IndexDate, Kinship, MatchOn, RowCondition, Selection};
use crate::Catalogue;
use crate::stated::{ConceptMissing, Stated};

/// What decides who is in a population: a register's list of persons, a table, or a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationUse {
    /// Register.
    pub register: String,
    /// Table; none where the register only says whom there is to choose among.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Variable; none where it is enough that there is a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

impl PopulationUse {
    /// Whether it is part of a table, or of one variable of it.
    pub fn is_within(&self, register: &str, table: &str, variable: Option<&str>) -> bool {
        self.register == register
            && self.table.as_deref() == Some(table)
            && variable.is_none_or(|name| self.variable.as_deref() == Some(name))
    }
}

/// What persons are asked besides events.
#[derive(Debug, Default)]
struct Asked<'a> {
    events: Vec<AskedEvent<'a>>,
    /// Concepts that the catalogue says who states.
    concepts: BTreeSet<&'static str>,
    residence: bool,
}

/// Rows that are asked for.
#[derive(Debug)]
struct AskedEvent<'a> {
    register: &'a str,
    table: &'a str,
    conditions: &'a [RowCondition],
    dated: bool,
}

impl<'a> Asked<'a> {
    fn of(selection: &'a Selection) -> Self {
        let mut asked = Self::default();
        asked.collect(&selection.population);
        if let Some(IndexDate::FirstEvent(event)) = &selection.index {
            asked.event(event, true);
        }
        if let Some(controls) = &selection.controls {
            asked.collect(&controls.among);
            for on in &controls.matched_on {
                match on {
                    MatchOn::Sex => asked.concept("sex"),
                    MatchOn::BirthYear => asked.concept("birth_date"),
                    MatchOn::Residence => asked.residence = true,
                    MatchOn::Alive => asked.life(),
                }
            }
        }
        for kinship in &selection.relatives {
            match kinship {
                Kinship::Parents | Kinship::Siblings | Kinship::Children => {
                    asked.concept("mother");
                    asked.concept("father");
                }
            }
        }
        asked
    }

    fn concept(&mut self, concept: &'static str) {
        self.concepts.insert(concept);
    }

    fn life(&mut self) {
        self.concept("birth_date");
        self.concept("death_date");
    }

    fn event(&mut self, event: &'a EventCriterion, dated: bool) {
        self.events.push(AskedEvent {
            register: &event.register,
            table: &event.table,
            conditions: &event.conditions,
            dated,
        });
    }

    fn collect(&mut self, criterion: &'a Criterion) {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) => {
                for part in parts {
                    self.collect(part);
                }
            }
            Criterion::Not(part) => self.collect(part),
            Criterion::Event(event) => {
                self.event(event, event.period.is_some() || event.window.is_some());
            }
            Criterion::Washout(washout) => self.events.push(AskedEvent {
                register: &washout.register,
                table: &washout.table,
                conditions: &washout.conditions,
                dated: true,
            }),
            Criterion::Sex(_) => self.concept("sex"),
            Criterion::Residence(_) => self.residence = true,
            Criterion::Age(_) => self.concept("birth_date"),
            Criterion::Alive(_) => self.life(),
        }
    }
}

impl Selection {
    /// Every register that an extract needs a version of and a permit needs a grant for: those it
    /// names, and those that state birth, sex and residence where it asks for them. The births are
    /// always asked for: they say who there is.
    pub fn required_registers(&self, catalogue: &Catalogue) -> Result<Vec<String>, ConceptMissing> {
        let tables = self.tables.iter().map(|table| table.register.clone());
        let uses = self.population_uses(catalogue)?;
        let mut registers: Vec<String> = tables
            .chain(uses.into_iter().map(|used| used.register))
            .collect();
        registers.sort_unstable();
        registers.dedup();
        Ok(registers)
    }

    /// What the population is found by, by this catalogue.
    pub fn population_uses(
        &self,
        catalogue: &Catalogue,
    ) -> Result<BTreeSet<PopulationUse>, ConceptMissing> {
        let asked = Asked::of(self);
        let mut uses = BTreeSet::new();
        for event in &asked.events {
            let table = catalogue.table(event.register, event.table);
            let date = table.and_then(|table| table.date_variable.as_deref());
            add_event(&mut uses, event, date.filter(|_| event.dated));
        }
        let births = catalogue.find_stated("birth_date")?;
        uses.insert(PopulationUse {
            register: births.register.id.clone(),
            table: None,
            variable: None,
        });
        for concept in &asked.concepts {
            add_stated(&mut uses, catalogue.find_stated(concept)?);
        }
        if asked.residence {
            let history = catalogue.find_address_history()?;
            let municipality = history.municipality;
            add_stated(&mut uses, municipality);
            for date in [history.from, history.to] {
                uses.insert(used(
                    &municipality.register.id,
                    &municipality.table.name,
                    Some(date),
                ));
            }
        }
        Ok(uses)
    }

    /// What the population is found by as far as the selection names it.
    pub fn named_population_uses(&self) -> BTreeSet<PopulationUse> {
        let mut uses = BTreeSet::new();
        for event in &Asked::of(self).events {
            add_event(&mut uses, event, None);
        }
        uses
    }
}

fn used(register: &str, table: &str, variable: Option<&str>) -> PopulationUse {
    PopulationUse {
        register: register.to_owned(),
        table: Some(table.to_owned()),
        variable: variable.map(str::to_owned),
    }
}

fn add_stated(uses: &mut BTreeSet<PopulationUse>, stated: Stated<'_>) {
    let Stated {
        register,
        table,
        variable,
    } = stated;
    uses.insert(used(&register.id, &table.name, Some(&variable.name)));
}

fn add_event(uses: &mut BTreeSet<PopulationUse>, event: &AskedEvent<'_>, date: Option<&str>) {
    let (register, table) = (event.register, event.table);
    let variables = event.conditions.iter().map(RowCondition::variable);
    uses.insert(used(register, table, None));
    uses.extend(
        variables
            .chain(date)
            .map(|name| used(register, table, Some(name))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContentFile;
    use crate::selection::plain_text::parse;

    const PERSONS: &str = r#"
id = "cpr"
name = { da = "x", en = "x" }
controller = "sds"
category = "life"
description = { da = "x", en = "x" }
source = "test"
[[table]]
name = "person"
label = { da = "x", en = "x" }
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "foedt", label = { da = "x", en = "x" }, type = "date", role = "plain", concept = "birth_date" },
  { name = "koen", label = { da = "x", en = "x" }, type = "text", role = "plain", concept = "sex" },
]
[[table]]
name = "adresse"
label = { da = "x", en = "x" }
date_variable = "fra"
date_order = [["fra", "til"]]
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "kom", label = { da = "x", en = "x" }, type = "text", role = "plain", concept = "municipality" },
  { name = "fra", label = { da = "x", en = "x" }, type = "date", role = "plain" },
  { name = "til", label = { da = "x", en = "x" }, type = "date", role = "plain" },
]
"#;

    fn uses(population: &str) -> (Vec<String>, Vec<String>) {
        let text = format!(
            "population\n  {population}\nperiod 2010-01-01 to 2020-12-31\n\
             table lmdb.epikur from 2010-01-01 to 2020-12-31\n  variable atc\n"
        );
        let selection = parse(&text).unwrap();
        let catalogue = Catalogue::from_files([ContentFile {
            path: "registers/cpr.toml",
            text: PERSONS,
        }])
        .unwrap();
        let found = selection.population_uses(&catalogue).unwrap();
        let name = |used: PopulationUse| {
            let parts = [Some(used.register), used.table, used.variable];
            parts.into_iter().flatten().collect::<Vec<_>>().join(".")
        };
        let registers = selection.required_registers(&catalogue).unwrap();
        (registers, found.into_iter().map(name).collect())
    }

    #[test]
    fn everyone_is_found_by_who_states_the_births() {
        let (registers, found) = uses("everyone");
        assert_eq!(registers, ["cpr", "lmdb"]);
        assert_eq!(found, ["cpr"]);
    }

    #[test]
    fn age_sex_and_residence_are_asked_of_the_registers_that_state_them() {
        assert_eq!(uses("sex male").1, ["cpr", "cpr.person.koen"]);
        assert_eq!(
            uses("age from 18 at 2015-01-01").1,
            ["cpr", "cpr.person.foedt"]
        );
        let (registers, found) = uses("residence in Denmark at 2015-01-01");
        assert_eq!(registers, ["cpr", "lmdb"]);
        assert_eq!(
            found,
            [
                "cpr",
                "cpr.adresse.fra",
                "cpr.adresse.kom",
                "cpr.adresse.til"
            ]
        );
    }

    #[test]
    fn a_withheld_variable_or_table_is_recognised_in_what_is_used() {
        let used = used("lpr3", "diagnoser", Some("kode"));
        assert!(used.is_within("lpr3", "diagnoser", Some("kode")));
        assert!(used.is_within("lpr3", "diagnoser", None));
        assert!(!used.is_within("lpr3", "diagnoser", Some("type")));
        assert!(!used.is_within("lpr3", "kontakter", None));
    }
}
