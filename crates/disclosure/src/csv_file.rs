//! The file of a released table.

use catalogue::Language;

use crate::table::{Column, ColumnKind, ProtectedTable, Value};

/// The table as CSV with headings from the catalogue: `;` and decimal comma in Danish, `,` and point
/// in English. Columns that are shown only are left out. Labels cannot become formulas.
pub fn release_csv(table: &ProtectedTable, language: Language) -> String {
    let separator = match language {
        Language::Da => ';',
        Language::En => ',',
    };
    let released = |column: &Column| {
        !matches!(column.kind, ColumnKind::Derived | ColumnKind::WithoutEvidence)
    };
    let mut file = String::new();
    let headings = table.columns.iter().filter(|column| released(column));
    push_line(&mut file, separator, headings.map(|c| c.heading.in_language(language).to_owned()));
    for row in &table.rows {
        let cells = row.cells.iter().zip(&table.columns).filter(|(_, column)| released(column));
        push_line(&mut file, separator, cells.map(|(cell, _)| text(&cell.value, language)));
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

fn text(value: &Value, language: Language) -> String {
    match value {
        Value::Missing => String::new(),
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
        Column { name: "alias".into(), heading, kind }
    }

    #[test]
    fn writes_catalogue_headings_and_leaves_out_what_is_only_shown() {
        let cell = |value| Cell { value, evidence: None };
        let table = ProtectedTable {
            lineage: Lineage::Proven,
            columns: vec![
                column(Text::new("Køn", "Sex"), ColumnKind::Group(LabelSource::Declared)),
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
        assert_eq!(release_csv(&table, Language::Da), "Køn;Middel\r\n\"'=1+1;\";2,5\r\n");
        assert_eq!(release_csv(&table, Language::En), "Sex,Mean\r\n'=1+1;,2.5\r\n");
    }
}
