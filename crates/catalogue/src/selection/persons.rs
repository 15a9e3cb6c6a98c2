//! Who is taken of those who meet the criteria, and who stands beside them.

use serde::{Deserialize, Serialize};

use super::{Criterion, everyone, is_everyone};

/// Some of the persons, drawn by chance. Which chance is decided by the permit's key and the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many.
    pub size: SampleSize,
    /// Another number gives other persons.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u32,
}

/// How many persons are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SampleSize {
    /// So many; all, if they are fewer.
    Persons(u64),
    /// So many of a thousand, rounded half up.
    Permille(u16),
}

/// Controls: for each person of the population, so many others who are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// Controls of each person; fewer where there are no more.
    pub per_case: u16,
    /// What a control has in common with its case, in the order of [`MatchOn`].
    pub matched_on: Vec<MatchOn>,
    /// Who can be a control, of those outside the population.
    #[serde(default = "everyone", skip_serializing_if = "is_everyone")]
    pub among: Criterion,
    /// Whether a person can be a control of several cases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
    /// Another number gives other controls.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u32,
}

/// What a control has in common with its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchOn {
    /// Sex.
    Sex,
    /// Year of birth.
    BirthYear,
    /// Municipality on the case's index date.
    Residence,
    /// Alive on the case's index date.
    Alive,
}

/// Relatives of the population's persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kinship {
    /// Mother and father as registered.
    Parents,
    /// Others with the same mother or the same father.
    Siblings,
    /// Those whose mother or father the person is.
    Children,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
const fn is_zero(seed: &u32) -> bool {
    *seed == 0
}

impl SampleSize {
    /// How many persons it takes of so many.
    pub fn of(self, persons: u64) -> u64 {
        match self {
            Self::Persons(n) => n.min(persons),
            Self::Permille(n) => {
                let part = (u128::from(persons) * u128::from(n.min(1000)) + 500) / 1000;
                u64::try_from(part).unwrap_or(persons)
            }
        }
    }
}

impl Controls {
    /// Whether controls share something with their cases.
    pub fn matches(&self, on: MatchOn) -> bool {
        self.matched_on.contains(&on)
    }

    /// Whether a case needs an index date to find controls.
    pub fn needs_index(&self) -> bool {
        self.matches(MatchOn::Residence) || self.matches(MatchOn::Alive)
    }
}

impl MatchOn {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Sex, Self::BirthYear, Self::Residence, Self::Alive];

    /// Its name in both forms of a selection.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sex => "sex",
            Self::BirthYear => "birth_year",
            Self::Residence => "residence",
            Self::Alive => "alive",
        }
    }
}

impl Kinship {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Parents, Self::Siblings, Self::Children];

    /// Its name in both forms of a selection.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parents => "parents",
            Self::Siblings => "siblings",
            Self::Children => "children",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_and_never_more_than_all() {
        assert_eq!(SampleSize::Permille(100).of(25), 3);
        assert_eq!(SampleSize::Permille(100).of(24), 2);
        assert_eq!(SampleSize::Permille(2000).of(24), 24);
        assert_eq!(
            SampleSize::Permille(333).of(u64::MAX),
            6_142_765_776_545_280_688
        );
        assert_eq!(SampleSize::Persons(10).of(7), 7);
        assert_eq!(SampleSize::Persons(10).of(70), 10);
    }
}
