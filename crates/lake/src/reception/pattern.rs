//! Patterns of register descriptions, prepared for a value per row without any memory taken.
//! [`catalogue::pattern`] says what a pattern means.

use catalogue::pattern::{Pattern as Meaning, PatternError};

/// A pattern ready to match.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// A row of steps, each a set of characters that stands once or may be left out.
    Steps(Steps),
    /// Longer than steps can be.
    Long(Meaning),
}

#[derive(Debug, Clone)]
pub(crate) struct Steps {
    steps: Vec<Step>,
    fixed: bool,
}

#[derive(Debug, Clone)]
struct Step {
    ascii: u128,
    others: Vec<(char, char)>,
    optional: bool,
}

const STEPS_MAX: usize = 120;

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let meaning = Meaning::parse(text)?;
        Ok(match Steps::read(text) {
            Some(steps) => Self::Steps(steps),
            None => Self::Long(meaning),
        })
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Steps(steps) => steps.matches(text),
            Self::Long(meaning) => meaning.matches(text),
        }
    }
}

impl Steps {
    fn read(text: &str) -> Option<Self> {
        let mut steps: Vec<Step> = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let mut step = Step {
                ascii: 0,
                others: Vec::new(),
                optional: false,
            };
            match c {
                '[' => {
                    let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    step.add_class(&class)?;
                }
                c if c.is_alphanumeric() => step.add_range(c, c),
                _ => return None,
            }
            let (least, most) = match rest.peek() {
                Some('{') => {
                    rest.next();
                    let bounds: String = rest.by_ref().take_while(|c| *c != '}').collect();
                    read_bounds(&bounds)?
                }
                _ => (1, 1),
            };
            if most < least || steps.len() + most > STEPS_MAX {
                return None;
            }
            for at in 0..most {
                let mut repeated = step.clone();
                repeated.optional = at >= least;
                steps.push(repeated);
            }
        }
        let fixed = steps.iter().all(|step| !step.optional);
        Some(Self { steps, fixed })
    }

    fn matches(&self, text: &str) -> bool {
        if self.fixed {
            let mut steps = self.steps.iter();
            let all = text
                .chars()
                .all(|c| steps.next().is_some_and(|step| step.allows(c)));
            return all && steps.next().is_none();
        }
        // Bit n: the first n steps are done.
        let mut reached = self.skip_optional(1);
        for c in text.chars() {
            let mut next = 0_u128;
            for (at, step) in self.steps.iter().enumerate() {
                if reached >> at & 1 == 1 && step.allows(c) {
                    next |= 1 << (at + 1);
                }
            }
            reached = self.skip_optional(next);
            if reached == 0 {
                return false;
            }
        }
        reached >> self.steps.len() & 1 == 1
    }

    fn skip_optional(&self, mut reached: u128) -> u128 {
        for (at, step) in self.steps.iter().enumerate() {
            if step.optional && reached >> at & 1 == 1 {
                reached |= 1 << (at + 1);
            }
        }
        reached
    }
}

impl Step {
    fn allows(&self, c: char) -> bool {
        match u32::from(c) {
            code @ 0..128 => self.ascii >> code & 1 == 1,
            _ => self.others.iter().any(|(from, to)| *from <= c && c <= *to),
        }
    }

    fn add_range(&mut self, from: char, to: char) {
        for code in u32::from(from)..=u32::from(to).min(127) {
            self.ascii |= 1 << code;
        }
        if !to.is_ascii() {
            self.others.push((from, to));
        }
    }

    fn add_class(&mut self, class: &str) -> Option<()> {
        let mut chars = class.chars().peekable();
        if class.is_empty() || class.starts_with('^') {
            return None;
        }
        while let Some(from) = chars.next() {
            let mut ahead = chars.clone();
            if ahead.next() == Some('-')
                && let Some(to) = ahead.next()
            {
                if to < from {
                    return None;
                }
                self.add_range(from, to);
                chars = ahead;
            } else {
                self.add_range(from, from);
            }
        }
        Some(())
    }
}

fn read_bounds(bounds: &str) -> Option<(usize, usize)> {
    match bounds.split_once(',') {
        Some((least, most)) => Some((least.trim().parse().ok()?, most.trim().parse().ok()?)),
        None => {
            let exact = bounds.trim().parse().ok()?;
            Some((exact, exact))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_whole_texts_only() {
        let cases = [
            ("D[A-Z][0-9]{2,4}[A-Z0-9]{0,2}", "DE119", true),
            ("D[A-Z][0-9]{2,4}[A-Z0-9]{0,2}", "DE1", false),
            ("D[A-Z][0-9]{2,4}[A-Z0-9]{0,2}", "DE119XYZ", false),
            ("[0-9]{4}", "0101", true),
            ("[0-9]{4}", "101", false),
            ("[A-ZÆØÅ]{1,3}", "ÆØ", true),
            ("[A-Z]{1,2}[A-Z0-9]{1,2}[0-9]", "AB9", true),
            ("[A-V][0-9]{2}[A-Z]{2}[0-9]{2}", "A10BK01", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_not_supported() {
        for bad in ["a*", "(a|b)", "a{3,1}", "[]", "."] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn means_what_the_catalogue_means(
            pieces in proptest::collection::vec("([AB]|\\[[0-2A-C]\\]|\\[A-C\\]|\\[0-2Æ\\])(\\{[0-2],[2-4]\\}|\\{[1-3]\\})?", 0..5),
            text in "[ABC012Æ]{0,9}",
        ) {
            let pattern = pieces.concat();
            let meaning = Meaning::parse(&pattern).unwrap();
            proptest::prop_assert_eq!(Pattern::parse(&pattern).unwrap().matches(&text), meaning.matches(&text));
        }
    }
}
