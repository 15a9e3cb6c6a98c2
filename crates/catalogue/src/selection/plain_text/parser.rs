//! Reads the text form.

use base::limits::{BODY_BYTES_MAX, CRITERIA_DEPTH_MAX};

use super::TextError;
use super::lexer::{Kind, Line, lines};
use super::phrases::{
    age, coarsening, event, moment, period, residence, sample_size, seed, washout, window,
};
use super::words::Words;
use crate::register::Coarsening;
use crate::selection::{
    AliveCriterion, Controls, Criterion, FORMAT, IndexDate, Kinship, MatchOn, Period, Sample,
    SelectedTable, SelectedVariable, Selection, Sex, everyone,
};

/// Deepest nesting that is read at all. Deeper than a checked selection may be, so that the check
/// can name the criterion that lies too deep.
const DEPTH_MAX: usize = 4 * CRITERIA_DEPTH_MAX;

pub(super) fn selection(text: &str) -> Result<Selection, TextError> {
    if text.len() > BODY_BYTES_MAX {
        return Err(TextError {
            line: 1,
            column: 1,
            expected: format!("at most {BODY_BYTES_MAX} bytes of text"),
            found: format!("{} bytes", text.len()),
        });
    }
    let lines = lines(text)?;
    let mut parser = Parser {
        lines: &lines,
        next: 0,
        last_line: text.lines().count().max(1),
    };
    parser.format()?;
    let population = parser.population()?;
    let index = parser.index()?;
    let sample = parser.sample()?;
    let controls = parser.controls()?;
    let relatives = parser.relatives()?;
    let period = parser.whole_period()?;
    let mut tables = Vec::new();
    while parser.next < lines.len() {
        tables.push(parser.table()?);
    }
    Ok(Selection {
        format: FORMAT.to_owned(),
        population,
        index,
        sample,
        controls,
        relatives,
        period,
        tables,
    })
}

