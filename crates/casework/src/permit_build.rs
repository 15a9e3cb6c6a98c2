//! From a decided case to the permit document: what was granted and nothing else, under the strictest
//! of all conditions.

use std::collections::BTreeMap;

use base::{CaseTextId, Date, PermitId, Timestamp, danish_date};
use catalogue::permit::{DecidedPart, Environment, FORMAT, Member, PermitDocument};
use catalogue::register::OutputPolicy;
use catalogue::selection::{SelectedTable, Selection};
use catalogue::{Catalogue, Text};

use crate::case::issue_permit::check_ready;
use crate::case::{Case, Decision, PartCondition};
use crate::refusal::Refusal;
use crate::rulebook::Rulebook;

/// What the caller knows and the case does not: numbers, and the words behind references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitInput {
    /// The new permit.
    pub permit: PermitId,
    /// Its public number.
    pub number: String,
    /// When it is signed.
    pub issued_at: Timestamp,
    /// Title of the project.
    pub title: Text,
    /// The purpose in words.
    pub purpose: Text,
    /// Words by reference: of conditions in officers' own words, written in one language and standing
    /// in both, and of the reasons for variables.
    pub texts: BTreeMap<CaseTextId, String>,
    /// The installation's policy where a register states none.
    pub default_policy: OutputPolicy,
    /// The workbench that is offered.
    pub environment: Environment,
    /// Whether this is a test permit of a synthetic folder.
    pub test: bool,
}

/// The document to sign.
pub fn build_permit(
    case: &Case,
    input: PermitInput,
    rules: &Rulebook,
    catalogue: &Catalogue,
) -> Result<PermitDocument, Refusal> {
    check_ready(case)?;
    let conditions = conditions(case, &input, rules)?;
    let selection = granted_selection(case, &input.texts, rules)?;
    let (valid_from, valid_to) = validity(case, danish_date(input.issued_at));
    let members = case
        .application
        .team
        .iter()
        .map(|member| Member {
            account: member.account,
            principal: member.principal,
            access: member.access,
            may_release: member.may_release,
            until: valid_to,
        })
        .collect();
    Ok(PermitDocument {
        format: FORMAT.to_owned(),
        permit_id: input.permit,
        number: input.number,
        version: 1,
        case_number: case.number.clone(),
        title: input.title,
        issued_at: input.issued_at,
        valid_from,
        valid_to,
        data_user: case.application.data_user.clone(),
        purposes: case.application.purposes.clone(),
        purpose: input.purpose,
        pseudonymised: true,
        output_policy: output_policy(case, &selection, input.default_policy, rules, catalogue),
        selection,
        opt_out_exception: None,
        members,
        environment: input.environment,
        fees_ore: None,
        conditions,
        decisions: decided_parts(case),
        test: input.test,
    })
}

/// Access begins when the permit is there, and ends as asked for.
pub fn validity(case: &Case, today: Date) -> (Date, Date) {
    let period = case.application.period;
    let from = period.from.max(today);
    (from, period.to.max(from))
}

fn decided_parts(case: &Case) -> Vec<DecidedPart> {
    case.parts
        .values()
        .filter_map(|part| {
            let made = part.decision.as_ref()?;
            made.decision.grants().then(|| DecidedPart {
                authority: part.authority.clone(),
                registers: part.registers.clone(),
                decided_on: danish_date(made.at),
                with_conditions: !made.decision.conditions().is_empty(),
            })
        })
        .collect()
}

fn standard_conditions(case: &Case) -> Vec<&PartCondition> {
    let mut found = Vec::new();
    for part in case.parts.values() {
        let conditions = part
            .decision
            .as_ref()
            .map_or(&[][..], |made| made.decision.conditions());
        for condition in conditions {
            if !found.contains(&condition) {
                found.push(condition);
            }
        }
    }
    found
}

fn conditions(case: &Case, input: &PermitInput, rules: &Rulebook) -> Result<Vec<Text>, Refusal> {
    standard_conditions(case)
        .into_iter()
        .map(|condition| match condition {
            PartCondition::Standard(id) => rules
                .condition(id)
                .map(|condition| condition.text.clone())
                .ok_or_else(|| Refusal::NoSuchCondition(id.clone())),
            PartCondition::Own(text) => input
                .texts
                .get(text)
                .map(|words| Text::new(words.clone(), words.clone()))
                .ok_or_else(|| Refusal::NoSuchCondition(text.to_string())),
        })
        .collect()
}

/// The selection without what was refused, withheld or left out by a condition.
pub fn granted_selection(
    case: &Case,
    texts: &BTreeMap<CaseTextId, String>,
    rules: &Rulebook,
) -> Result<Selection, Refusal> {
    let granted = case.granted_registers();
    let words = |text| texts.get(&text).map(String::as_str);
    let mut selection = case.application.selection_in_words(words);
    selection
        .tables
        .retain(|table| granted.contains(&table.register.as_str()));
    for part in case.parts.values() {
        if let Some(Decision::GrantedInPart { withheld, .. }) =
            part.decision.as_ref().map(|made| &made.decision)
        {
            for data in withheld {
                leave_out(
                    &mut selection.tables,
                    (&data.register, &data.table, data.variable.as_deref()),
                );
            }
        }
    }
    for condition in standard_conditions(case) {
        if let PartCondition::Standard(id) = condition
            && let Some(condition) = rules.condition(id)
        {
            for name in &condition.leaves_out {
                let mut path = name.splitn(3, '.');
                if let (Some(register), Some(table)) = (path.next(), path.next()) {
                    leave_out(&mut selection.tables, (register, table, path.next()));
                }
            }
        }
    }
    if selection.tables.is_empty() {
        return Err(Refusal::NothingGranted);
    }
    Ok(selection)
}

fn leave_out(
    tables: &mut Vec<SelectedTable>,
    (register, table, variable): (&str, &str, Option<&str>),
) {
    let is_meant = |found: &SelectedTable| found.register == register && found.table == table;
    match variable {
        None => tables.retain(|found| !is_meant(found)),
        Some(variable) => {
            for found in tables.iter_mut().filter(|found| is_meant(found)) {
                found.variables.retain(|known| known.name != variable);
            }
        }
    }
}

fn output_policy(
    case: &Case,
    selection: &Selection,
    default_policy: OutputPolicy,
    rules: &Rulebook,
    catalogue: &Catalogue,
) -> OutputPolicy {
    let of_registers = selection
        .required_registers(catalogue)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|register| catalogue.register(&register)?.output_policy);
    let of_conditions =
        standard_conditions(case)
            .into_iter()
            .filter_map(|condition| match condition {
                PartCondition::Standard(id) => rules.condition(id)?.output_policy,
                PartCondition::Own(_) => None,
            });
    of_registers
        .chain(of_conditions)
        .fold(default_policy, OutputPolicy::strictest)
}
