//! Diagnosis and procedure codes of contacts that no chronic condition explains.

use std::sync::OnceLock;

use crate::figures::{Weighted, cumulate, field, lines, number};
use crate::number::at;
use crate::person::Sex;
use crate::random::Draws;

/// Who a code is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    All,
    FertileWomen,
    Birth,
    Older,
    Children,
    Infants,
    GrownMen,
    Adults,
}

impl Whom {
    fn parse(text: &str) -> Self {
        match text {
            "W" => Self::FertileWomen,
            "B" => Self::Birth,
            "O" => Self::Older,
            "Y" => Self::Children,
            "I" => Self::Infants,
            "M" => Self::GrownMen,
            "A" => Self::Adults,
            _ => Self::All,
        }
    }

    fn fits(self, sex: Sex, age: i32) -> bool {
        match self {
            Self::All => true,
            Self::FertileWomen => sex == Sex::Woman && (16..=48).contains(&age),
            Self::Birth => false,
            Self::Older => age >= 55,
            Self::Children => age < 16,
            Self::Infants => age == 0,
            Self::GrownMen => sex == Sex::Man && age >= 45,
            Self::Adults => age >= 18,
        }
    }
}

/// A chapter of the classification with its codes.
#[derive(Debug)]
pub(crate) struct Chapter {
    letter: &'static str,
    pub(crate) specialty: &'static str,
    pub(crate) specialty_code: &'static str,
    pub(crate) icd8: &'static str,
    codes: Vec<(Whom, f64, &'static str)>,
    procedures: Weighted,
}

/// A procedure code; operations begin with K.
pub(crate) type Procedure = &'static str;

/// All chapters and the weights of contacts by kind.
#[derive(Debug)]
pub(crate) struct Codes {
    chapters: Vec<Chapter>,
    inpatient: Vec<f64>,
    outpatient: Vec<f64>,
    any_procedure: Weighted,
    birth: Weighted,
}

/// The codes, parsed on first use.
pub(crate) fn codes() -> &'static Codes {
    static CODES: OnceLock<Codes> = OnceLock::new();
    CODES.get_or_init(parse)
}

impl Codes {
    /// A main diagnosis for somebody of this sex and age, with its chapter.
    pub(crate) fn diagnosis(
        &self,
        draws: &mut Draws,
        inpatient: bool,
        sex: Sex,
        age: i32,
    ) -> Option<(&Chapter, &'static str)> {
        let weights = if inpatient {
            &self.inpatient
        } else {
            &self.outpatient
        };
        for _ in 0..8 {
            let chapter = self.chapters.get(draws.pick(weights))?;
            if let Some(code) = chapter.code(draws, sex, age) {
                return Some((chapter, code));
            }
        }
        self.chapters
            .first()
            .and_then(|c| c.code(draws, sex, age).map(|code| (c, code)))
    }

    /// The code of a delivery.
    pub(crate) fn delivery(&self, draws: &mut Draws) -> &'static str {
        self.birth.pick(draws)
    }

    /// A procedure fitting the chapter of a diagnosis code such as `DI489`.
    pub(crate) fn procedure(&self, draws: &mut Draws, diagnosis: &str) -> Procedure {
        let letter = diagnosis.get(1..2).unwrap_or("R");
        let letter = match letter {
            "H" => "G",
            "T" => "S",
            other => other,
        };
        let own = self.chapters.iter().find(|c| c.letter == letter);
        match own.filter(|c| !c.procedures.codes.is_empty()) {
            Some(chapter) if draws.chance(0.55) => chapter.procedures.pick(draws),
            _ => self.any_procedure.pick(draws),
        }
    }
}

impl Chapter {
    fn code(&self, draws: &mut Draws, sex: Sex, age: i32) -> Option<&'static str> {
        let fitting = || self.codes.iter().filter(|(whom, _, _)| whom.fits(sex, age));
        let total: f64 = fitting().map(|c| c.1).sum();
        let mut target = draws.unit() * total;
        for (_, weight, code) in fitting() {
            target -= weight;
            if target < 0.0 {
                return Some(code);
            }
        }
        fitting().next_back().map(|c| c.2)
    }
}

fn parse() -> Codes {
    let mut chapters = Vec::new();
    let (mut inpatient, mut outpatient) = (Vec::new(), Vec::new());
    for row in lines(include_str!("../data/contact_chapters.csv"), ',') {
        chapters.push(Chapter {
            letter: field(&row, 0),
            specialty: field(&row, 3),
            specialty_code: field(&row, 4),
            icd8: field(&row, 5),
            codes: Vec::new(),
            procedures: Weighted::default(),
        });
        inpatient.push(number(field(&row, 1)));
        outpatient.push(number(field(&row, 2)));
    }
    let mut birth = Weighted::default();
    for row in lines(include_str!("../data/icd10.csv"), '|') {
        let (letter, whom) = (field(&row, 0), Whom::parse(field(&row, 1)));
        let (weight, code) = (number(field(&row, 2)), field(&row, 3));
        if whom == Whom::Birth {
            birth.push(code, weight);
        } else if let Some(chapter) = chapters.iter_mut().find(|c| c.letter == letter) {
            chapter.codes.push((whom, weight, code));
        }
    }
    let mut any_procedure = Weighted::default();
    for row in lines(include_str!("../data/procedures.csv"), '|') {
        let (letter, weight, code) = (field(&row, 0), number(field(&row, 1)), field(&row, 3));
        match chapters.iter_mut().find(|c| c.letter == letter) {
            Some(chapter) => chapter.procedures.push(code, weight),
            None => any_procedure.push(code, weight),
        }
    }
    Codes {
        chapters,
        inpatient: cumulate(inpatient.into_iter()),
        outpatient: cumulate(outpatient.into_iter()),
        any_procedure,
        birth,
    }
}

/// Hospitals of a region (SHAK codes), the greatest first.
pub(crate) fn hospital(draws: &mut Draws, region: &str) -> &'static str {
    let hospitals: &[&'static str] = match region {
        "081" => &["8001", "8003", "7005"],
        "082" => &["6620", "6630", "6650", "7026", "7601"],
        "083" => &["4202", "5501", "5000", "6007"],
        "085" => &["3800", "3810", "3820"],
        _ => &["1301", "1330", "1516", "1401", "2000", "4001"],
    };
    let place = (draws.unit() * draws.unit() * hospitals.len() as f64).floor();
    at(hospitals, crate::number::index(crate::number::whole(place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Topic;

    #[test]
    fn codes_fit_sex_and_age() {
        let mut draws = Draws::new(1, 1, Topic::Codes, 0);
        for _ in 0..2_000 {
            let (_, code) = codes().diagnosis(&mut draws, false, Sex::Man, 70).unwrap();
            assert!(
                !code.starts_with("DZ349") && !code.starts_with("DO"),
                "{code}"
            );
            assert!(codes().procedure(&mut draws, code).len() >= 3);
        }
    }

    #[test]
    fn frequencies_have_a_long_tail() {
        let mut draws = Draws::new(1, 2, Topic::Codes, 0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..20_000 {
            let (_, code) = codes()
                .diagnosis(&mut draws, false, Sex::Woman, 60)
                .unwrap();
            *counts.entry(code).or_insert(0) += 1;
        }
        let mut sizes: Vec<i32> = counts.into_values().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        assert!(sizes.len() > 100);
        assert!(sizes[0] > 20 * sizes[sizes.len() * 3 / 4]);
    }
}
