//! Who is drawn, who stands beside, and around which dates their rows are looked at.

use std::collections::{BTreeMap, BTreeSet};

use base::Date;
use catalogue::selection::{Controls, Kinship, MatchOn, Selection};
use linkage::Draw;

use super::World;

/// The persons of an extract.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Those who met the criteria and were drawn.
    pub cases: BTreeSet<String>,
    /// Controls.
    pub controls: BTreeSet<Control>,
    /// Relatives.
    pub relatives: BTreeSet<Relative>,
    index: BTreeMap<String, Date>,
}

/// A control and its case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// The case.
    pub case: String,
    /// The control.
    pub control: String,
}

/// A relative and whose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relative {
    /// Somebody of the population.
    pub related_to: String,
    /// What the relative is to them.
    pub kinship: Kinship,
    /// The relative.
    pub relative: String,
}

impl Chosen {
    /// Everybody whose rows are in the extract.
    pub fn everybody(&self) -> BTreeSet<String> {
        let controls = self.controls.iter().map(|pair| &pair.control);
        let relatives = self.relatives.iter().map(|pair| &pair.relative);
        self.cases
            .iter()
            .chain(controls)
            .chain(relatives)
            .cloned()
            .collect()
    }

    /// The index dates that a person's rows are looked at around.
    pub fn references(&self, person: &str) -> Vec<Date> {
        let own = self.cases.get(person);
        let controls = self.controls.iter().filter(|pair| pair.control == person);
        let relatives = self.relatives.iter().filter(|pair| pair.relative == person);
        own.into_iter()
            .chain(controls.map(|pair| &pair.case))
            .chain(relatives.map(|pair| &pair.related_to))
            .filter_map(|of| self.index.get(of).copied())
            .collect()
    }
}

impl World<'_> {
    /// The persons that a selection is about.
    pub fn choose(&self, selection: &Selection) -> Chosen {
        let met = self.meeting(selection, &selection.population);
        let mut chosen = Chosen {
            cases: self.sample(selection, &met),
            index: self.index_dates(selection),
            ..Chosen::default()
        };
        if let Some(controls) = &selection.controls {
            let among = self.meeting(selection, &controls.among);
            let pool: Vec<String> = among.difference(&met).cloned().collect();
            chosen.controls = self.controls(controls, &chosen, &pool);
        }
        for person in &chosen.cases {
            for kinship in &selection.relatives {
                for relative in self.relatives(person, *kinship) {
                    chosen.relatives.insert(Relative {
                        related_to: person.clone(),
                        kinship: *kinship,
                        relative,
                    });
                }
            }
        }
        chosen
    }

    fn sample(&self, selection: &Selection, met: &BTreeSet<String>) -> BTreeSet<String> {
        let Some(sample) = selection.sample else {
            return met.clone();
        };
        let mut order: Vec<&String> = met.iter().collect();
        order.sort_by_key(|person| (self.lots)(Draw::Sample, sample.seed, person));
        let size = sample.size.of(met.len() as u64);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        order.into_iter().take(size).cloned().collect()
    }

    fn controls(&self, terms: &Controls, chosen: &Chosen, pool: &[String]) -> BTreeSet<Control> {
        let lot_of_case = |person: &str| (self.lots)(Draw::Cases, terms.seed, person);
        let lot_of_control = |person: &str| (self.lots)(Draw::Controls, terms.seed, person);
        let mut cases: Vec<&String> = chosen.cases.iter().collect();
        cases.sort_by_key(|case| lot_of_case(case));
        let mut found = BTreeSet::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for case in cases {
            let index = chosen.index.get(case).copied();
            if index.is_none() && terms.needs_index() {
                continue;
            }
            let mut circle: Vec<&String> = pool.iter().collect();
            // The circle is looked through from the case's own lot onwards, and round to it again.
            circle.sort_by_key(|person| {
                let lot = lot_of_control(person);
                (lot < lot_of_case(case), lot)
            });
            let suits = |person: &&&String| {
                terms
                    .matched_on
                    .iter()
                    .all(|on| self.are_alike(*on, case, person, index))
                    && (terms.reused || !used.contains(**person))
            };
            let taken: Vec<String> = circle
                .iter()
                .filter(suits)
                .take(usize::from(terms.per_case))
                .map(|person| (*person).clone())
                .collect();
            for control in taken {
                used.insert(control.clone());
                found.insert(Control {
                    case: case.clone(),
                    control,
                });
            }
        }
        found
    }

    fn are_alike(&self, on: MatchOn, case: &str, control: &str, index: Option<Date>) -> bool {
        let people = self.people();
        let born = |person: &str| people.get(person).copied().flatten();
        match on {
            MatchOn::Sex => {
                let sex = |person: &str| -> BTreeSet<bool> {
                    let codes = self.stated("sex", person);
                    codes
                        .filter_map(|code| match code {
                            "M" | "1" => Some(true),
                            "K" | "2" => Some(false),
                            _ => None,
                        })
                        .collect()
                };
                sex(case).len() == 1 && sex(case) == sex(control)
            }
            MatchOn::BirthYear => {
                let years = born(case).zip(born(control));
                years.is_some_and(|(one, other)| one.year() == other.year())
            }
            MatchOn::Residence => index.is_some_and(|day| {
                let homes = self.homes_on(control, day);
                !self.homes_on(case, day).is_disjoint(&homes)
            }),
            MatchOn::Alive => index.is_some_and(|day| {
                born(control).is_some_and(|born| born <= day)
                    && self.death_of(control).is_none_or(|died| day <= died)
            }),
        }
    }

    fn relatives(&self, person: &str, kinship: Kinship) -> BTreeSet<String> {
        let everybody = self.people();
        let parents = |person: &str| -> BTreeSet<String> {
            let mothers = self.stated("mother", person);
            let fathers = self.stated("father", person);
            mothers.chain(fathers).map(str::to_owned).collect()
        };
        let relatives: BTreeSet<String> = match kinship {
            Kinship::Parents => parents(person),
            Kinship::Children => everybody
                .keys()
                .filter(|child| parents(child).contains(person))
                .cloned()
                .collect(),
            Kinship::Siblings => everybody
                .keys()
                .filter(|other| !parents(other).is_disjoint(&parents(person)))
                .cloned()
                .collect(),
        };
        relatives
            .into_iter()
            .filter(|other| other != person && everybody.contains_key(other))
            .collect()
    }
}
