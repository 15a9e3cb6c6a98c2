//! Writes the text form.

use std::fmt::Write as _;

use super::lexer::is_word_char;
use crate::register::Coarsening;
use crate::selection::{
    AgeCriterion, Criterion, EventCriterion, IndexDate, Moment, Period, ResidenceCriterion,
    RowCondition, SampleSize, SelectedTable, Selection, Sex, Span, WashoutCriterion, Window,
    is_everyone,
};

/// The word that means every municipality.
pub(super) const ANYWHERE: &str = "Denmark";

pub(super) fn selection(selection: &Selection) -> String {
    let mut out = Printer(String::new());
    out.line(0, &selection.format);
    out.line(0, "population");
    out.criterion(1, &selection.population);
    if let Some(IndexDate::FirstEvent(found)) = &selection.index {
        out.line(0, &format!("index first {}", event(found)));
    }
    out.persons(selection);
    out.line(0, &format!("period {}", period(selection.period)));
    for selected in &selection.tables {
        out.table(selected);
    }
    out.0
}

pub(super) fn criterion(criterion: &Criterion) -> String {
    let mut out = Printer(String::new());
    out.criterion(0, criterion);
    out.0
}

struct Printer(String);

impl Printer {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.0.push_str("  ");
        }
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn criterion(&mut self, depth: usize, criterion: &Criterion) {
        match criterion {
            Criterion::All(parts) if parts.is_empty() => self.line(depth, "everyone"),
            Criterion::All(parts) => self.parts(depth, "all", parts),
            Criterion::Any(parts) => self.parts(depth, "any", parts),
            Criterion::Not(part) => {
                self.line(depth, "not");
                self.criterion(depth + 1, part);
            }
            Criterion::Event(found) => self.line(depth, &event(found)),
            Criterion::Age(found) => self.line(depth, &age(found)),
            Criterion::Sex(Sex::Male) => self.line(depth, "sex male"),
            Criterion::Sex(Sex::Female) => self.line(depth, "sex female"),
            Criterion::Residence(found) => self.line(depth, &residence(found)),
            Criterion::Alive(found) => self.line(depth, &format!("alive at {}", moment(found.at))),
            Criterion::Washout(found) => self.line(depth, &washout(found)),
        }
    }

    fn parts(&mut self, depth: usize, word: &str, parts: &[Criterion]) {
        self.line(depth, word);
        for part in parts {
            self.criterion(depth + 1, part);
        }
    }

    /// Who is taken of the population, and who stands beside it.
    fn persons(&mut self, selection: &Selection) {
        if let Some(sample) = selection.sample {
            let size = match sample.size {
                SampleSize::Persons(n) => format!("{n} persons"),
                SampleSize::Permille(n) => format!("{n} permille"),
            };
            self.line(0, &format!("sample {size}{}", seed(sample.seed)));
        }
        if let Some(controls) = &selection.controls {
            let mut line = format!("controls {} per case", controls.per_case);
            if !controls.matched_on.is_empty() {
                let names: Vec<&str> = controls.matched_on.iter().map(|on| on.name()).collect();
                add(&mut line, format_args!(" matched on {}", names.join(", ")));
            }
            if controls.reused {
                line.push_str(" reused");
            }
            line.push_str(&seed(controls.seed));
            self.line(0, &line);
            if !is_everyone(&controls.among) {
                self.criterion(1, &controls.among);
            }
        }
        if !selection.relatives.is_empty() {
            let names: Vec<&str> = selection.relatives.iter().map(|kin| kin.name()).collect();
            self.line(0, &format!("relatives {}", names.join(", ")));
        }
    }

    fn table(&mut self, selected: &SelectedTable) {
        self.line(
            0,
            &format!(
                "table {}.{} from {}{}",
                name(&selected.register),
                name(&selected.table),
                period(selected.period),
                within(selected.window),
            ),
        );
        for variable in &selected.variables {
            let mut line = format!("variable {}", name(&variable.name));
            match variable.coarsening {
                Coarsening::None => {}
                Coarsening::Month => line.push_str(" as month"),
                Coarsening::Year => line.push_str(" as year"),
                Coarsening::Region => line.push_str(" as region"),
                Coarsening::Band(width) => add(&mut line, format_args!(" as band {width}")),
                Coarsening::Prefix(length) => add(&mut line, format_args!(" as prefix {length}")),
            }
            if !variable.reason.is_empty() {
                add(
                    &mut line,
                    format_args!(" because {}", quoted(&variable.reason)),
                );
            }
            self.line(1, &line);
        }
    }
}

