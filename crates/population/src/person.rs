//! A person of the synthetic Denmark: the frame every register row must fit into.

/// Sex as registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Man,
    Woman,
}

impl Sex {
    /// 1 for men and 2 for women, as Statistics Denmark codes it.
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Man => 1,
            Self::Woman => 2,
        }
    }

    /// 0 for men and 1 for women: the index of tables by sex.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Man => 0,
            Self::Woman => 1,
        }
    }

    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::Man => "M",
            Self::Woman => "K",
        }
    }
}

/// Why a person's residence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Alive and resident at the end of the plan.
    Resident,
    /// Died on the day before `until`.
    Dead,
    /// Left the country on the day before `until`.
    Emigrated,
}

/// How a marriage ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    Divorce,
    Death,
}

/// One marriage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Union {
    /// The spouse's place in the block, when the spouse is in it.
    pub(crate) spouse: Option<usize>,
    pub(crate) from: i32,
    /// First day after the marriage; none while it lasts.
    pub(crate) ended: Option<(i32, Parting)>,
}

/// Civil status as the CPR codes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CivilStatus {
    Unmarried,
    Married,
    Divorced,
    Widowed,
}

impl CivilStatus {
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::Unmarried => "U",
            Self::Married => "G",
            Self::Divorced => "F",
            Self::Widowed => "E",
        }
    }
}

/// A stay in one municipality, from a day on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home {
    pub(crate) from: i32,
    pub(crate) municipality: usize,
}

/// A person, complete but for health.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Unique over the whole plan; the key of all the person's draws.
    pub(crate) key: u64,
    pub(crate) cpr: String,
    pub(crate) sex: Sex,
    pub(crate) born: i32,
    /// First day of residence: birth or immigration.
    pub(crate) from: i32,
    /// First day without residence: after death, emigration or the end of the plan.
    pub(crate) until: i32,
    pub(crate) fate: Fate,
    /// DST country code of origin; 5100 is Denmark.
    pub(crate) country: &'static str,
    /// 1 Danish origin, 2 immigrant, 3 descendant.
    pub(crate) origin: &'static str,
    pub(crate) homes: Vec<Home>,
    pub(crate) mother: Option<usize>,
    pub(crate) father: Option<usize>,
    pub(crate) union: Option<Union>,
    /// Proneness to use health care, mean about 1.
    pub(crate) frailty: f64,
    /// Standing in the income distribution, standard normal.
    pub(crate) standing: f64,
}

impl Person {
    /// The day of death, if the person died.
    pub(crate) fn died(&self) -> Option<i32> {
        (self.fate == Fate::Dead).then_some(self.until - 1)
    }

    /// True while the person lives here.
    pub(crate) fn resident_on(&self, day: i32) -> bool {
        self.from <= day && day < self.until
    }

    /// True between birth and death, wherever the person lives.
    pub(crate) fn alive_on(&self, day: i32) -> bool {
        self.born <= day && self.died().is_none_or(|died| day <= died)
    }

    /// The municipality on `day` (the first one before that, the last one after).
    pub(crate) fn municipality_on(&self, day: i32) -> usize {
        let last = self.homes.iter().rev().find(|home| home.from <= day);
        last.or(self.homes.first())
            .map_or(0, |home| home.municipality)
    }

    /// Civil status on `day`, and since when it holds.
    pub(crate) fn civil_on(&self, day: i32) -> (CivilStatus, Option<i32>) {
        match self.union {
            Some(union) if union.from <= day => match union.ended {
                Some((end, parting)) if end <= day => {
                    let status = match parting {
                        Parting::Divorce => CivilStatus::Divorced,
                        Parting::Death => CivilStatus::Widowed,
                    };
                    (status, Some(end))
                }
                _ => (CivilStatus::Married, Some(union.from)),
            },
            _ => (CivilStatus::Unmarried, None),
        }
    }

    /// The spouse's place in the block while the marriage lasts.
    pub(crate) fn spouse_on(&self, day: i32) -> Option<usize> {
        self.union
            .filter(|u| u.from <= day && u.ended.is_none_or(|(end, _)| day < end))
            .and_then(|u| u.spouse)
    }

    /// The part of `year` with residence, as a half-open range of days; empty if none.
    pub(crate) fn span(&self, year_start: i32, year_end: i32) -> (i32, i32) {
        (self.from.max(year_start), self.until.min(year_end))
    }
}
