//! Finds what is shaped like a CPR number in a text, so that it is stopped before it is stored.

/// Most characters of punctuation and space between two groups of digits that belong together.
const GAP_MAX: usize = 3;

/// Day, month, year and the last four digits, with a short or a long year.
const GROUPS: [[usize; 4]; 2] = [[2, 2, 2, 4], [2, 2, 4, 4]];

/// Whether a text holds something shaped like a CPR number: a date and four more digits.
///
/// The date is that of an assigned number, of a replacement number (60 added to the day) or of a
/// synthetic one (40 added to the month), the forms that reception knows. Spaces, hyphens, dots and
/// slashes may stand between day, month, year and the last four; the year may have four digits;
/// digits of other widths count too. It rather stops a number too many than lets one through.
pub fn looks_like_cpr(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|start| {
        let begins = start
            .checked_sub(1)
            .and_then(|before| chars.get(before))
            .is_none_or(|before| digit(*before).is_none());
        let rest = chars.get(start..).unwrap_or_default();
        begins && GROUPS.iter().any(|groups| cpr_at(rest, *groups))
    })
}

fn cpr_at(chars: &[char], groups: [usize; 4]) -> bool {
    let mut rest = chars;
    let mut numbers = [0; 4];
    for (place, (number, digits)) in numbers.iter_mut().zip(groups).enumerate() {
        if place > 0 {
            skip_gap(&mut rest);
        }
        let Some(read) = take_number(&mut rest, digits) else {
            return false;
        };
        *number = read;
    }
    let [day, month, year, last_four] = numbers;
    let ends = rest.first().is_none_or(|next| digit(*next).is_none());
    ends && is_date(day, month) && (year < 100 || year == full_year(year % 100, last_four / 1000))
}

fn is_date(day: u32, month: u32) -> bool {
    let (day, month) = match (day, month) {
        (61..=91, 1..=12) => (day - 60, month),
        (1..=31, 41..=52) => (day, month - 40),
        _ => (day, month),
    };
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The year with its century, which the seventh digit tells.
fn full_year(year: u32, seventh: u32) -> u32 {
    let century = match (seventh, year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (5..=8, 58..) => 1800,
        _ => 2000,
    };
    century + year
}

fn take_number(chars: &mut &[char], digits: usize) -> Option<u32> {
    let (number, rest) = chars.split_at_checked(digits)?;
    *chars = rest;
    number
        .iter()
        .try_fold(0, |sum, c| digit(*c).map(|value| sum * 10 + value))
}

fn skip_gap(chars: &mut &[char]) {
    for _ in 0..GAP_MAX {
        match chars.split_first() {
            Some((first, rest)) if is_gap(*first) => *chars = rest,
            _ => return,
        }
    }
}

fn is_gap(c: char) -> bool {
    // Hyphens and dashes of Unicode, the soft hyphen, the minus sign and zero-width characters.
    let unicode_dash = matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}');
    let invisible = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
    unicode_dash || invisible || c.is_whitespace() || matches!(c, '-' | '.' | '/' | '_')
}

/// The value of a digit of ordinary or full width.
fn digit(c: char) -> Option<u32> {
    match c {
        '\u{FF10}'..='\u{FF19}' => Some(u32::from(c) - 0xFF10),
        _ => c.to_digit(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpr_number_in_a_text_is_seen_with_hyphen_space_or_nothing() {
        for text in ["010170-1234", "patient 0101701234.", "010170 1234"] {
            assert!(looks_like_cpr(text), "{text}");
        }
    }

    #[test]
    fn replacement_and_synthetic_numbers_are_seen_too() {
        for text in [
            "610170-1234",
            "9112991234",
            "61.01.1970-1234",
            "014170-1234",
            "3152991234",
            "01.41.1970-1234",
        ] {
            assert!(looks_like_cpr(&format!("test {text} slut")), "{text}");
        }
    }

    #[test]
    fn other_spellings_do_not_hide_it() {
        for text in [
            "01.01.70-1234",
            "01 01 70 - 1234",
            "01. 01. 70 1234",
            "01011970-1234",
            "01.01.1970-1234",
            "010119701234",
            "010170\u{2013}1234",
            "010170\u{2011}1234",
            "010170\u{2212}1234",
            "010170\u{a0}1234",
            "010170\u{ad}1234",
            "010170\u{200b}1234",
            "010170_1234",
            "CPR:010170/1234",
            "０１０１７０-１２３４",
            "æøå 010170-1234 æøå",
        ] {
            assert!(looks_like_cpr(text), "{text}");
        }
    }

    #[test]
    fn dates_codes_and_longer_numbers_are_not_taken_for_cpr_numbers() {
        for text in [
            "2026-12-01",
            "2026-12-01T08:00:00Z",
            "NPU27300",
            "9913701234",
            "320170-1234",
            "310470-1234",
            "304270-1234",
            "015370-1234",
            "614170-1234",
            "01011870-1234",
            "01017012345",
            "010170----1234",
            "12.345.678",
            "+45 12 34 56 78",
            "01.01.2012-31.12.2025",
            "101010101010101",
            "",
        ] {
            assert!(!looks_like_cpr(text), "{text}");
        }
    }
}
