//! Periods, moments and lengths of time, on the calendar or around a person's index date.

use base::Date;
use serde::{Deserialize, Serialize};

/// Calendar dates, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First date.
    pub from: Date,
    /// Last date.
    pub to: Date,
}

/// A length of time; a negative one goes backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Span {
    /// Days.
    Days(i32),
    /// Months of the calendar. A day that the month lacks becomes its last.
    Months(i32),
    /// Years of the calendar. 29 February becomes 28 February where the year lacks it.
    Years(i32),
}

/// Dates around a person's index date, both ends included; an end that is not stated is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First date, counted from the index date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Span>,
    /// Last date, counted from the index date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Span>,
}

/// A date on the calendar, or one found from the person's index date. A person without an index date
/// meets no condition that asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Moment {
    /// A calendar date.
    On(Date),
    /// The index date.
    Index,
    /// So long after the index date, or before it.
    FromIndex(Span),
}

impl Period {
    /// Whether a date lies in the period.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }

    /// Whether another period lies in this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

impl Span {
    /// The date that lies so long after another. The calendar's ends stop it.
    #[must_use]
    pub fn after(self, date: Date) -> Date {
        let length = jiff::Span::new();
        let length = match self {
            Self::Days(n) => length.try_days(n),
            Self::Months(n) => length.try_months(n),
            Self::Years(n) => length.try_years(n),
        };
        match length {
            Ok(length) => date.saturating_add(length),
            // What is longer than a span can be ends beyond the calendar too.
            Err(_) if self.count() < 0 => Date::MIN,
            Err(_) => Date::MAX,
        }
    }

    /// The same length in the other direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Days(n) => Self::Days(n.saturating_neg()),
            Self::Months(n) => Self::Months(n.saturating_neg()),
            Self::Years(n) => Self::Years(n.saturating_neg()),
        }
    }

    /// How many days, months or years.
    pub const fn count(self) -> i32 {
        match self {
            Self::Days(n) | Self::Months(n) | Self::Years(n) => n,
        }
    }

    /// An upper bound of its length in days.
    pub fn days_max(self) -> i64 {
        let n = i64::from(self.count());
        match self {
            Self::Days(_) => n.abs(),
            Self::Months(_) => n.abs() * 31,
            Self::Years(_) => n.abs() * 366,
        }
    }
}

impl Window {
    /// The window around an index date.
    #[must_use]
    pub fn around(&self, index: Date) -> Period {
        Period {
            from: self.from.map_or(Date::MIN, |span| span.after(index)),
            to: self.to.map_or(Date::MAX, |span| span.after(index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn months_and_years_keep_to_the_calendar() {
        for (from, span, to) in [
            ("2020-01-31", Span::Months(1), "2020-02-29"),
            ("2020-03-31", Span::Months(-1), "2020-02-29"),
            ("2020-02-29", Span::Years(1), "2021-02-28"),
            ("2020-02-29", Span::Years(-4), "2016-02-29"),
            ("2019-12-31", Span::Days(60), "2020-02-29"),
        ] {
            assert_eq!(span.after(date(from)), date(to), "{from} {span:?}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_stop_a_span() {
        assert_eq!(Span::Years(i32::MAX).after(date("2020-01-01")), Date::MAX);
        assert_eq!(Span::Days(i32::MIN).after(date("2020-01-01")), Date::MIN);
        assert_eq!(Span::Months(i32::MIN).reversed(), Span::Months(i32::MAX));
    }

    #[test]
    fn an_open_end_of_a_window_takes_every_date() {
        let window = Window {
            from: Some(Span::Days(-2)),
            to: None,
        };
        let around = window.around(date("2020-03-01"));
        assert_eq!(around.from, date("2020-02-28"));
        assert_eq!(around.to, Date::MAX);
    }
}
