//! Finding an application complete: from then on the time for the decision runs.

use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Declare the application complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclareComplete {}

impl DeclareComplete {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        if at.takes_part(at.actor.account) {
            return Err(Refusal::ConflictOfInterest);
        }
        let open = at.case.open_questions().count();
        if open > 0 {
            return Err(Refusal::OpenQuestions(open));
        }
        Ok(vec![CaseEvent::ApplicationDeclaredComplete {
            from: at.today,
        }])
    }
}
