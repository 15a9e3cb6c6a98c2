//! Counting tests in what test programs print.

use std::fmt;

/// Tests that passed and failed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Takes one line of `cargo test`, which sums up each test program in a `test result:` line.
    pub(crate) fn see_cargo_line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        self.passed += number_before(counts, "passed").unwrap_or(0);
        self.failed += number_before(counts, "failed").unwrap_or(0);
    }

    /// Takes one line of the browser tests, whose last line is `N passed, N failed`.
    pub(crate) fn see_browser_line(&mut self, line: &str) {
        let counts = (number_before(line, "passed"), number_before(line, "failed"));
        if let (Some(passed), Some(failed)) = counts {
            *self = Self { passed, failed };
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// A run that failed outside its tests must not end in a line that says nothing failed.
    pub(crate) fn note_failed_step(&mut self) {
        if self.failed == 0 {
            self.failed = 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number that stands before `word`, as in `12 passed;`.
fn number_before(line: &str, word: &str) -> Option<u64> {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let position = words.iter().position(|candidate| *candidate == word)?;
    words.get(position.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_result_lines_of_cargo() {
        let mut tally = Tally::default();
        tally.see_cargo_line("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured");
        tally.see_cargo_line("test refuses_permit_after_deadline ... ok");
        tally.see_cargo_line("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured");
        assert_eq!(tally.to_string(), "15 passed, 2 failed");
    }

    #[test]
    fn takes_the_last_sum_of_the_browser_tests() {
        let mut tally = Tally::default();
        tally.see_browser_line("home: 3 passed, 0 failed");
        tally.see_browser_line("ok keyboard walk");
        tally.see_browser_line("41 passed, 1 failed");
        assert_eq!(
            tally,
            Tally {
                passed: 41,
                failed: 1
            }
        );
    }

    #[test]
    fn a_failed_step_without_failed_tests_counts_as_one_failure() {
        let mut tally = Tally {
            passed: 5,
            failed: 0,
        };
        tally.note_failed_step();
        assert_eq!(tally.to_string(), "5 passed, 1 failed");
    }
}
