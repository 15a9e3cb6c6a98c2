//! The basket as an order list: what a spreadsheet or an authority's own form needs to know of each variable.

use app::catalogue::register::Variable;
use axum::response::Response;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::catalogue::{code_list_name, controller};
use super::files::csv;
use super::visit::Visit;
use crate::http::{Answer, Download, PathOf, Problem, download};

const COLUMNS: [&str; 12] = [
    "register",
    "register_id",
    "controller",
    "approved_by",
    "table",
    "variable",
    "meaning",
    "type",
    "code_list",
    "period",
    "less_detail",
    "address",
];
/// Widths of the columns, in characters.
const WIDTHS: [f64; 12] = [
    38.0, 12.0, 30.0, 30.0, 18.0, 24.0, 44.0, 12.0, 20.0, 14.0, 26.0, 54.0,
];
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `/kurv/fil/bestilling.csv` and `/kurv/fil/bestilling.xlsx`.
pub(super) async fn show(visit: Visit, PathOf(file): PathOf<String>) -> Answer<Response> {
    let lines = lines(&visit).await?;
    let name = visit.word("basket.order.file_name");
    match file.as_str() {
        "bestilling.csv" => Ok(csv(&format!("{name}.csv"), &lines)),
        "bestilling.xlsx" => {
            let bytes = workbook(&visit.word("basket.order.sheet"), &lines)
                .map_err(|error| app::Error::internal("writing a workbook", &error))?;
            Ok(download(Download {
                file_name: format!("{name}.xlsx"),
                media_type: XLSX,
                bytes,
            }))
        }
        _ => Err(Problem::not_found()),
    }
}

/// A line of headings, and a line per variable.
async fn lines(visit: &Visit) -> Answer<Vec<Vec<String>>> {
    let headings = COLUMNS.map(|name| visit.word(&format!("basket.order.{name}")));
    let mut lines = vec![headings.to_vec()];
    let basket = visit.load_basket().await?;
    let catalogue = &visit.app().content().catalogue;
    for item in &basket.items {
        let Some(register) = catalogue.register(&item.register) else {
            continue;
        };
        let authority = register
            .access
            .as_ref()
            .map_or(&register.controller, |a| &a.authority);
        for name in &item.variables {
            let Some(variable) = catalogue.variable(&item.register, &item.table, name) else {
                continue;
            };
            let from = variable
                .valid_from
                .map(|on| on.year())
                .or(register.from_year);
            let to = variable.valid_to.map(|on| on.year()).or(register.to_year);
            let path = format!("/datalandkort/{}/{}/{name}", register.id, item.table);
            lines.push(vec![
                visit.say(&register.name),
                register.id.clone(),
                controller(visit, register),
                visit.organisation(authority),
                item.table.clone(),
                name.clone(),
                visit.say(&variable.label),
                type_word(visit, variable),
                variable
                    .code_list
                    .as_deref()
                    .map(|id| code_list_name(visit, id))
                    .unwrap_or_default(),
                period(from, to),
                less_detail(visit, variable),
                address(visit, &path),
            ]);
        }
    }
    Ok(lines)
}

fn type_word(visit: &Visit, variable: &Variable) -> String {
    let name = serde_json::to_value(variable.value_type).ok();
    let name = name
        .as_ref()
        .and_then(|name| name.as_str())
        .unwrap_or_default();
    visit.word(&format!("catalogue.type.{name}"))
}

fn period(from: Option<i16>, to: Option<i16>) -> String {
    from.map_or_else(String::new, |from| {
        format!("{from}–{}", to.map(|to| to.to_string()).unwrap_or_default())
    })
}

fn less_detail(visit: &Visit, variable: &Variable) -> String {
    let ways = super::catalogue::coarsenings(variable);
    let words: Vec<String> = ways
        .iter()
        .map(|way| {
            let kind = way["kind"].as_str().unwrap_or_default();
            let n = way["n"].to_string();
            visit.sentence(&format!("catalogue.coarsening.{kind}"), &[("n", &n)])
        })
        .collect();
    words.join(", ")
}

/// The page's whole address where the installation knows its own; its path otherwise.
fn address(visit: &Visit, path: &str) -> String {
    let known = visit.state.door.public_url.as_deref().unwrap_or_default();
    format!("{known}{}", visit.href(path))
}

fn workbook(sheet_name: &str, lines: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let heading = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name)?;
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    for (row, line) in (0_u32..).zip(lines) {
        for (column, value) in (0_u16..).zip(line) {
            // As text, whatever it looks like: a sheet computes nothing of it.
            if row == 0 {
                sheet.write_string_with_format(row, column, value, &heading)?;
            } else {
                sheet.write_string(row, column, value)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_a_zip_with_every_value_as_text() {
        let lines = [vec!["Register".to_owned()], vec!["=1+1".to_owned()]];
        let bytes = workbook("Bestilling", &lines).unwrap();
        assert!(bytes.starts_with(b"PK"));
    }

    #[test]
    fn a_period_without_an_end_is_open() {
        assert_eq!(period(Some(2019), None), "2019–");
        assert_eq!(period(Some(1977), Some(2019)), "1977–2019");
        assert_eq!(period(None, None), "");
    }
}
