//! The published figures the generator aims at, parsed once from the files under `data/`.

use std::sync::OnceLock;

use crate::medicine_figures::{self, DrugGroup, Substances};
use crate::number::at;

/// Ages 0..=104, the last one open.
pub(crate) const AGES: usize = 105;

/// Residents of one sex at one age, by civil status.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CivilCounts {
    pub(crate) never: f64,
    pub(crate) married: f64,
    pub(crate) widowed: f64,
    pub(crate) divorced: f64,
}

impl CivilCounts {
    fn total(&self) -> f64 {
        self.never + self.married + self.widowed + self.divorced
    }
}

#[derive(Debug)]
pub(crate) struct Municipality {
    /// Three digits as Statistics Denmark writes it.
    pub(crate) code: &'static str,
    /// Four digits as the CPR writes it.
    pub(crate) code4: String,
    /// 081..085.
    pub(crate) region: &'static str,
}

/// A code with its share among its siblings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weighted {
    pub(crate) codes: Vec<&'static str>,
    pub(crate) cumulative: Vec<f64>,
}

impl Weighted {
    /// Parses `CODE:weight CODE:weight`.
    pub(crate) fn parse(text: &'static str) -> Self {
        let mut out = Self::default();
        for part in text.split(' ') {
            if let Some((code, weight)) = part.split_once(':') {
                out.push(code, number(weight));
            }
        }
        out
    }

    pub(crate) fn push(&mut self, code: &'static str, weight: f64) {
        let total = self.cumulative.last().copied().unwrap_or(0.0) + weight;
        self.codes.push(code);
        self.cumulative.push(total);
    }

    pub(crate) fn pick(&self, draws: &mut crate::random::Draws) -> &'static str {
        at(&self.codes, draws.pick(&self.cumulative))
    }
}

/// A chronic condition and what it does.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) key: &'static str,
    /// Mortality ratio at about 65 years.
    pub(crate) mortality: f64,
    /// Mean years from onset to death when short, else 0.
    pub(crate) lead: f64,
    /// Yearly growth of prevalence before the reference year.
    pub(crate) trend: f64,
    pub(crate) hospital_share: f64,
    pub(crate) outpatient: f64,
    pub(crate) inpatient: f64,
    pub(crate) specialty: &'static str,
    pub(crate) specialty_code: &'static str,
    pub(crate) icd8: &'static str,
    pub(crate) codes: Weighted,
    /// Prevalence by sex and age.
    pub(crate) prevalence: [Vec<f64>; 2],
    /// Earlier conditions that raise the risk: (index, ratio).
    pub(crate) raised_by: Vec<(usize, f64)>,
}

/// One group of causes of death.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) codes: Weighted,
    pub(crate) icd8: &'static str,
    /// Share of deaths in the nine age bands.
    pub(crate) shares: Vec<f64>,
    pub(crate) manner: i32,
    /// Conditions that point to this group.
    pub(crate) conditions: Vec<usize>,
}

/// Everything the generator knows about Denmark.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Cumulative persons over (sex, age) pairs, men first.
    pub(crate) pyramid: Vec<f64>,
    pub(crate) civil: [Vec<CivilCounts>; 2],
    /// (year, cumulative deaths over sex and age, men first).
    pub(crate) deaths: Vec<(i32, Vec<f64>)>,
    pub(crate) municipalities: Vec<Municipality>,
    pub(crate) municipality_weights: Vec<f64>,
    /// Admissions per person-year at each age.
    pub(crate) admissions: Vec<f64>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) drugs: Vec<DrugGroup>,
    pub(crate) substances: Substances,
}

