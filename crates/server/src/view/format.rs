//! Numbers, money, dates and times in Danish and English.

use app::catalogue::Language;
use base::{Date, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// Holds a number and its unit together.
const NO_BREAK: char = '\u{a0}';
const MINUS: char = '\u{2212}';

const MONTHS_DA: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS_DA: [&str; 7] = [
    "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag",
];
const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Formats of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format(pub(super) Language);

impl Format {
    const fn is_danish(self) -> bool {
        matches!(self.0, Language::Da)
    }

    fn month_name(self, month: i8) -> &'static str {
        let names = if self.is_danish() {
            MONTHS_DA
        } else {
            MONTHS_EN
        };
        usize::try_from(month - 1)
            .ok()
            .and_then(|at| names.get(at).copied())
            .unwrap_or_default()
    }

    /// A number with separators of thousands; whole numbers without decimals, others with one or two.
    pub(super) fn number(self, value: &Value) -> Result<String, Error> {
        if let Ok(whole) = i64::try_from(value.clone()) {
            return Ok(self.whole(whole));
        }
        let number = f64::try_from(value.clone())?;
        let one = format!("{number:.1}");
        let exact = one
            .parse::<f64>()
            .is_ok_and(|rounded| (rounded - number).abs() < 1e-9);
        let text = if exact { one } else { format!("{number:.2}") };
        let (sign, digits) = text
            .strip_prefix('-')
            .map_or(("", text.as_str()), |rest| ("-", rest));
        let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = self.whole(before.parse().unwrap_or(0));
        let point = if self.is_danish() { ',' } else { '.' };
        let minus = if sign.is_empty() {
            String::new()
        } else {
            MINUS.to_string()
        };
        Ok(format!("{minus}{whole}{point}{after}"))
    }

    /// A whole number with separators of thousands.
    pub(super) fn whole(self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let separator = if self.is_danish() { '.' } else { ',' };
        let mut text = String::new();
        if number < 0 {
            text.push(MINUS);
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// `14. januar 2027` / `14 January 2027`.
    pub(super) fn date(self, value: &Value) -> Result<String, Error> {
        Ok(self.long_date(moment(value)?.date()))
    }

    fn long_date(self, date: Date) -> String {
        let dot = if self.is_danish() { "." } else { "" };
        let month = self.month_name(date.month());
        format!("{}{dot}{NO_BREAK}{month} {}", date.day(), date.year())
    }

    /// `14.1.2027` / `14 Jan 2027`.
    pub(super) fn date_short(self, value: &Value) -> Result<String, Error> {
        let date = moment(value)?.date();
        if self.is_danish() {
            return Ok(format!("{}.{}.{}", date.day(), date.month(), date.year()));
        }
        let month: String = self.month_name(date.month()).chars().take(3).collect();
        Ok(format!(
            "{}{NO_BREAK}{month}{NO_BREAK}{}",
            date.day(),
            date.year()
        ))
    }

    /// `torsdag 14. januar 2027` / `Thursday 14 January 2027`.
    pub(super) fn date_weekday(self, value: &Value) -> Result<String, Error> {
        let date = moment(value)?.date();
        let names = if self.is_danish() {
            WEEKDAYS_DA
        } else {
            WEEKDAYS_EN
        };
        let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let name = names.get(at).copied().unwrap_or_default();
        Ok(format!("{name} {}", self.long_date(date)))
    }

    /// `februar 2029` / `February 2029`.
    pub(super) fn month(self, value: &Value) -> Result<String, Error> {
        let date = moment(value)?.date();
        Ok(format!("{} {}", self.month_name(date.month()), date.year()))
    }

    /// `kl. 9.14` / `9:14`.
    pub(super) fn time(self, value: &Value) -> Result<String, Error> {
        let at = moment(value)?;
        Ok(if self.is_danish() {
            format!("kl.{NO_BREAK}{}.{:02}", at.hour(), at.minute())
        } else {
            format!("{}:{:02}", at.hour(), at.minute())
        })
    }

    /// Date and time.
    pub(super) fn datetime(self, value: &Value) -> Result<String, Error> {
        let between = if self.is_danish() { " " } else { ", " };
        Ok(format!(
            "{}{between}{}",
            self.date(value)?,
            self.time(value)?
        ))
    }

    /// `412 kr.` / `DKK 412`, of øre.
    pub(super) fn money_ore(self, ore: i64) -> String {
        let amount = if ore % 100 == 0 {
            self.whole(ore / 100)
        } else {
            let point = if self.is_danish() { ',' } else { '.' };
            format!("{}{point}{:02}", self.whole(ore / 100), (ore % 100).abs())
        };
        self.with_currency(&amount)
    }

    /// `24–31.000 kr.` / `DKK 24–31,000`, of øre.
    pub(super) fn money_range(self, low_ore: i64, high_ore: i64) -> String {
        if low_ore == high_ore {
            return self.money_ore(low_ore);
        }
        let (low, high) = (low_ore / 100, high_ore / 100);
        let thousands = low != 0 && low % 1000 == 0 && high % 1000 == 0;
        let first = self.whole(if thousands { low / 1000 } else { low });
        self.with_currency(&format!("{first}–{}", self.whole(high)))
    }

    fn with_currency(self, amount: &str) -> String {
        if self.is_danish() {
            format!("{amount}{NO_BREAK}kr.")
        } else {
            format!("DKK{NO_BREAK}{amount}")
        }
    }

    /// `0,8 %` / `0.8%`.
    pub(super) fn percent(self, value: &Value) -> Result<String, Error> {
        let number = self.number(value)?;
        Ok(if self.is_danish() {
            format!("{number}{NO_BREAK}%")
        } else {
            format!("{number}%")
        })
    }
}

/// `2027-01-14` in words; any other text stays as it is.
pub(crate) fn date_in_words(language: Language, text: &str) -> String {
    let date = text.parse::<Date>();
    date.map_or_else(|_| text.to_owned(), |date| Format(language).long_date(date))
}

/// A whole number with separators of thousands.
pub(crate) fn number_in_words(language: Language, number: u64) -> String {
    Format(language).whole(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A date, or an instant as the clock in Denmark shows it.
fn moment(value: &Value) -> Result<DateTime, Error> {
    let text = value.as_str().ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("not a date: {:?}", value.kind()),
        )
    })?;
    if text.contains('T') {
        let at: Timestamp = text.parse().map_err(wrong)?;
        let zone = TimeZone::get("Europe/Copenhagen").map_err(wrong)?;
        return Ok(at.to_zoned(zone).datetime());
    }
    let date: Date = text.parse().map_err(wrong)?;
    Ok(date.to_datetime(jiff::civil::Time::midnight()))
}

fn wrong(error: jiff::Error) -> Error {
    Error::new(ErrorKind::InvalidOperation, error.to_string())
}

/// Percent-encodes what is not a letter, digit or `-._~`.
pub(super) fn urlencode(value: &Value) -> String {
    let text = if value.kind() == ValueKind::String {
        value.as_str().unwrap_or_default().to_owned()
    } else {
        value.to_string()
    };
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                encoded.push(digit.to_ascii_uppercase());
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const DA: Format = Format(Language::Da);
    const EN: Format = Format(Language::En);

    fn plain(text: &str) -> String {
        text.replace(NO_BREAK, " ")
    }

    #[test]
    fn writes_numbers_and_money_as_each_language_does() {
        assert_eq!(DA.number(&Value::from(267_914)).unwrap(), "267.914");
        assert_eq!(EN.number(&Value::from(267_914)).unwrap(), "267,914");
        assert_eq!(DA.number(&Value::from(-0.8)).unwrap(), "−0,8");
        assert_eq!(DA.number(&Value::from(2.25)).unwrap(), "2,25");
        assert_eq!(
            plain(&DA.money_range(2_400_000, 3_100_000)),
            "24–31.000 kr."
        );
        assert_eq!(
            plain(&EN.money_range(2_400_000, 3_100_000)),
            "DKK 24–31,000"
        );
        assert_eq!(plain(&DA.money_ore(41_250)), "412,50 kr.");
    }

    #[test]
    fn writes_dates_and_times_in_danish_time() {
        let at = Value::from("2027-01-14T08:14:00Z");
        assert_eq!(
            plain(&DA.datetime(&at).unwrap()),
            "14. januar 2027 kl. 9.14"
        );
        assert_eq!(plain(&EN.datetime(&at).unwrap()), "14 January 2027, 9:14");
        let day = Value::from("2027-01-14");
        assert_eq!(
            plain(&DA.date_weekday(&day).unwrap()),
            "torsdag 14. januar 2027"
        );
        assert_eq!(plain(&EN.date_short(&day).unwrap()), "14 Jan 2027");
        assert!(DA.date(&Value::from("i morgen")).is_err());
    }

    #[test]
    fn encodes_what_a_query_cannot_hold() {
        assert_eq!(
            urlencode(&Value::from("blodtryk & æ/1")),
            "blodtryk%20%26%20%C3%A6%2F1"
        );
    }
}
