//! Values that hits are narrowed by, and their counts.

use std::collections::BTreeMap;

use crate::query::{Facet, Facets, Filters};

/// Values of all facets, numbered.
#[derive(Debug, Clone, Default)]
pub(crate) struct FacetTable {
    values: Vec<Vec<String>>,
    numbers: BTreeMap<(Facet, String), u16>,
}

/// The values of a document: facet and value by number.
pub(crate) type FacetValues = Box<[(u8, u16)]>;

/// Filters by number.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// Per facet the values asked for; an empty list keeps everything.
    wanted: Vec<Option<Vec<u16>>>,
}

impl FacetTable {
    /// Numbers the values of a document.
    pub(crate) fn number(&mut self, values: &[(Facet, &str)]) -> FacetValues {
        let mut numbered = Vec::with_capacity(values.len());
        for (facet, value) in values {
            numbered.push((facet_number(*facet), self.number_of(*facet, value)));
        }
        numbered.into_boxed_slice()
    }

    fn number_of(&mut self, facet: Facet, value: &str) -> u16 {
        self.values.resize(Facet::ALL.len(), Vec::new());
        if let Some(known) = self.numbers.get(&(facet, value.to_owned())) {
            return *known;
        }
        let Some(values) = self.values.get_mut(usize::from(facet_number(facet))) else {
            return u16::MAX;
        };
        // Values beyond what a number can tell share the last one: no catalogue comes near.
        let number = u16::try_from(values.len()).unwrap_or(u16::MAX);
        values.push(value.to_owned());
        self.numbers.insert((facet, value.to_owned()), number);
        number
    }

    /// Filters made ready. A value that no document has keeps nothing.
    pub(crate) fn sieve(&self, filters: &Filters) -> Sieve {
        let wanted = Facet::ALL.into_iter().map(|facet| {
            let mut asked = filters.values(facet).peekable();
            asked.peek()?;
            let number = |value: &str| self.numbers.get(&(facet, value.to_owned())).copied();
            Some(asked.filter_map(number).collect())
        });
        Sieve {
            wanted: wanted.collect(),
        }
    }

    /// Counts documents by value: in each facet those that the other facets keep.
    pub(crate) fn count<'a>(
        &self,
        sieve: &Sieve,
        documents: impl Iterator<Item = &'a FacetValues>,
    ) -> Facets {
        let mut counts: Vec<Vec<Option<usize>>> =
            self.values.iter().map(|v| vec![None; v.len()]).collect();
        for values in documents {
            let failing = sieve.failing(values);
            for (facet, value) in values.iter().copied() {
                let others_keep = failing & !(1 << facet) == 0;
                let place = counts.get_mut(usize::from(facet));
                if let Some(count) = place.and_then(|of| of.get_mut(usize::from(value))) {
                    *count.get_or_insert(0) += usize::from(others_keep);
                }
            }
        }
        let mut facets = Facets::default();
        for ((facet, names), counts) in Facet::ALL.into_iter().zip(&self.values).zip(counts) {
            let seen = names.iter().zip(counts);
            let seen = seen.filter_map(|(name, count)| Some((name.clone(), count?)));
            facets.0.insert(facet, seen.collect());
        }
        facets
    }
}

impl Sieve {
    /// Whether a document passes every filter.
    pub(crate) fn keeps(&self, values: &FacetValues) -> bool {
        self.failing(values) == 0
    }

    /// The facets whose filter a document fails, as bits.
    fn failing(&self, values: &FacetValues) -> u16 {
        let mut failing = 0;
        for (facet, wanted) in (0_u8..).zip(&self.wanted) {
            let Some(wanted) = wanted else { continue };
            let has = |(of, value): &(u8, u16)| *of == facet && wanted.contains(value);
            if !values.iter().any(has) {
                failing |= 1 << facet;
            }
        }
        failing
    }
}

/// The place of a facet among all.
fn facet_number(facet: Facet) -> u8 {
    let place = Facet::ALL.iter().position(|other| *other == facet);
    place
        .and_then(|at| u8::try_from(at).ok())
        .unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_counts_what_the_others_leave_and_ors_within_itself() {
        let mut table = FacetTable::default();
        let documents = [
            table.number(&[(Facet::Kinds, "register"), (Facet::Controllers, "sds")]),
            table.number(&[(Facet::Kinds, "variable"), (Facet::Controllers, "sds")]),
            table.number(&[(Facet::Kinds, "variable"), (Facet::Controllers, "dst")]),
        ];
        let mut filters = Filters::default();
        filters.add(Facet::Kinds, "variable");
        let count = |filters: &Filters| table.count(&table.sieve(filters), documents.iter());
        let facets = count(&filters);
        assert_eq!(facets.count(Facet::Controllers, "sds"), Some(1));
        assert_eq!(facets.count(Facet::Controllers, "dst"), Some(1));
        assert_eq!(facets.count(Facet::Kinds, "register"), Some(1));
        filters.add(Facet::Controllers, "dst");
        let facets = count(&filters);
        assert_eq!(facets.count(Facet::Kinds, "register"), Some(0));
        assert_eq!(facets.count(Facet::Controllers, "sds"), Some(1));
        filters.add(Facet::Controllers, "sds");
        let sieve = table.sieve(&filters);
        let kept = documents.iter().filter(|values| sieve.keeps(values));
        assert_eq!(kept.count(), 2);
    }

    #[test]
    fn a_value_that_nothing_has_keeps_nothing() {
        let mut table = FacetTable::default();
        let values = table.number(&[(Facet::Kinds, "register")]);
        let mut filters = Filters::default();
        filters.add(Facet::Controllers, "nobody");
        assert!(!table.sieve(&filters).keeps(&values));
    }
}
