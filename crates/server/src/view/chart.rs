//! Charts of results: small server-made drawings in which a held value is hatched, never guessed.

use std::fmt::Write as _;

use app::catalogue::Language;
use app::disclosure::{CellVerdict, Column, ColumnKind, Value as CellValue};
use app::outputs::OutputView;
use serde_json::{Value, json};

/// Bars that a chart shows at most; a longer table is read as a table.
const BARS_MAX: usize = 20;
const ROW_HEIGHT: f64 = 26.0;
const LABEL_CHARS_MAX: usize = 24;

/// A bar: what it is about, and its value; none if it is held.
struct Bar {
    label: String,
    value: Option<f64>,
    held: bool,
}

/// The chart of a table with one series per number column's first; null where a table says more.
pub(crate) fn chart(
    title: &str,
    language: Language,
    output: &OutputView,
    heading_of: impl Fn(&Column) -> String,
) -> Value {
    let Some((column, bars)) = bars_of(output) else {
        return Value::Null;
    };
    let heading = heading_of(column);
    let max = bars.iter().filter_map(|bar| bar.value).fold(0.0, f64::max);
    if max <= 0.0 || bars.len() < 2 {
        return Value::Null;
    }
    let held = bars.iter().filter(|bar| bar.held).count();
    let largest = bars
        .iter()
        .filter(|bar| bar.value.is_some())
        .max_by(|a, b| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0)));
    let largest = largest.map(|bar| bar.label.clone()).unwrap_or_default();
    let sentence = sentence(language, (&heading, &largest), held);
    let about = About {
        title,
        sentence: &sentence,
        held_word: if matches!(language, Language::Da) {
            "holdt"
        } else {
            "held"
        },
    };
    json!({
        "sentence": sentence,
        "svg": draw(&about, &bars, (640.0, max)),
        "svg_phone": draw(&about, &bars, (335.0, max)),
    })
}

fn sentence(language: Language, (heading, largest): (&str, &str), held: usize) -> String {
    let mut text = match language {
        Language::Da => format!("{heading}: {largest} er højest."),
        Language::En => format!("{heading}: {largest} is highest."),
    };
    if held > 0 {
        let more = match language {
            Language::Da => format!(" {held} holdes tilbage og vises uden værdi."),
            Language::En => format!(" {held} held back and shown without a value."),
        };
        text.push_str(&more);
    }
    text
}

fn bars_of(output: &OutputView) -> Option<(&Column, Vec<Bar>)> {
    let columns = &output.table.columns;
    let is_group = |at: usize| {
        columns
            .get(at)
            .is_some_and(|column| matches!(column.kind, ColumnKind::Group(_)))
    };
    let shown = (0..columns.len()).find(|at| !is_group(*at))?;
    if !is_group(0) {
        return None;
    }
    let column = columns.get(shown)?;
    let mut bars = Vec::new();
    for (at, row) in output.table.rows.iter().enumerate() {
        let groups = row.cells.iter().take(shown);
        let words: Option<Vec<String>> = groups.map(|cell| word(&cell.value)).collect();
        // A total would dwarf its parts.
        let Some(words) = words else { continue };
        let verdict = output.verdict.cells.get(at).and_then(|row| row.get(shown));
        let held = verdict == Some(&CellVerdict::Held);
        let cell = row.cells.get(shown)?;
        let value = number(&cell.value).filter(|_| !held);
        bars.push(Bar {
            label: words.join(", "),
            value,
            held: held || value.is_none(),
        });
    }
    (bars.len() <= BARS_MAX).then_some((column, bars))
}

fn word(value: &CellValue) -> Option<String> {
    match value {
        CellValue::Text(text) => Some(text.clone()),
        CellValue::Integer(number) => Some(number.to_string()),
        CellValue::Number(number) => Some(number.to_string()),
        CellValue::Missing => Some("–".to_owned()),
        CellValue::Total => None,
    }
}

fn number(value: &CellValue) -> Option<f64> {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a bar is a few hundred pixels long"
        )]
        CellValue::Integer(number) => Some(*number as f64),
        CellValue::Number(number) => Some(*number),
        CellValue::Missing | CellValue::Total | CellValue::Text(_) => None,
    }
}

