//! Whom a project is about and which data: rules as sentences, the same as text, and the tables with
//! what each variable is for.

use app::casework::form::{Answer, Field};
use app::catalogue::register::Coarsening;
use app::catalogue::selection::{
    Criterion, Period, SelectedTable, SelectedVariable, Selection, plain_text,
};
use app::drafts::DraftView;
use base::Date;
use serde_json::{Value, json};

use super::fields::{goes, withheld};
use super::rules::{index, rules, window_view};
use crate::http::Answer as Answered;
use crate::pages::catalogue::{coarsening, coarsenings};
use crate::pages::fields::Fields;
use crate::pages::visit::{FieldError, Visit};

/// First day of the period that a new selection proposes.
const PERIOD_YEARS: i16 = 10;

fn selection_of(draft: &DraftView, field: &str) -> Option<Selection> {
    match draft.body.answers.get(field) {
        Some(Answer::Selection(selection)) => Some(selection.as_ref().clone()),
        _ => None,
    }
}

fn empty(visit: &Visit) -> Selection {
    let today = visit.app().today();
    let day = |year, month, day| Date::new(year, month, day).unwrap_or(today);
    let period = Period {
        from: day(today.year() - PERIOD_YEARS, 1, 1),
        to: day(today.year() - 1, 12, 31),
    };
    Selection::new(Criterion::All(Vec::new()), period, Vec::new())
}

/// The step's own view of the selection.
pub(super) async fn view(visit: &Visit, (draft, field): (&DraftView, &Field)) -> Answered<Value> {
    let selection = selection_of(draft, &field.id).unwrap_or_else(|| empty(visit));
    let text = plain_text::print(&selection);
    let basket = visit.load_basket().await?;
    let tables: Vec<Value> = selection
        .tables
        .iter()
        .map(|t| table_view(visit, t))
        .collect();
    let variables: usize = selection
        .tables
        .iter()
        .map(|table| table.variables.len())
        .sum();
    let catalogue = &visit.app().content().catalogue;
    let registers = selection
        .required_registers(catalogue)
        .map_or(0, |all| all.len());
    Ok(json!({
        "rules": rules(visit, &selection),
        "index": index(visit, selection.index.as_ref()),
        "text_lines": text.lines().count(),
        "text": text,
        "text_open": false,
        "variables": variables,
        "registers": registers,
        "tables": tables,
        "period": selection.period,
        "basket_variables": basket.n_variables,
        "goes": goes(visit, field),
        "law": field.law.as_ref().map(|law| visit.say(law)),
        "withheld": withheld(visit, field),
    }))
}

fn table_view(visit: &Visit, table: &SelectedTable) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let variables: Vec<Value> = table
        .variables
        .iter()
        .map(|chosen| {
            let found = catalogue.variable(&table.register, &table.table, &chosen.name);
            json!({
                "name": chosen.name,
                "label": found.map(|variable| visit.say(&variable.label)).unwrap_or_default(),
                "reason": chosen.reason,
                "coarsening": String::from(chosen.coarsening),
                "coarsenings": found.map(coarsenings).unwrap_or_default(),
            })
        })
        .collect();
    json!({
        "key": key_of(table),
        "register_name": visit.register(&table.register),
        "table": key_of(table),
        "from": table.period.from,
        "to": table.period.to,
        "variables": variables,
    })
}

fn key_of(table: &SelectedTable) -> String {
    format!("{}.{}", table.register, table.table)
}

