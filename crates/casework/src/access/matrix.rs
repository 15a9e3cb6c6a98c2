//! The permission matrix as text: role by action by state, generated from the tables.

use base::Role;

use super::{Action, rules_of, states_of};
use crate::case::CaseState;

/// Every action with its roles and, where it depends on the state of a case, its states.
pub fn permission_matrix() -> String {
    let mut lines = vec![
        format!(
            "| action | {} | states |",
            Role::ALL.map(Role::name).join(" | ")
        ),
        format!("|---|{}", "---|".repeat(Role::ALL.len() + 1)),
    ];
    for action in Action::ALL {
        let cells = Role::ALL.map(|role| {
            let relations: Vec<&str> = rules_of(*action)
                .iter()
                .filter(|(may, _)| *may == role)
                .map(|(_, relation)| relation.name())
                .collect();
            if relations.is_empty() {
                "-".to_owned()
            } else {
                relations.join(", ")
            }
        });
        let states = states_of(*action);
        let states = if states.len() == CaseState::ALL.len() {
            "all".to_owned()
        } else {
            states
                .iter()
                .map(|state| state.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        lines.push(format!(
            "| {} | {} | {states} |",
            action.name(),
            cells.join(" | ")
        ));
    }
    lines.join("\n") + "\n"
}
