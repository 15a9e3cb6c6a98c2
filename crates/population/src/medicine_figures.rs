//! Figures about medicines: who uses which group, and the packages they come in.

use std::collections::BTreeMap;

use crate::figures::{AGES, Condition, Weighted, by_age, field, lines, number, position};
use crate::number::at;

/// When in the year a medicine is redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Season {
    Even,
    Winter,
    Summer,
    Pollen,
}

/// A medicine group outside diabetes.
#[derive(Debug)]
pub(crate) struct DrugGroup {
    /// Users stay users (chronic) or are drawn anew each year (acute).
    pub(crate) chronic: bool,
    pub(crate) rows_per_year: f64,
    pub(crate) first_year: i32,
    pub(crate) growth: f64,
    pub(crate) season: Season,
    /// Condition and the share of its persons treated.
    pub(crate) treats: Vec<(usize, f64)>,
    pub(crate) substances: Weighted,
    /// Share of users among persons without a treated condition, by sex and age.
    pub(crate) others: [Vec<f64>; 2],
    /// The greatest of all shares: nobody whose draw is above it ever uses the group.
    pub(crate) ceiling: f64,
}

/// Package facts of one substance.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Package {
    pub(crate) ddd: f64,
    pub(crate) pieces: f64,
    pub(crate) indication: &'static str,
}

/// Package facts by ATC code.
#[derive(Debug, Default)]
pub(crate) struct Substances {
    packages: BTreeMap<&'static str, Package>,
}

impl Substances {
    /// The package of `atc`; every code used is listed, which a test checks.
    pub(crate) fn package(&self, atc: &str) -> Package {
        self.packages.get(atc).copied().unwrap_or_default()
    }
}

/// Middles of the bands 0-9, ..., 70-79, 80+.
const MIDDLES: [f64; 9] = [5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 86.0];

pub(crate) fn parse_substances() -> Substances {
    let mut packages = BTreeMap::new();
    for row in lines(include_str!("../data/atc.csv"), '|') {
        let package = Package {
            ddd: number(field(&row, 1)),
            pieces: number(field(&row, 2)),
            indication: field(&row, 3),
        };
        packages.insert(field(&row, 0), package);
    }
    Substances { packages }
}

pub(crate) fn parse_drugs(conditions: &[Condition]) -> Vec<DrugGroup> {
    lines(include_str!("../data/drugs.csv"), '|')
        .map(|row| parse_drug(&row, conditions))
        .collect()
}

fn parse_drug(row: &[&'static str], conditions: &[Condition]) -> DrugGroup {
    let treats: Vec<(usize, f64)> = field(row, 6)
        .split(' ')
        .filter_map(|part| part.split_once(':'))
        .map(|(key, share)| (position(conditions, key), number(share)))
        .collect();
    let others = [
        others(field(row, 8), &treats, conditions, 0),
        others(field(row, 9), &treats, conditions, 1),
    ];
    let most = others.iter().flatten().copied().fold(0.0, f64::max);
    let ceiling = treats.iter().map(|t| t.1).fold(most, f64::max) * 1.1;
    DrugGroup {
        chronic: field(row, 1) == "c",
        rows_per_year: number(field(row, 2)),
        first_year: field(row, 3).parse().unwrap_or(1995),
        growth: number(field(row, 4)),
        season: match field(row, 5) {
            "w" => Season::Winter,
            "s" => Season::Summer,
            "p" => Season::Pollen,
            _ => Season::Even,
        },
        treats,
        substances: Weighted::parse(field(row, 7)),
        others,
        ceiling,
    }
}

/// What remains of the users for persons without the treated conditions.
fn others(users: &str, treats: &[(usize, f64)], conditions: &[Condition], sex: usize) -> Vec<f64> {
    let users: Vec<f64> = users.split(' ').map(|v| number(v) / 1000.0).collect();
    let all = by_age(&MIDDLES, &users);
    (0..AGES)
        .map(|age| {
            let total = at(&all, age);
            let (mut share, mut treated) = (0.0, 0.0);
            for (place, part) in treats {
                let with = conditions
                    .get(*place)
                    .and_then(|c| c.prevalence.get(sex))
                    .map_or(0.0, |p| at(p, age));
                treated += (1.0 - share) * with * part;
                share += (1.0 - share) * with;
            }
            ((total - treated) / (1.0 - share).max(0.05))
                .max(total * 0.1)
                .min(0.95)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::figures::figures;

    #[test]
    fn every_substance_has_a_package() {
        for group in &figures().drugs {
            for atc in &group.substances.codes {
                assert!(figures().substances.package(atc).pieces > 0.0, "{atc}");
            }
            assert!(
                group
                    .treats
                    .iter()
                    .all(|t| t.0 < figures().conditions.len())
            );
        }
    }
}
