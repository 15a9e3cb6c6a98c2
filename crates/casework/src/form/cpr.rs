//! Finds what is shaped like a CPR number in a text, so that it is stopped before it is stored.

/// Most characters of punctuation and space between the date and the last four digits.
const GAP_MAX: usize = 3;

/// Whether a text holds something shaped like a CPR number: six digits that are a date, and four more.
///
/// Spaces, hyphens, dots and slashes may stand between day, month, year and the last four; digits of
/// other widths count too. It rather stops a number too many than lets one through.
pub fn looks_like_cpr(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|start| {
        let begins = start
            .checked_sub(1)
            .and_then(|before| chars.get(before))
            .is_none_or(|before| digit(*before).is_none());
        begins && cpr_at(chars.get(start..).unwrap_or_default())
    })
}

fn cpr_at(chars: &[char]) -> bool {
    let mut rest = chars;
    let Some(day) = take_number(&mut rest, 2) else {
        return false;
    };
    skip_gap(&mut rest, 1);
    let Some(month) = take_number(&mut rest, 2) else {
        return false;
    };
    skip_gap(&mut rest, 1);
    if take_number(&mut rest, 2).is_none() {
        return false;
    }
    skip_gap(&mut rest, GAP_MAX);
    let has_last_four = take_number(&mut rest, 4).is_some();
    let ends = rest.first().is_none_or(|next| digit(*next).is_none());
    // Replacement numbers add 60 to the day.
    let is_day = (1..=31).contains(&day) || (61..=91).contains(&day);
    has_last_four && ends && is_day && (1..=12).contains(&month)
}

fn take_number(chars: &mut &[char], digits: usize) -> Option<u32> {
    let (number, rest) = chars.split_at_checked(digits)?;
    *chars = rest;
    number
        .iter()
        .try_fold(0, |sum, c| digit(*c).map(|value| sum * 10 + value))
}

fn skip_gap(chars: &mut &[char], most: usize) {
    for _ in 0..most {
        match chars.split_first() {
            Some((first, rest)) if is_gap(*first) => *chars = rest,
            _ => return,
        }
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '/' | '_'
        )
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
        for text in ["010170-1234", "patient 0101701234.", "610170 1234"] {
            assert!(looks_like_cpr(text), "{text}");
        }
    }

    #[test]
    fn other_spellings_do_not_hide_it() {
        for text in [
            "01.01.70-1234",
            "01 01 70 - 1234",
            "010170\u{2013}1234",
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
            "NPU27300",
            "9913701234",
            "01017012345",
            "12.345.678",
            "01.01.2012-31.12.2025",
            "101010101010101",
            "",
        ] {
            assert!(!looks_like_cpr(text), "{text}");
        }
    }
}
