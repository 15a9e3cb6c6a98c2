//! Matched controls: for every case, so many others who are alike.
//!
//! Cases and candidates come in *strata*, within which everybody is alike in what does not change
//! with time. Within a stratum, candidates stand in a circle in the order of their lots. Cases choose
//! one after the other, in the order of theirs: each begins where its own lot falls among those of
//! the candidates, and takes the next who suit it. Where nobody is used twice, whoever was taken has
//! left the circle.

use std::ops::Range;

use crate::draw::Lots;
use crate::person::PersonNumber;

/// Where somebody lived, in days from 1970-01-01, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// First day.
    pub from: i32,
    /// Last day.
    pub to: i32,
    /// A number that stands for the municipality.
    pub municipality: u32,
}

/// Somebody who is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Person {
    stratum: u32,
    number: PersonNumber,
    born: i32,
    died: i32,
    /// Of a case, its index date.
    index: Option<i32>,
    homes: (u32, u32),
}

/// What is known of somebody who is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Who.
    pub number: PersonNumber,
    /// A number that stands for what cases and controls have in common whatever the time.
    pub stratum: u32,
    /// Day of birth.
    pub born: Option<i32>,
    /// Day of death.
    pub died: Option<i32>,
    /// Of a case, its index date.
    pub index: Option<i32>,
}

/// Persons with what is known of them.
#[derive(Debug, Clone, Default)]
pub struct People {
    persons: Vec<Person>,
    homes: Vec<Home>,
}

/// How cases get controls.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Controls of each case.
    pub per_case: usize,
    /// Whether a person can be a control of several cases.
    pub reused: bool,
    /// Whether a control is alive on the case's index date.
    pub alive: bool,
    /// Whether a control lives where the case lives, on the case's index date.
    pub residence: bool,
    /// In which order cases choose, and where they begin.
    pub cases: Lots,
    /// In which order candidates stand.
    pub controls: Lots,
}

/// A control of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// The case.
    pub case: PersonNumber,
    /// The control.
    pub control: PersonNumber,
}

/// Cases and candidates, by stratum.
#[derive(Debug)]
pub struct Matching {
    terms: Terms,
    cases: People,
    pool: People,
    strata: Vec<(Range<usize>, Range<usize>)>,
}

impl People {
    /// Adds somebody.
    pub fn push(&mut self, facts: Facts, homes: &[Home]) {
        let from = length(&self.homes);
        self.homes.extend_from_slice(homes);
        self.persons.push(Person {
            stratum: facts.stratum,
            number: facts.number,
            // Who has no birth date is never known to be alive.
            born: facts.born.unwrap_or(i32::MAX),
            died: facts.died.unwrap_or(i32::MAX),
            index: facts.index,
            homes: (from, length(&self.homes)),
        });
    }

    /// Adds others.
    pub fn append(&mut self, other: &Self) {
        let moved = length(&self.homes);
        self.homes.extend_from_slice(&other.homes);
        self.persons
            .extend(other.persons.iter().map(|person| Person {
                homes: (person.homes.0 + moved, person.homes.1 + moved),
                ..*person
            }));
    }

