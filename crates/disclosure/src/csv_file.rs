//! The file of a released table.

use catalogue::Language;

use crate::table::{Column, ColumnKind, ProtectedTable, Value};

/// The table as CSV: `;` and decimal comma in Danish, `,` and point in English.
///
/// Headings, one per column of the table, come from the catalogue and not from the query; `total` is the word for a
/// margin. Columns that are shown only are left out. Labels cannot become formulas.
pub fn release_csv(
    table: &ProtectedTable,
    headings: &[String],
    total: &str,
    language: Language,
) -> String {
    let separator = match language {
        Language::Da => ';',
        Language::En => ',',
    };
    let released = |column: &Column| {
        !matches!(
            column.kind,
            ColumnKind::Derived | ColumnKind::WithoutEvidence
        )
    };
    let mut file = String::new();
    let columns = table.columns.iter().zip(headings);
    let kept = columns
        .filter(|(column, _)| released(column))
        .map(|(_, heading)| heading.clone());
    push_line(&mut file, separator, kept);
    for row in &table.rows {
        let cells = row
            .cells
            .iter()
            .zip(&table.columns)
            .filter(|(_, column)| released(column));
        push_line(
            &mut file,
            separator,
            cells.map(|(cell, _)| text(&cell.value, total, language)),
        );
    }
    file
}

fn push_line(file: &mut String, separator: char, fields: impl Iterator<Item = String>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            file.push(separator);
        }
        file.push_str(&quote(&field, separator));
    }
    file.push_str("\r\n");
}

fn text(value: &Value, total: &str, language: Language) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Total => total.to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) if language == Language::Da => number.to_string().replace('.', ","),
        Value::Number(number) => number.to_string(),
        // A spreadsheet would run a label that begins so.
        Value::Text(text) if text.starts_with(['=', '+', '-', '@', '\t']) => format!("'{text}"),
        Value::Text(text) => text.clone(),
    }
}

fn quote(field: &str, separator: char) -> String {
    if field.contains([separator, '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, LabelSource, Lineage, Row};
    use catalogue::Text;

    fn column(heading: Text, kind: ColumnKind) -> Column {
        Column {
            name: "alias".into(),
            heading,
            kind,
        }
    }

    #[test]
    fn writes_catalogue_headings_and_leaves_out_what_is_only_shown() {
        let cell = |value| Cell {
            value,
            evidence: None,
        };
        let table = ProtectedTable {
            lineage: Lineage::Proven,
            columns: vec![
                column(
                    Text::new("Køn", "Sex"),
                    ColumnKind::Group(LabelSource::Declared),
                ),
                column(Text::new("Middel", "Mean"), ColumnKind::Mean),
                column(Text::new("Forhold", "Ratio"), ColumnKind::Derived),
            ],
            rows: vec![Row {
                cells: vec![
                    cell(Value::Text("=1+1;".into())),
                    cell(Value::Number(2.5)),
                    cell(Value::Integer(9)),
                ],
            }],
            persons: None,
        };
        let headings = ["Køn", "Middel", "Forhold"].map(str::to_owned);
        let danish = release_csv(&table, &headings, "I alt", Language::Da);
        assert_eq!(danish, "Køn;Middel\r\n\"'=1+1;\";2,5\r\n");
        let english = release_csv(&table, &headings, "Total", Language::En);
        assert_eq!(english, "Køn,Middel\r\n'=1+1;,2.5\r\n");
    }
}
