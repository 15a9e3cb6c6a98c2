//! Dates and moments as texts: strictly, as their datatypes ask, and loosely, as the published results read them.

pub(super) fn is_digits(text: &str, least: usize) -> bool {
    text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_between(text: &str, low: u32, high: u32) -> bool {
    text.len() == 2
        && text
            .parse::<u32>()
            .is_ok_and(|number| (low..=high).contains(&number))
}

pub(super) fn strip_zone(text: &str) -> &str {
    if let Some(rest) = text.strip_suffix('Z') {
        return rest;
    }
    let split = text.len().saturating_sub(6);
    match (text.get(..split), text.get(split..)) {
        (Some(rest), Some(zone)) if zone.starts_with(['+', '-']) && zone.get(3..4) == Some(":") => {
            rest
        }
        _ => text,
    }
}

pub(super) fn is_date(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    is_digits(year, 4) && is_between(month, 1, 12) && is_between(day, 1, 31)
}

pub(super) fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some(hour), Some(minute), Some(second)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (whole, part) = second.split_once('.').unwrap_or((second, "0"));
    is_between(hour, 0, 24)
        && is_between(minute, 0, 59)
        && is_between(whole, 0, 59)
        && is_digits(part, 1)
}

/// Whether a text is a moment as `xsd:dateTime` asks.
pub(super) fn is_strict(text: &str) -> bool {
    match text.split_once('T') {
        Some((date, time)) => is_date(date) && is_time(strip_zone(time)),
        None => false,
    }
}

/// A moment of ISO 8601, with or without signs between its parts, in one form.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (date, rest) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let date = canonical_date(date)?;
    let split = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = (rest.get(..split)?, rest.get(split..)?);
    Some(format!(
        "{date}T{}{}",
        canonical_time(time)?,
        canonical_zone(zone)?
    ))
}

fn canonical_date(text: &str) -> Option<String> {
    if text.len() == 8 && is_digits(text, 8) {
        let parts = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
        let date = format!("{}-{}-{}", parts.0, parts.1, parts.2);
        return is_date(&date).then_some(date);
    }
    is_date(text).then(|| text.to_owned())
}

fn canonical_time(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = whole.chars().filter(|letter| *letter != ':').collect();
    if !digits.is_empty() && !is_digits(&digits, 2) || !(part.is_empty() || is_digits(part, 1)) {
        return None;
    }
    let unit = |at: usize| digits.get(at..at + 2).unwrap_or("00").to_owned();
    let mut units = [unit(0), unit(2), unit(4)];
    let fraction: f64 = format!("0.{part}0").parse().ok()?;
    let mut seconds = String::new();
    match digits.len() {
        0 | 2 | 4 if part.is_empty() => {}
        // A part of an hour or of a minute.
        2 => {
            let minutes = fraction * 60.0;
            units[1] = format!("{:02}", minutes.floor());
            units[2] = format!("{:02}", (minutes.fract() * 60.0).floor());
        }
        4 => units[2] = format!("{:02}", (fraction * 60.0).floor()),
        6 if part.is_empty() => {}
        6 => seconds = format!(".{part}"),
        _ => return None,
    }
    let time = units.join(":");
    is_time(&time).then(|| format!("{time}{seconds}"))
}

fn canonical_zone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (text.chars().next(), digits.len()) {
        (None, _) => Some(String::new()),
        (Some('Z'), 0) if text == "Z" => Some("+00:00".to_owned()),
        (Some(sign @ ('+' | '-')), 2) => Some(format!("{sign}{digits}:00")),
        (Some(sign @ ('+' | '-')), 4) => {
            Some(format!("{sign}{}:{}", digits.get(..2)?, digits.get(2..)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_many_forms_have_one() {
        for (text, form) in [
            ("2024-01-01T10:00:00Z", Some("2024-01-01T10:00:00+00:00")),
            (
                "2009-05-19 14:39:22-06:00",
                Some("2009-05-19T14:39:22-06:00"),
            ),
            (
                "2009-05-19 14:39:22+0600",
                Some("2009-05-19T14:39:22+06:00"),
            ),
            ("20090621T0545Z", Some("2009-06-21T05:45:00+00:00")),
            (
                "1992-03-04T00:00:00.923Z",
                Some("1992-03-04T00:00:00.923+00:00"),
            ),
            ("2010-02-18T16.5", Some("2010-02-18T16:30:00")),
            ("2024-01-01", Some("2024-01-01T00:00:00")),
            ("2024-13-01T10:00:00Z", None),
            ("soon", None),
            ("2024-01-01T25:00:00", None),
        ] {
            assert_eq!(canonical(text).as_deref(), form, "{text}");
        }
        assert!(is_strict("2024-01-01T10:00:00Z") && !is_strict("2024-01-01 10:00:00Z"));
    }
}