    /// Leaves out everybody who is not wanted.
    pub fn retain(&mut self, wanted: impl Fn(PersonNumber) -> bool) {
        self.persons.retain(|person| wanted(person.number));
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.persons.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    fn homes_of(&self, person: &Person) -> &[Home] {
        let (from, to) = person.homes;
        self.homes.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// Where in the list each stratum stands.
    fn strata(&mut self) -> Vec<(u32, Range<usize>)> {
        self.persons
            .sort_unstable_by_key(|person| (person.stratum, person.number));
        let mut strata: Vec<(u32, Range<usize>)> = Vec::new();
        for (at, person) in self.persons.iter().enumerate() {
            match strata.last_mut() {
                Some((stratum, range)) if *stratum == person.stratum => range.end = at + 1,
                _ => strata.push((person.stratum, at..at + 1)),
            }
        }
        strata
    }
}

fn length(homes: &[Home]) -> u32 {
    u32::try_from(homes.len()).expect("invariant: fewer addresses than 2^32")
}

impl Matching {
    /// Puts cases and candidates together. Nobody is both.
    pub fn new(terms: Terms, mut cases: People, mut pool: People) -> Self {
        let of_pool = pool.strata();
        let mut strata = Vec::new();
        for (stratum, cases) in cases.strata() {
            if let Ok(at) = of_pool.binary_search_by_key(&stratum, |(stratum, _)| *stratum)
                && let Some((_, candidates)) = of_pool.get(at)
            {
                strata.push((cases, candidates.clone()));
            }
        }
        Self {
            terms,
            cases,
            pool,
            strata,
        }
    }

    /// How many strata have both cases and candidates.
    pub fn n_strata(&self) -> usize {
        self.strata.len()
    }

    /// The controls of a stratum's cases. Strata do not depend on each other.
    pub fn draw(&self, stratum: usize) -> Vec<Control> {
        let Some((cases, candidates)) = self.strata.get(stratum) else {
            return Vec::new();
        };
        let by_lot = |lots: &Lots, persons: &[Person]| {
            let mut found: Vec<(u64, Person)> = persons
                .iter()
                .map(|person| (lots.of(person.number), *person))
                .collect();
            found.sort_unstable_by_key(|(lot, person)| (*lot, person.number));
            found
        };
        let of = |people: &People, range: &Range<usize>, lots| {
            by_lot(lots, people.persons.get(range.clone()).unwrap_or(&[]))
        };
        let mut circle = Circle::new(of(&self.pool, candidates, &self.terms.controls));
        let mut found = Vec::new();
        for (lot, case) in of(&self.cases, cases, &self.terms.cases) {
            self.choose(lot, &case, &mut circle, &mut found);
        }
        found
    }

    fn choose(&self, lot: u64, case: &Person, circle: &mut Circle, found: &mut Vec<Control>) {
        if case.index.is_none() && (self.terms.alive || self.terms.residence) {
            return;
        }
        let (start, end) = (circle.start(lot), circle.len());
        let mut left = self.terms.per_case;
        for half in [start..end, 0..start] {
            let mut at = circle.next(half.start);
            while at < half.end && left > 0 {
                if let Some(candidate) = circle.person(at)
                    && self.suits(&candidate, case)
                {
                    found.push(Control {
                        case: case.number,
                        control: candidate.number,
                    });
                    left -= 1;
                    if !self.terms.reused {
                        circle.leave(at);
                    }
                }
                at = circle.next(at + 1);
            }
        }
    }

    fn suits(&self, candidate: &Person, case: &Person) -> bool {
        let Some(day) = case.index else {
            return true;
        };
        if self.terms.alive && !(candidate.born <= day && day <= candidate.died) {
            return false;
        }
        if !self.terms.residence {
            return true;
        }
        let on = |home: &&Home| home.from <= day && day <= home.to;
        let mut theirs = self.cases.homes_of(case).iter().filter(on);
        theirs.any(|home| {
            let mut own = self.pool.homes_of(candidate).iter().filter(on);
            own.any(|other| other.municipality == home.municipality)
        })
    }
}

/// The candidates of a stratum who have not left.
struct Circle {
    candidates: Vec<(u64, Person)>,
    /// For each place, one at or after it from which to look on; itself where the candidate stands.
    next: Vec<usize>,
}

impl Circle {
    fn new(candidates: Vec<(u64, Person)>) -> Self {
        let next = (0..=candidates.len()).collect();
        Self { candidates, next }
    }

    fn len(&self) -> usize {
        self.candidates.len()
    }

    fn start(&self, lot: u64) -> usize {
        self.candidates.partition_point(|(other, _)| *other < lot)
    }

    fn person(&self, at: usize) -> Option<Person> {
        self.candidates.get(at).map(|(_, person)| *person)
    }

    fn leave(&mut self, at: usize) {
        if let Some(next) = self.next.get_mut(at) {
            *next = at + 1;
        }
    }

    /// The first place at or after one where somebody stands; the length, where nobody does.
    fn next(&mut self, from: usize) -> usize {
        let mut at = from;
        while let Some(next) = self.next.get(at).copied()
            && next != at
        {
            // Halving the way makes long runs of empty places short.
            let beyond = self.next.get(next).copied().unwrap_or(next);
            if let Some(place) = self.next.get_mut(at) {
                *place = beyond;
            }
            at = beyond;
        }
        at
    }
}

#[cfg(test)]
mod tests;