struct Parser<'a> {
    lines: &'a [Line],
    next: usize,
    last_line: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Line> {
        self.lines.get(self.next)
    }

    /// Whether the next line begins with this word, at the left edge.
    fn begins(&self, word: &str) -> bool {
        self.peek().is_some_and(|line| {
            matches!(line.tokens.first().map(|token| &token.kind), Some(Kind::Word(found)) if found == word)
        })
    }

    /// The next line, which must stand at this indent.
    fn line(&mut self, indent: usize, expected: &str) -> Result<Words<'a>, TextError> {
        let Some(line) = self.peek() else {
            return Err(TextError {
                line: self.last_line,
                column: 1,
                expected: expected.to_owned(),
                found: "the end of the text".to_owned(),
            });
        };
        if line.indent != indent {
            return Err(TextError {
                line: line.number,
                column: line.indent + 1,
                expected: format!("{expected} after {indent} spaces"),
                found: format!("{} spaces", line.indent),
            });
        }
        self.next += 1;
        Ok(Words::new(line))
    }

    fn format(&mut self) -> Result<(), TextError> {
        if !self.begins("sund-selection") {
            return Ok(());
        }
        let mut words = self.line(0, "the format")?;
        words.keyword("sund-selection")?;
        words.sign('/')?;
        words.keyword("1")?;
        words.end()
    }

    fn population(&mut self) -> Result<Criterion, TextError> {
        let mut words = self.line(0, "`population`")?;
        words.keyword("population")?;
        words.end()?;
        let indent = self.below(0, "a criterion")?;
        self.criterion(indent, 1)
    }

    /// The indent of the part below a line at `parent`.
    fn below(&self, parent: usize, expected: &str) -> Result<usize, TextError> {
        match self.peek() {
            Some(line) if line.indent > parent => Ok(line.indent),
            Some(line) => Err(TextError {
                line: line.number,
                column: line.indent + 1,
                expected: format!("{expected} after more than {parent} spaces"),
                found: format!("{} spaces", line.indent),
            }),
            None => Err(TextError {
                line: self.last_line,
                column: 1,
                expected: expected.to_owned(),
                found: "the end of the text".to_owned(),
            }),
        }
    }

    fn criterion(&mut self, indent: usize, depth: usize) -> Result<Criterion, TextError> {
        let mut words = self.line(indent, "a criterion")?;
        if depth > DEPTH_MAX {
            return Err(words.wrong(&format!("at most {DEPTH_MAX} levels")));
        }
        let expected = "`all`, `any`, `not`, `everyone`, `event`, `age`, `sex`, `residence`, \
                        `alive` or `washout`";
        let criterion = match words.word(expected)?.as_str() {
            "everyone" => Criterion::All(Vec::new()),
            "all" => Criterion::All(self.parts(indent, depth)?),
            "any" => Criterion::Any(self.parts(indent, depth)?),
            "not" => {
                let below = self.below(indent, "a criterion")?;
                Criterion::Not(Box::new(self.criterion(below, depth + 1)?))
            }
            "event" => Criterion::Event(event(&mut words)?),
            "age" => Criterion::Age(age(&mut words)?),
            "sex" => Criterion::Sex(match words.word("`male` or `female`")?.as_str() {
                "male" => Sex::Male,
                "female" => Sex::Female,
                _ => return Err(words.back("`male` or `female`")),
            }),
            "residence" => Criterion::Residence(residence(&mut words)?),
            "alive" => Criterion::Alive(AliveCriterion {
                at: moment(&mut words)?,
            }),
            "washout" => Criterion::Washout(washout(&mut words)?),
            _ => return Err(words.back(expected)),
        };
        words.end()?;
        Ok(criterion)
    }

    fn parts(&mut self, parent: usize, depth: usize) -> Result<Vec<Criterion>, TextError> {
        let mut parts = Vec::new();
        let Some(indent) = self
            .peek()
            .map(|line| line.indent)
            .filter(|indent| *indent > parent)
        else {
            return Ok(parts);
        };
        while self.peek().is_some_and(|line| line.indent > parent) {
            parts.push(self.criterion(indent, depth + 1)?);
        }
        Ok(parts)
    }

    fn index(&mut self) -> Result<Option<IndexDate>, TextError> {
        if !self.begins("index") {
            return Ok(None);
        }
        let mut words = self.line(0, "`index`")?;
        words.keyword("index")?;
        words.keyword("first")?;
        words.keyword("event")?;
        let found = event(&mut words)?;
        words.end()?;
        Ok(Some(IndexDate::FirstEvent(found)))
    }

    fn sample(&mut self) -> Result<Option<Sample>, TextError> {
        if !self.begins("sample") {
            return Ok(None);
        }
        let mut words = self.line(0, "`sample`")?;
        words.keyword("sample")?;
        let size = sample_size(&mut words)?;
        let seed = seed(&mut words)?;
        words.end_or("`seed` or the end of the line")?;
        Ok(Some(Sample { size, seed }))
    }

    fn controls(&mut self) -> Result<Option<Controls>, TextError> {
        if !self.begins("controls") {
            return Ok(None);
        }
        let mut words = self.line(0, "`controls`")?;
        words.keyword("controls")?;
        let per_case = words.whole("a number of controls")?;
        words.keyword("per")?;
        words.keyword("case")?;
        let matched_on = if words.take("matched") {
            words.keyword("on")?;
            words.choices("`sex`, `birth_year`, `residence` or `alive`", |word| {
                MatchOn::ALL.into_iter().find(|on| on.name() == word)
            })?
        } else {
            Vec::new()
        };
        let reused = words.take("reused");
        let seed = seed(&mut words)?;
        words.end_or("`matched`, `reused`, `seed` or the end of the line")?;
        let among = match self.peek().filter(|line| line.indent > 0) {
            Some(line) => self.criterion(line.indent, 1)?,
            None => everyone(),
        };
        Ok(Some(Controls {
            per_case,
            matched_on,
            among,
            reused,
            seed,
        }))
    }

    fn relatives(&mut self) -> Result<Vec<Kinship>, TextError> {
        if !self.begins("relatives") {
            return Ok(Vec::new());
        }
        let mut words = self.line(0, "`relatives`")?;
        words.keyword("relatives")?;
        let found = words.choices("`parents`, `siblings` or `children`", |word| {
            Kinship::ALL.into_iter().find(|kin| kin.name() == word)
        })?;
        words.end()?;
        Ok(found)
    }

    fn whole_period(&mut self) -> Result<Period, TextError> {
        let mut words = self.line(0, "`period`")?;
        words.keyword("period")?;
        let found = period(&mut words)?;
        words.end()?;
        Ok(found)
    }

    fn table(&mut self) -> Result<SelectedTable, TextError> {
        let mut words = self.line(0, "`table`")?;
        words.keyword("table")?;
        let (register, table) = words.pair()?;
        words.keyword("from")?;
        let period = period(&mut words)?;
        let window = window(&mut words)?;
        words.end_or("`within` or the end of the line")?;
        let mut variables = Vec::new();
        if let Some(indent) = self
            .peek()
            .map(|line| line.indent)
            .filter(|indent| *indent > 0)
        {
            while self.peek().is_some_and(|line| line.indent > 0) {
                variables.push(self.variable(indent)?);
            }
        }
        Ok(SelectedTable {
            register,
            table,
            period,
            window,
            variables,
        })
    }

    fn variable(&mut self, indent: usize) -> Result<SelectedVariable, TextError> {
        let mut words = self.line(indent, "`variable`")?;
        words.keyword("variable")?;
        let name = words.name("the name of a variable")?;
        let coarsening = if words.take("as") {
            coarsening(&mut words)?
        } else {
            Coarsening::None
        };
        let reason = if words.take("because") {
            words.quoted("a reason in double quotes")?
        } else {
            String::new()
        };
        words.end_or("`as`, `because` or the end of the line")?;
        Ok(SelectedVariable {
            name,
            coarsening,
            reason,
        })
    }
}