/// The figures, parsed on first use.
pub(crate) fn figures() -> &'static Figures {
    static FIGURES: OnceLock<Figures> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let conditions = parse_conditions();
        let (pyramid, civil) = parse_pyramid();
        let (municipalities, municipality_weights) = parse_municipalities();
        Figures {
            pyramid,
            civil,
            deaths: parse_deaths(),
            municipalities,
            municipality_weights,
            admissions: parse_admissions(),
            causes: parse_causes(&conditions),
            drugs: medicine_figures::parse_drugs(&conditions),
            substances: medicine_figures::parse_substances(),
            conditions,
        }
    })
}

impl Figures {
    /// The place of a condition by its key; the keys used in code are checked by a test.
    pub(crate) fn condition(&self, key: &str) -> usize {
        position(&self.conditions, key)
    }

    /// All residents of the pyramid.
    pub(crate) fn residents(&self) -> f64 {
        self.pyramid.last().copied().unwrap_or(0.0)
    }
}

/// Data lines of an embedded file, split at `separator`.
pub(crate) fn lines(
    text: &'static str,
    separator: char,
) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(move |line| line.split(separator).collect())
}

/// A field of a data line; embedded files are complete, which a test checks.
pub(crate) fn field(row: &[&'static str], index: usize) -> &'static str {
    row.get(index).copied().unwrap_or("")
}

/// A numeric field; an empty one is 0.
pub(crate) fn number(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

pub(crate) fn position(conditions: &[Condition], key: &str) -> usize {
    conditions
        .iter()
        .position(|c| c.key == key)
        .unwrap_or(usize::MAX)
}

/// Running totals.
pub(crate) fn cumulate(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    weights
        .scan(0.0, |sum, w| {
            *sum += w;
            Some(*sum)
        })
        .collect()
}

/// Values at ages 0..=104 interpolated between the middles of bands.
pub(crate) fn by_age(middles: &[f64], values: &[f64]) -> Vec<f64> {
    (0..AGES)
        .map(|age| {
            let x = age as f64 + 0.5;
            let upper = middles.partition_point(|&m| m < x);
            if upper == 0 {
                return at(values, 0) * (x / at(middles, 0)).min(1.0);
            }
            if upper >= middles.len() {
                return values.last().copied().unwrap_or(0.0);
            }
            let (x0, x1) = (at(middles, upper - 1), at(middles, upper));
            let (y0, y1) = (at(values, upper - 1), at(values, upper));
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        })
        .collect()
}

fn parse_pyramid() -> (Vec<f64>, [Vec<CivilCounts>; 2]) {
    let mut civil = [Vec::new(), Vec::new()];
    for row in lines(include_str!("../data/pyramid.csv"), ',') {
        let counts = CivilCounts {
            never: number(field(&row, 2)),
            married: number(field(&row, 3)),
            widowed: number(field(&row, 4)),
            divorced: number(field(&row, 5)),
        };
        let [men, women] = &mut civil;
        if field(&row, 0) == "M" {
            men.push(counts)
        } else {
            women.push(counts)
        }
    }
    let pyramid = cumulate(civil.iter().flatten().map(CivilCounts::total));
    (pyramid, civil)
}

fn parse_deaths() -> Vec<(i32, Vec<f64>)> {
    let mut years: Vec<(i32, Vec<f64>)> = Vec::new();
    for row in lines(include_str!("../data/deaths_by_age.csv"), ',') {
        let year = field(&row, 0).parse().unwrap_or(0);
        let counts = row.iter().skip(2).map(|v| number(v));
        match years.last_mut() {
            Some((last, values)) if *last == year => values.extend(counts),
            _ => years.push((year, counts.collect())),
        }
    }
    years
        .into_iter()
        .map(|(year, v)| (year, cumulate(v.into_iter())))
        .collect()
}

fn parse_municipalities() -> (Vec<Municipality>, Vec<f64>) {
    let mut out = Vec::new();
    let mut shares = Vec::new();
    for row in lines(include_str!("../data/municipalities.csv"), ',') {
        let code = field(&row, 0);
        out.push(Municipality {
            code,
            code4: format!("0{code}"),
            region: field(&row, 1),
        });
        shares.push(number(field(&row, 2)));
    }
    (out, cumulate(shares.into_iter()))
}

fn parse_admissions() -> Vec<f64> {
    let rows: Vec<(f64, f64)> = lines(include_str!("../data/admissions_by_age.csv"), ',')
        .map(|row| (number(field(&row, 0)), number(field(&row, 1))))
        .collect();
    (0..AGES)
        .map(|age| {
            let reached = rows.partition_point(|(first, _)| *first <= age as f64);
            rows.get(reached.saturating_sub(1)).map_or(0.0, |row| row.1)
        })
        .collect()
}

/// Middles of the bands 0-4, 5-9, ..., 85-89, 90+.
fn five_year_middles() -> Vec<f64> {
    (0..18)
        .map(|i| 2.5 + 5.0 * f64::from(i))
        .chain([93.0])
        .collect()
}

fn parse_conditions() -> Vec<Condition> {
    let mut conditions: Vec<Condition> = lines(include_str!("../data/conditions.csv"), '|')
        .map(|row| Condition {
            key: field(&row, 0),
            mortality: number(field(&row, 1)),
            lead: number(field(&row, 2)),
            trend: number(field(&row, 3)),
            hospital_share: number(field(&row, 4)),
            outpatient: number(field(&row, 5)),
            inpatient: number(field(&row, 6)),
            specialty: field(&row, 7),
            specialty_code: field(&row, 8),
            icd8: field(&row, 9),
            codes: Weighted::parse(field(&row, 10)),
            prevalence: [Vec::new(), Vec::new()],
            raised_by: Vec::new(),
        })
        .collect();
    let middles = five_year_middles();
    for row in lines(include_str!("../data/prevalence.csv"), ',') {
        let place = position(&conditions, field(&row, 0));
        let values: Vec<f64> = row.iter().skip(2).map(|v| number(v)).collect();
        if let Some(condition) = conditions.get_mut(place) {
            let [men, women] = &mut condition.prevalence;
            let target = if field(&row, 1) == "M" { men } else { women };
            *target = by_age(&middles, &values);
        }
    }
    for row in lines(include_str!("../data/comorbidity.csv"), ',') {
        let earlier = position(&conditions, field(&row, 1));
        let place = position(&conditions, field(&row, 0));
        if let Some(condition) = conditions.get_mut(place) {
            condition.raised_by.push((earlier, number(field(&row, 2))));
        }
    }
    conditions
}

fn parse_causes(conditions: &[Condition]) -> Vec<Cause> {
    lines(include_str!("../data/causes.csv"), '|')
        .map(|row| Cause {
            codes: Weighted::parse(field(&row, 1)),
            icd8: field(&row, 2),
            shares: field(&row, 3).split(' ').map(number).collect(),
            manner: field(&row, 4).parse().unwrap_or(5),
            conditions: field(&row, 5)
                .split(' ')
                .filter(|key| !key.is_empty())
                .map(|key| position(conditions, key))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_is_complete() {
        let figures = figures();
        assert_eq!(figures.pyramid.len(), 2 * AGES);
        assert_eq!(figures.deaths.len(), 49);
        assert!(figures.deaths.iter().all(|(_, v)| v.len() == 2 * AGES));
        assert_eq!(figures.municipalities.len(), 99);
        for condition in &figures.conditions {
            assert_eq!(condition.prevalence[0].len(), AGES, "{}", condition.key);
            assert_eq!(condition.prevalence[1].len(), AGES, "{}", condition.key);
            assert!(!condition.codes.codes.is_empty(), "{}", condition.key);
            for (earlier, _) in &condition.raised_by {
                assert!(*earlier < figures.conditions.len(), "{}", condition.key);
            }
        }
        for cause in &figures.causes {
            assert_eq!(cause.shares.len(), 9);
            assert!(
                cause
                    .conditions
                    .iter()
                    .all(|&c| c < figures.conditions.len())
            );
        }
    }
}
