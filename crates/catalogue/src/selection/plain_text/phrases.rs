//! Reads what stands on one line: an event, a moment, a window.

use base::Date;

use super::TextError;
use super::words::Words;
use crate::register::Coarsening;
use crate::selection::{
    AgeCriterion, EventCriterion, Moment, Period, ResidenceCriterion, RowCondition, SampleSize,
    Span, WashoutCriterion, Window,
};

pub(super) fn coarsening(words: &mut Words<'_>) -> Result<Coarsening, TextError> {
    let expected = "`month`, `year`, `region`, `band` or `prefix`";
    Ok(match words.word(expected)?.as_str() {
        "month" => Coarsening::Month,
        "year" => Coarsening::Year,
        "region" => Coarsening::Region,
        "band" => Coarsening::Band(words.positive("the width of a band")?),
        "prefix" => Coarsening::Prefix(words.positive("a number of characters")?),
        _ => return Err(words.back(expected)),
    })
}

fn rows(words: &mut Words<'_>) -> Result<EventCriterion, TextError> {
    let (register, table) = words.pair()?;
    let mut conditions = Vec::new();
    if words.take("where") {
        conditions.push(condition(words)?);
        while words.take("and") {
            conditions.push(condition(words)?);
        }
    }
    Ok(EventCriterion::new(&register, &table, conditions))
}

pub(super) fn event(words: &mut Words<'_>) -> Result<EventCriterion, TextError> {
    let mut found = rows(words)?;
    if words.take("from") {
        found.period = Some(period(words)?);
    }
    found.window = window(words)?;
    let mut at = words.take("at");
    if at && words.take("least") {
        found.count_min = times(words)?;
        at = words.take("at");
    }
    if at {
        let expected = if found.count_min == 1 {
            "`least` or `most`"
        } else {
            "`most`"
        };
        if !words.take("most") {
            return Err(words.wrong(expected));
        }
        found.count_max = Some(times(words)?);
    }
    words
        .end_or("`where`, `and`, `from`, `within`, `at least`, `at most` or the end of the line")?;
    Ok(found)
}

fn times(words: &mut Words<'_>) -> Result<u32, TextError> {
    let count = words.whole("a number of times")?;
    words.keyword("times")?;
    Ok(count)
}

pub(super) fn washout(words: &mut Words<'_>) -> Result<WashoutCriterion, TextError> {
    let clear = span(words)?;
    words.keyword("without")?;
    let found = rows(words)?;
    words.end_or("`where`, `and` or the end of the line")?;
    Ok(WashoutCriterion {
        register: found.register,
        table: found.table,
        conditions: found.conditions,
        clear,
    })
}

/// A condition on one variable.
fn condition(words: &mut Words<'_>) -> Result<RowCondition, TextError> {
    let variable = words.name("the name of a variable")?;
    let day = "a date as 2024-12-31";
    let (from, to) = if words.take("dated") {
        (None, None)
    } else if words.take("since") {
        (Some(date(words, day)?), None)
    } else if words.take("until") {
        (None, Some(date(words, day)?))
    } else if words.take("from") {
        let found = period(words)?;
        (Some(found.from), Some(found.to))
    } else {
        return words.value_condition(variable);
    };
    Ok(RowCondition::Date { variable, from, to })
}

pub(super) fn sample_size(words: &mut Words<'_>) -> Result<SampleSize, TextError> {
    let count = words.whole::<u64>("a number of persons")?;
    if words.take("persons") {
        return Ok(SampleSize::Persons(count));
    }
    words.keyword("permille")?;
    let permille = u16::try_from(count).map_err(|_| words.wrong("at most 1000 permille"))?;
    Ok(SampleSize::Permille(permille))
}

pub(super) fn seed(words: &mut Words<'_>) -> Result<u32, TextError> {
    if words.take("seed") {
        words.whole("a whole number")
    } else {
        Ok(0)
    }
}

pub(super) fn age(words: &mut Words<'_>) -> Result<AgeCriterion, TextError> {
    let (mut min, mut max) = (None, None);
    if !words.take("any") {
        if words.take("from") {
            min = Some(words.whole("an age in whole years")?);
        }
        if words.take("to") {
            max = Some(words.whole("an age in whole years")?);
        }
        if min.is_none() && max.is_none() {
            return Err(words.wrong("`from`, `to` or `any`"));
        }
    }
    Ok(AgeCriterion {
        at: moment(words)?,
        min,
        max,
    })
}

pub(super) fn residence(words: &mut Words<'_>) -> Result<ResidenceCriterion, TextError> {
    words.keyword("in")?;
    let municipalities = if words.take(super::printer::ANYWHERE) {
        Vec::new()
    } else {
        words.list("a municipality code or `Denmark`")?
    };
    Ok(ResidenceCriterion {
        at: moment(words)?,
        municipalities,
    })
}

pub(super) fn moment(words: &mut Words<'_>) -> Result<Moment, TextError> {
    words.keyword("at")?;
    if words.take("index") {
        return Ok(Moment::Index);
    }
    let expected = "`index`, a date as 2024-12-31, or a time from index as 5 years";
    let text = words.word(expected)?;
    // Digits alone can be a date too; what follows tells.
    if let Ok(count) = text.parse()
        && let Some(length) = find_unit(words, count)
    {
        words.keyword("from")?;
        words.keyword("index")?;
        return Ok(Moment::FromIndex(length));
    }
    text.parse()
        .map(Moment::On)
        .map_err(|_| words.back(expected))
}

pub(super) fn window(words: &mut Words<'_>) -> Result<Option<Window>, TextError> {
    if !words.take("within") {
        return Ok(None);
    }
    let end = |words: &mut Words<'_>| {
        if words.take("any") {
            Ok(None)
        } else {
            span(words).map(Some)
        }
    };
    let from = end(words)?;
    words.keyword("to")?;
    let to = end(words)?;
    words.keyword("of")?;
    words.keyword("index")?;
    Ok(Some(Window { from, to }))
}

fn span(words: &mut Words<'_>) -> Result<Span, TextError> {
    let count = words.whole("a length of time as 90 days or -5 years")?;
    unit(words, count)
}

fn unit(words: &mut Words<'_>, count: i32) -> Result<Span, TextError> {
    find_unit(words, count).ok_or_else(|| words.wrong("`days`, `months` or `years`"))
}

fn find_unit(words: &mut Words<'_>, count: i32) -> Option<Span> {
    if words.take("days") || words.take("day") {
        Some(Span::Days(count))
    } else if words.take("months") || words.take("month") {
        Some(Span::Months(count))
    } else if words.take("years") || words.take("year") {
        Some(Span::Years(count))
    } else {
        None
    }
}

pub(super) fn period(words: &mut Words<'_>) -> Result<Period, TextError> {
    let from = date(words, "a date as 2024-12-31")?;
    words.keyword("to")?;
    let to = date(words, "a date as 2024-12-31")?;
    Ok(Period { from, to })
}

fn date(words: &mut Words<'_>, expected: &str) -> Result<Date, TextError> {
    let text = words.word(expected)?;
    text.parse().map_err(|_| words.back(expected))
}