fn add(line: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = line.write_fmt(text);
}

fn event(event: &EventCriterion) -> String {
    let mut line = format!(
        "event {}",
        rows(&event.register, &event.table, &event.conditions)
    );
    if let Some(found) = event.period {
        add(&mut line, format_args!(" from {}", period(found)));
    }
    line.push_str(&within(event.window));
    if event.count_min != 1 {
        add(
            &mut line,
            format_args!(" at least {} times", event.count_min),
        );
    }
    if let Some(most) = event.count_max {
        add(&mut line, format_args!(" at most {most} times"));
    }
    line
}

fn washout(washout: &WashoutCriterion) -> String {
    let rows = rows(&washout.register, &washout.table, &washout.conditions);
    format!("washout {} without {rows}", span(washout.clear))
}

fn rows(register: &str, table: &str, conditions: &[RowCondition]) -> String {
    let mut line = format!("{}.{}", name(register), name(table));
    for (at, found) in conditions.iter().enumerate() {
        line.push_str(if at == 0 { " where " } else { " and " });
        line.push_str(&condition(found));
    }
    line
}

fn within(window: Option<Window>) -> String {
    let end = |end: Option<Span>| end.map_or_else(|| "any".to_owned(), span);
    match window {
        None => String::new(),
        Some(window) => format!(
            " within {} to {} of index",
            end(window.from),
            end(window.to)
        ),
    }
}

fn span(span: Span) -> String {
    let unit = match span {
        Span::Days(_) => "days",
        Span::Months(_) => "months",
        Span::Years(_) => "years",
    };
    format!("{} {unit}", span.count())
}

fn seed(seed: u32) -> String {
    match seed {
        0 => String::new(),
        seed => format!(" seed {seed}"),
    }
}

fn condition(condition: &RowCondition) -> String {
    match condition {
        RowCondition::Codes { variable, codes } => {
            format!("{} in {}", name(variable), list(codes))
        }
        RowCondition::Date { variable, from, to } => {
            let variable = name(variable);
            match (from, to) {
                (None, None) => format!("{variable} dated"),
                (Some(from), None) => format!("{variable} since {from}"),
                (None, Some(to)) => format!("{variable} until {to}"),
                (Some(from), Some(to)) => format!("{variable} from {from} to {to}"),
            }
        }
        RowCondition::Number {
            variable,
            min_thousandths,
            max_thousandths,
        } => {
            let variable = name(variable);
            match (min_thousandths.map(number), max_thousandths.map(number)) {
                (None, None) => format!("{variable} stated"),
                (Some(low), None) => format!("{variable} at least {low}"),
                (None, Some(high)) => format!("{variable} at most {high}"),
                (Some(low), Some(high)) => format!("{variable} between {low} and {high}"),
            }
        }
    }
}

fn age(age: &AgeCriterion) -> String {
    let range = match (age.min, age.max) {
        (None, None) => "any".to_owned(),
        (Some(low), None) => format!("from {low}"),
        (None, Some(high)) => format!("to {high}"),
        (Some(low), Some(high)) => format!("from {low} to {high}"),
    };
    format!("age {range} at {}", moment(age.at))
}

fn residence(residence: &ResidenceCriterion) -> String {
    let place = if residence.municipalities.is_empty() {
        ANYWHERE.to_owned()
    } else {
        list(&residence.municipalities)
    };
    format!("residence in {place} at {}", moment(residence.at))
}

fn moment(at: Moment) -> String {
    match at {
        Moment::On(date) => date.to_string(),
        Moment::Index => "index".to_owned(),
        Moment::FromIndex(length) => format!("{} from index", span(length)),
    }
}

fn period(period: Period) -> String {
    format!("{} to {}", period.from, period.to)
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        return "[]".to_owned();
    }
    let names: Vec<String> = items.iter().map(|item| name(item)).collect();
    names.join(", ")
}

/// Thousandths as a decimal number without needless zeros.
fn number(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let whole = thousandths.unsigned_abs() / 1000;
    let rest = format!("{:03}", thousandths.unsigned_abs() % 1000);
    match rest.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

fn name(text: &str) -> String {
    if !text.is_empty() && text != ANYWHERE && text.chars().all(is_word_char) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => add(&mut out, format_args!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
