//! The story of the project, told over HTTP as its different people, every step checked.
//!
//! It knows the API as any other client does: addresses, JSON and codes, none of our own types.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it does not have"
)]

mod analyse;
mod apply;
mod client;
mod decide;
mod find;
mod publish;
mod story;

use base::Stopwatch;
use serde::Serialize;

pub(crate) use story::{Broken, Story};

/// A step of the story: what it is called, and what is done and checked.
type Step = (&'static str, fn(&mut Story) -> Result<String, Broken>);

/// The story, in order.
const STEPS: &[Step] = &[
    ("everybody signs in", find::sign_in),
    ("search for `sukkersyge`", find::search),
    ("put variables in the basket", find::basket),
    ("ask which approvals are needed", find::guidance),
    ("write the application", apply::write),
    ("send it, once", apply::send),
    ("others do not see it", apply::hidden),
    ("the application is complete", decide::complete),
    ("two authorities ask the same, one answer", decide::question),
    ("the institution records the project", decide::requirement),
    ("three authorities decide", decide::decisions),
    ("the permit is signed", decide::permit),
    ("the extract is made", analyse::extract),
    ("the workbench opens", analyse::room),
    ("a safe table is released at once", analyse::safe_table),
    (
        "an unsafe table is held, its cells named",
        analyse::unsafe_table,
    ),
    ("the workbench reaches nothing else", analyse::fences),
    ("two checkers judge what was held", analyse::review),
    ("the public register shows it all", publish::public_register),
    ("the log verifies offline", publish::log),
];

/// How a step went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StepReport {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Milliseconds it took.
    pub(crate) ms: u64,
    /// Whether it held.
    pub(crate) ok: bool,
    /// What was seen, or what was wrong.
    pub(crate) seen: String,
}

/// Tells the story until its end or the first step that does not hold.
pub(crate) fn tell(story: &mut Story, mut show: impl FnMut(&StepReport)) -> Vec<StepReport> {
    let mut reports = Vec::new();
    for (name, step) in STEPS {
        let watch = Stopwatch::start();
        let outcome = step(story);
        let report = StepReport {
            name,
            ms: watch.elapsed_ms(),
            ok: outcome.is_ok(),
            seen: match outcome {
                Ok(seen) => seen,
                Err(broken) => broken.to_string(),
            },
        };
        show(&report);
        let held = report.ok;
        reports.push(report);
        if !held {
            break;
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names_of_their_own() {
        let mut names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }
}