/// Words of a drawing.
struct About<'a> {
    title: &'a str,
    sentence: &'a str,
    held_word: &'a str,
}

fn draw(about: &About<'_>, bars: &[Bar], (width, max): (f64, f64)) -> String {
    let label_width = if width > 400.0 { 180.0 } else { 110.0 };
    let plot = width - label_width - 60.0;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a chart has at most twenty bars"
    )]
    let height = bars.len() as f64 * ROW_HEIGHT + 8.0;
    let id = format!("c{width:.0}");
    let mut svg = String::new();
    // INVARIANT: writing to a string cannot fail.
    let _ = write!(
        svg,
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
role=\"img\" aria-labelledby=\"{id}t {id}d\"><title id=\"{id}t\">{}</title>\
<desc id=\"{id}d\">{}</desc><defs><pattern id=\"{id}h\" width=\"8\" height=\"8\" \
patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" \
fill=\"#FCF1E8\"/><rect width=\"4\" height=\"8\" fill=\"#F9E3D3\"/></pattern></defs>",
        escape(about.title),
        escape(about.sentence)
    );
    let mut top = 4.0;
    for bar in bars {
        draw_bar(
            &mut svg,
            bar,
            &Place {
                top,
                label_width,
                plot,
                max,
                id: &id,
            },
            about.held_word,
        );
        top += ROW_HEIGHT;
    }
    let _ = write!(
        svg,
        "<line x1=\"{label_width:.0}\" x2=\"{label_width:.0}\" y1=\"0\" y2=\"{height:.0}\" \
stroke=\"#7C8992\"/></svg>"
    );
    svg
}

/// Where a bar is drawn.
struct Place<'a> {
    top: f64,
    label_width: f64,
    plot: f64,
    max: f64,
    id: &'a str,
}

fn draw_bar(svg: &mut String, bar: &Bar, place: &Place<'_>, held_word: &str) {
    let (left, middle) = (place.label_width, place.top + 16.0);
    let label: String = bar.label.chars().take(LABEL_CHARS_MAX).collect();
    // INVARIANT: writing to a string cannot fail.
    let _ = write!(
        svg,
        "<text x=\"{:.0}\" y=\"{middle:.0}\" font-size=\"13\" fill=\"#17212B\" \
text-anchor=\"end\">{}</text>",
        left - 8.0,
        escape(&label)
    );
    let top = place.top + 3.0;
    let Some(value) = bar.value else {
        // A fixed width, so that the mark hints at no value.
        let _ = write!(
            svg,
            "<rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"56\" height=\"18\" \
fill=\"url(#{}h)\"/><text x=\"{:.0}\" y=\"{middle:.0}\" font-size=\"13\" \
fill=\"#9A420B\">{}</text>",
            place.id,
            left + 6.0,
            escape(held_word)
        );
        return;
    };
    let length = (value / place.max * place.plot).max(1.0);
    let shown = if value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    let _ = write!(
        svg,
        "<rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"{length:.1}\" height=\"18\" \
fill=\"#00627A\"/><text x=\"{:.1}\" y=\"{middle:.0}\" font-size=\"13\" \
fill=\"#4A5761\">{shown}</text>",
        left + length + 6.0
    );
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_value_is_hatched_at_a_fixed_width_and_words_are_escaped() {
        let about = About {
            title: "<b>",
            sentence: "s",
            held_word: "holdt",
        };
        let bars = [
            Bar {
                label: "a<script>".to_owned(),
                value: Some(4.0),
                held: false,
            },
            Bar {
                label: "b".to_owned(),
                value: None,
                held: true,
            },
        ];
        let svg = draw(&about, &bars, (640.0, 4.0));
        assert!(svg.contains("role=\"img\"") && svg.contains("&lt;b&gt;"));
        assert!(svg.contains("a&lt;script&gt;") && !svg.contains("<script>"));
        assert!(svg.contains("width=\"56\"") && svg.contains("holdt"));
    }
}
