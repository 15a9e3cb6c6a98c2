//! Sending an application: it becomes a case with one part per authority.

use std::collections::{BTreeMap, BTreeSet};

use base::{CaseId, Date, OrganisationId, Timestamp};
use catalogue::Catalogue;
use catalogue::selection::Selection;
use catalogue::stated::ConceptMissing;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, PartOpened, RequirementOpened};
use crate::access::{Action, Granted};
use crate::application::Application;
use crate::calendar::add_months;
use crate::refusal::Refusal;
use crate::rulebook::Rulebook;

/// Longest access in months: Art. 68(12) of Regulation (EU) 2025/327.
pub const ACCESS_MONTHS_MAX: u32 = 120;

/// Purposes of Art. 53(1).
pub const PURPOSES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Send an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitApplication {
    /// The new case.
    pub case: CaseId,
    /// Its public number.
    pub number: String,
    /// What is sent.
    pub application: Application,
}

impl SubmitApplication {
    /// The first event of the case, or why the application cannot be sent.
    pub fn decide(
        &self,
        granted: &Granted,
        now: Timestamp,
        rules: &Rulebook,
        catalogue: &Catalogue,
    ) -> Result<Vec<CaseEvent>, Refusal> {
        if granted.action() != Action::SubmitApplication {
            return Err(Refusal::OtherPermission);
        }
        self.check_team(granted)?;
        self.check_purposes()?;
        check_access_period(
            base::danish_date(now),
            self.application.period.from,
            self.application.period.to,
        )?;
        let selection = &self.application.selection;
        let parts = parts_of(selection, catalogue, rules)?;
        let requirements = rules
            .requirements()
            .iter()
            .map(|requirement| RequirementOpened {
                requirement: requirement.id.clone(),
                institution: self.application.data_user.clone(),
                rule: requirement.rule.clone(),
            })
            .collect();
        Ok(vec![CaseEvent::ApplicationSubmitted {
            case: self.case,
            number: self.number.clone(),
            application: Box::new(self.application.clone()),
            parts,
            requirements,
            population: selection
                .population_uses(catalogue)
                .map_err(nobody_states)?
                .into_iter()
                .collect(),
        }])
    }

    fn check_team(&self, granted: &Granted) -> Result<(), Refusal> {
        let team = &self.application.team;
        if team.iter().filter(|member| member.principal).count() != 1 {
            return Err(Refusal::NotOnePrincipal);
        }
        let accounts: BTreeSet<_> = team.iter().map(|member| member.account).collect();
        if accounts.len() != team.len() {
            return Err(Refusal::MemberTwice);
        }
        if !accounts.contains(&granted.actor().account) {
            return Err(Refusal::SenderNotInTeam);
        }
        Ok(())
    }

    fn check_purposes(&self) -> Result<(), Refusal> {
        let purposes = &self.application.purposes;
        if let Some(other) = purposes.iter().find(|p| !PURPOSES.contains(&p.as_str())) {
            return Err(Refusal::NoSuchPurpose(other.clone()));
        }
        if purposes.is_empty() {
            return Err(Refusal::NoSuchPurpose(String::new()));
        }
        Ok(())
    }
}

/// Refuses access that ends before it begins, or lasts longer than the law allows.
pub(crate) fn check_access_period(today: Date, from: Date, to: Date) -> Result<(), Refusal> {
    if to < from {
        return Err(Refusal::AccessBackwards);
    }
    let latest = latest_access(today, from);
    if to > latest {
        return Err(Refusal::AccessTooLong { latest });
    }
    Ok(())
}

/// The last date on which access can end.
pub fn latest_access(today: Date, from: Date) -> Date {
    add_months(from.max(today), ACCESS_MONTHS_MAX)
}

/// The authority that decides about a register: who gives access, else its controller.
pub fn deciding_authority(
    catalogue: &Catalogue,
    register: &str,
) -> Result<OrganisationId, Refusal> {
    let described = catalogue
        .register(register)
        .ok_or_else(|| Refusal::NoSuchRegister(register.to_owned()))?;
    let authority = described
        .access
        .as_ref()
        .map_or(&described.controller, |access| &access.authority);
    Ok(authority.clone())
}

/// One part per authority of a register that the extract needs: what is given, and what the
/// population is found by.
fn parts_of(
    selection: &Selection,
    catalogue: &Catalogue,
    rules: &Rulebook,
) -> Result<Vec<PartOpened>, Refusal> {
    if selection.tables.is_empty() {
        return Err(Refusal::NothingSelected);
    }
    let mut parts: BTreeMap<OrganisationId, Vec<String>> = BTreeMap::new();
    for register in selection
        .required_registers(catalogue)
        .map_err(nobody_states)?
    {
        let authority = deciding_authority(catalogue, &register)?;
        if rules.authorities().get(&authority).is_none() {
            return Err(Refusal::NoSuchAuthority(authority));
        }
        parts.entry(authority).or_default().push(register);
    }
    Ok(parts
        .into_iter()
        .map(|(authority, registers)| PartOpened {
            authority,
            registers,
        })
        .collect())
}

fn nobody_states(missing: ConceptMissing) -> Refusal {
    Refusal::NoSuchRegister(missing.0.to_owned())
}
