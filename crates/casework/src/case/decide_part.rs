//! Deciding a part: yes, yes with conditions, yes in part, or no with a reason.

use base::OrganisationId;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding, Decision, Part, PartCondition};
use crate::refusal::Refusal;

/// Decide a part. Where the authority wants a second officer, this proposes the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidePart {
    /// Part.
    pub authority: OrganisationId,
    /// What is decided.
    pub decision: Decision,
}

impl DecidePart {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let part = at.open_part(&self.authority)?;
        check_decision(at, part, &self.decision)?;
        let four_eyes = at
            .rules
            .authorities()
            .get(&self.authority)
            .is_some_and(|authority| authority.four_eyes);
        let event = if four_eyes {
            CaseEvent::DecisionProposed {
                authority: self.authority.clone(),
                decision: self.decision.clone(),
            }
        } else {
            CaseEvent::PartDecided {
                authority: self.authority.clone(),
                decision: self.decision.clone(),
                proposed_by: None,
            }
        };
        Ok(vec![event])
    }
}

fn check_decision(at: &Deciding<'_>, part: &Part, decision: &Decision) -> Result<(), Refusal> {
    let open = at
        .case
        .open_questions()
        .filter(|group| {
            group
                .questions
                .iter()
                .any(|question| question.authority == part.authority)
        })
        .count();
    if open > 0 {
        return Err(Refusal::OpenQuestions(open));
    }
    let not_met: Vec<String> = part
        .assessments
        .iter()
        .filter(|(_, assessment)| !assessment.met)
        .map(|(criterion, _)| criterion.clone())
        .collect();
    match decision {
        Decision::Refused { criteria, .. } => {
            if not_met.is_empty() || criteria.is_empty() {
                return Err(Refusal::NoGroundForRefusal);
            }
            if let Some(other) = criteria.iter().find(|c| !not_met.contains(c)) {
                return Err(Refusal::NoSuchCriterion(other.clone()));
            }
        }
        Decision::Granted { .. } | Decision::GrantedInPart { .. } => {
            check_criteria_answered(at, part)?;
            if !not_met.is_empty() && matches!(decision, Decision::Granted { .. }) {
                return Err(Refusal::CriterionNotMet(not_met));
            }
        }
    }
    check_withheld(at, part, decision)?;
    for condition in decision.conditions() {
        if let PartCondition::Standard(id) = condition {
            let known = at.rules.condition(id);
            let known = known.ok_or_else(|| Refusal::NoSuchCondition(id.clone()))?;
            check_left_out(at, &known.leaves_out)?;
        }
    }
    Ok(())
}

/// A condition cannot leave out what the population is found by: that is withheld, with a reason.
fn check_left_out(at: &Deciding<'_>, left_out: &[String]) -> Result<(), Refusal> {
    for name in left_out {
        let mut path = name.splitn(3, '.');
        if let (Some(register), Some(table)) = (path.next(), path.next()) {
            let variable = path.next();
            let mut uses = at.case.population.iter();
            if uses.any(|used| used.is_within(register, table, variable)) {
                return Err(Refusal::PopulationNeeds(name.clone()));
            }
        }
    }
    Ok(())
}

fn check_criteria_answered(at: &Deciding<'_>, part: &Part) -> Result<(), Refusal> {
    let missing: Vec<String> = at
        .rules
        .criteria()
        .iter()
        .filter(|criterion| !part.assessments.contains_key(&criterion.id))
        .map(|criterion| criterion.id.clone())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refusal::CriteriaMissing(missing))
    }
}

/// An authority withholds data of its own registers only, and something it was asked for.
fn check_withheld(at: &Deciding<'_>, part: &Part, decision: &Decision) -> Result<(), Refusal> {
    let Decision::GrantedInPart { withheld, .. } = decision else {
        return Ok(());
    };
    if withheld.is_empty() {
        return Err(Refusal::NothingGranted);
    }
    for data in withheld {
        let mut tables = at.case.application.selection.tables.iter();
        let selects = at.case.population.iter().any(|used| data.decides(used));
        let asked_for = part.registers.contains(&data.register)
            && (selects
                || tables.any(|table| {
                    table.register == data.register
                        && table.table == data.table
                        && data
                            .variable
                            .as_ref()
                            .is_none_or(|name| table.variables.iter().any(|v| v.name == *name))
                }));
        if !asked_for {
            return Err(Refusal::NoSuchRegister(data.register.clone()));
        }
    }
    Ok(())
}
