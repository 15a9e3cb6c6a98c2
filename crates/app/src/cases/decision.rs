//! Deciding a part: what an officer writes, and what becomes of it.

use base::{Actor, CaseId};
use casework::CaseCommand;
use casework::case::decide_part::DecidePart;
use casework::case::{Decision, PartCondition, WithheldData};
use serde::{Deserialize, Serialize};

use super::{CaseAt, CasePage};
use crate::texts::NewText;
use crate::{App, Error};

/// A decision as an officer writes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionInput {
    /// Yes.
    Granted {
        /// Conditions by id of `content/rules/conditions.toml`.
        #[serde(default)]
        conditions: Vec<String>,
        /// A condition in own words.
        #[serde(default)]
        own_condition: Option<String>,
    },
    /// Yes, but not to everything.
    GrantedInPart {
        /// What is withheld.
        withheld: Vec<WithheldData>,
        /// Conditions by id.
        #[serde(default)]
        conditions: Vec<String>,
        /// Why not everything.
        reason: String,
    },
    /// No.
    Refused {
        /// Why.
        reason: String,
        /// Criteria that are not met.
        #[serde(default)]
        criteria: Vec<String>,
    },
}

impl App {
    /// Decides the own authority's part.
    pub async fn decide(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        input: &DecisionInput,
    ) -> Result<CasePage, Error> {
        self.command(actor, case.into(), |app, case| {
            let (decision, texts) = app.decision_of(case.id, input)?;
            let authority = actor.organisation.clone();
            Ok((
                CaseCommand::DecidePart(DecidePart {
                    authority,
                    decision,
                }),
                texts,
            ))
        })
        .await
    }

    fn decision_of(
        &self,
        case: CaseId,
        input: &DecisionInput,
    ) -> Result<(Decision, Vec<NewText>), Error> {
        let standard = |ids: &[String]| -> Vec<PartCondition> {
            ids.iter().cloned().map(PartCondition::Standard).collect()
        };
        Ok(match input {
            DecisionInput::Granted {
                conditions,
                own_condition,
            } => {
                let own = self.seal_optional(case, "condition", own_condition.as_deref())?;
                let mut all = standard(conditions);
                all.extend(own.iter().map(|text| PartCondition::Own(text.id)));
                (
                    Decision::Granted { conditions: all },
                    own.into_iter().collect(),
                )
            }
            DecisionInput::GrantedInPart {
                withheld,
                conditions,
                reason,
            } => {
                let reason = self.seal_text(case, "reason", reason)?;
                let decision = Decision::GrantedInPart {
                    withheld: withheld.clone(),
                    conditions: standard(conditions),
                    reason: reason.id,
                };
                (decision, vec![reason])
            }
            DecisionInput::Refused { reason, criteria } => {
                let reason = self.seal_text(case, "reason", reason)?;
                let criteria = criteria.clone();
                (
                    Decision::Refused {
                        reason: reason.id,
                        criteria,
                    },
                    vec![reason],
                )
            }
        })
    }
}
