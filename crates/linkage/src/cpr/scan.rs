//! CPR numbers in free text, so that they can be stopped before they are stored.

use super::CprNumber;
use std::ops::Range;

/// Most characters between two groups of digits that still belong together.
const SEPARATORS_MAX: usize = 3;
/// Longest shape that is shown.
const SHAPE_CHARACTERS_MAX: usize = 40;

/// Day, month, year and serial number, with a short or a long year.
const GROUPS: [[usize; 4]; 2] = [[2, 2, 2, 4], [2, 2, 4, 4]];

/// Finds what reads as a CPR number and returns its byte ranges.
///
/// That is ten digits with a date that exists, in one piece or with blanks, hyphens, dots, slashes
/// or underscores between day, month, year and serial number; also with the year in four digits.
/// Assigned, replacement and synthetic numbers are found alike. Digits right before or
/// after make it another number.
///
/// It rather stops a harmless number than lets a CPR number through.
pub fn scan_identifiers(text: &str) -> Vec<Range<usize>> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let mut rest = characters.as_slice();
    let mut after_digit = false;
    while let Some(((start, first), following)) = rest.split_first() {
        let is_digit = first.is_ascii_digit();
        let begins_number = is_digit && !after_digit;
        let matched = || GROUPS.iter().find_map(|groups| match_groups(rest, groups));
        let Some(n_characters) = begins_number.then(matched).flatten() else {
            after_digit = is_digit;
            rest = following;
            continue;
        };
        rest = rest.get(n_characters..).unwrap_or_default();
        let end = rest.first().map_or(text.len(), |(position, _)| *position);
        found.push(*start..end);
        after_digit = true;
    }
    found
}

/// A text with every digit as 9 and every letter as A, to show in a report where the value itself
/// must not stand. Long texts are cut.
pub fn mask_shape(text: &str) -> String {
    let mask = |character: char| match character {
        _ if character.is_numeric() => '9',
        _ if character.is_alphabetic() => 'A',
        _ if character.is_control() => '?',
        _ => character,
    };
    let mut shape: String = text.chars().take(SHAPE_CHARACTERS_MAX).map(mask).collect();
    if text.chars().nth(SHAPE_CHARACTERS_MAX).is_some() {
        shape.push('…');
    }
    shape
}

/// How many characters a CPR number in these groups takes at the start of `characters`.
fn match_groups(characters: &[(usize, char)], groups: &[usize]) -> Option<usize> {
    let mut digits = String::new();
    let mut position = 0;
    for (number, length) in groups.iter().enumerate() {
        if number > 0 {
            let following = characters.get(position..)?.iter();
            let n_separators = following.take_while(|(_, c)| is_separator(*c)).count();
            if n_separators > SEPARATORS_MAX {
                return None;
            }
            position += n_separators;
        }
        for (_, character) in characters.get(position..position + length)? {
            digits.push(Some(*character).filter(char::is_ascii_digit)?);
        }
        position += length;
    }
    let ends = characters
        .get(position)
        .is_none_or(|(_, next)| !next.is_ascii_digit());
    (ends && is_identifier(&digits)).then_some(position)
}

fn is_identifier(digits: &str) -> bool {
    if digits.len() == 10 {
        return CprNumber::parse(digits).is_ok();
    }
    // The century written out must be the one that the seventh digit tells.
    let short = [digits.get(..4), digits.get(6..)]
        .map(Option::unwrap_or_default)
        .concat();
    let year = digits.get(4..8).and_then(|year| year.parse().ok());
    CprNumber::parse(&short).is_ok_and(|number| Some(number.born_on().year) == year)
}

fn is_separator(character: char) -> bool {
    // Hyphens and dashes of Unicode, the soft hyphen, the minus sign and zero-width characters.
    let unicode_dash = matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}');
    let invisible = matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
    unicode_dash
        || invisible
        || character.is_whitespace()
        || matches!(character, '-' | '.' | '/' | '_')
}

#[cfg(test)]
mod tests;