/// A selection to read.
pub(in crate::pages) fn selection_view(visit: &Visit, selection: &Selection) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let tables: Vec<Value> = selection
        .tables
        .iter()
        .map(|table| {
            let variable = |chosen: &SelectedVariable| {
                let found = catalogue.variable(&table.register, &table.table, &chosen.name);
                json!({
                    "name": chosen.name,
                    "label": found.map(|variable| visit.say(&variable.label)).unwrap_or_default(),
                    "reason": chosen.reason,
                    "coarsening": coarsening(chosen.coarsening),
                })
            };
            json!({
                "register_name": visit.register(&table.register),
                "table": key_of(table),
                "from": table.period.from,
                "to": table.period.to,
                "window": window_view(table.window),
                "variables": table.variables.iter().map(variable).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "rules": rules(visit, selection),
        "index": index(visit, selection.index.as_ref()),
        "period": selection.period,
        "tables": tables,
    })
}

/// The selection that a form carries. The text decides about people; the fields about the tables,
/// unless the text is asked to.
pub(super) async fn read(
    visit: &Visit,
    (draft, field): (&DraftView, &str),
    form: &Fields,
) -> Answered<(Option<Answer>, Vec<FieldError>)> {
    let stored = selection_of(draft, field).unwrap_or_else(|| empty(visit));
    let mut selection = stored.clone();
    read_tables(&mut selection, form);
    let wish = form.get("do");
    let mut errors = Vec::new();
    match form.find("selection-text").map(plain_text::parse) {
        Some(Ok(written)) if wish == "use-text" => selection = written,
        Some(Ok(written)) => {
            selection.population = written.population;
            selection.index = written.index;
            selection.sample = written.sample;
            selection.controls = written.controls;
            selection.relatives = written.relatives;
        }
        Some(Err(error)) if wish != "autosave" => {
            let (line, column) = (error.line.to_string(), error.column.to_string());
            let message = visit.sentence(
                "field_problem.selection_text",
                &[
                    ("line", &line),
                    ("column", &column),
                    ("expected", &error.expected),
                    ("found", &error.found),
                ],
            );
            errors.push(FieldError::new("selection-text", message));
        }
        Some(Err(_)) | None => {}
    }
    if wish == "add-basket" {
        add_basket(visit, &mut selection).await?;
    }
    if let Some(key) = wish.strip_prefix("remove-variable:") {
        remove(&mut selection, key);
    }
    Ok((Some(Answer::Selection(Box::new(selection))), errors))
}

fn read_tables(selection: &mut Selection, form: &Fields) {
    let date = |name: &str, stored: Date| form.get(name).parse().unwrap_or(stored);
    selection.period.from = date("period-from", selection.period.from);
    selection.period.to = date("period-to", selection.period.to);
    for table in &mut selection.tables {
        let key = key_of(table);
        table.period.from = date(&format!("from-{key}"), table.period.from);
        table.period.to = date(&format!("to-{key}"), table.period.to);
        for variable in &mut table.variables {
            let name = format!("{key}.{}", variable.name);
            if let Some(reason) = form.find(&format!("reason-{name}")) {
                reason.trim().clone_into(&mut variable.reason);
            }
            let detail = form.filled(&format!("detail-{name}"));
            if let Some(Ok(detail)) = detail.map(|d| Coarsening::try_from(d.to_owned())) {
                variable.coarsening = detail;
            }
        }
    }
}

fn remove(selection: &mut Selection, key: &str) {
    for table in &mut selection.tables {
        let table_key = key_of(table);
        table
            .variables
            .retain(|variable| format!("{table_key}.{}", variable.name) != key);
    }
    selection.tables.retain(|table| !table.variables.is_empty());
}

/// Adds what lies in the basket and is not chosen yet.
async fn add_basket(visit: &Visit, selection: &mut Selection) -> Answered<()> {
    let basket = visit.load_basket().await?;
    for item in basket.items {
        let same =
            |table: &SelectedTable| table.register == item.register && table.table == item.table;
        if !selection.tables.iter().any(same) {
            selection.tables.push(SelectedTable {
                register: item.register.clone(),
                table: item.table.clone(),
                period: selection.period,
                window: None,
                variables: Vec::new(),
            });
        }
        let Some(table) = selection.tables.iter_mut().find(|table| same(table)) else {
            continue;
        };
        for name in item.variables {
            if table.variables.iter().all(|chosen| chosen.name != name) {
                table.variables.push(SelectedVariable {
                    name,
                    coarsening: Coarsening::None,
                    reason: String::new(),
                });
            }
        }
    }
    Ok(())
}
