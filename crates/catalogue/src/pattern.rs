//! Patterns of values in register descriptions: letters, digits, `[..]` classes and `{m,n}` counts.

/// A pattern of a variable's values. It always fits the whole value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

/// Characters that may stand at a place, as first and last of each range.
type Ranges = Vec<(char, char)>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    ranges: Ranges,
    min: usize,
    max: usize,
}

/// A pattern is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed pattern `{pattern}` at character {at}: {problem}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// Position, from 1.
    pub at: usize,
    /// What is wrong.
    pub problem: &'static str,
}

/// Longest repetition, so that matching stays cheap.
const REPEAT_MAX: usize = 200;

impl Pattern {
    /// Reads a pattern: `[A-Z]{3}[0-9]{5}`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let mut pieces = Vec::new();
        let fail = |at: usize, problem| PatternError {
            pattern: text.to_owned(),
            at: at + 1,
            problem,
        };
        while let Some(&first) = chars.get(at) {
            let ranges = match first {
                '[' => {
                    let (ranges, next) = class(&chars, at).map_err(|problem| fail(at, problem))?;
                    at = next;
                    ranges
                }
                c if c.is_alphanumeric() => {
                    at += 1;
                    vec![(c, c)]
                }
                _ => return Err(fail(at, "expected a letter, a digit or `[`")),
            };
            let (min, max, next) = count(&chars, at).map_err(|problem| fail(at, problem))?;
            at = next;
            pieces.push(Piece { ranges, min, max });
        }
        Ok(Self { pieces })
    }

    /// Whether the whole value fits.
    pub fn matches(&self, value: &str) -> bool {
        let chars: Vec<char> = value.chars().collect();
        // The set of positions that the pieces so far can end at: no backtracking, so a hostile
        // value costs no more than a friendly one.
        let mut ends = vec![false; chars.len() + 1];
        if let Some(start) = ends.first_mut() {
            *start = true;
        }
        for piece in &self.pieces {
            ends = piece.advance(&ends, &chars);
        }
        ends.last().copied().unwrap_or(false)
    }
}

impl Piece {
    fn advance(&self, ends: &[bool], chars: &[char]) -> Vec<bool> {
        let mut next = vec![false; ends.len()];
        for start in ends
            .iter()
            .enumerate()
            .filter(|(_, on)| **on)
            .map(|(at, _)| at)
        {
            let run = chars
                .iter()
                .skip(start)
                .take(self.max)
                .take_while(|c| self.ranges.iter().any(|(low, high)| low <= c && *c <= high))
                .count();
            for length in self.min..=run {
                if let Some(end) = next.get_mut(start + length) {
                    *end = true;
                }
            }
        }
        next
    }
}

fn class(chars: &[char], open: usize) -> Result<(Ranges, usize), &'static str> {
    let mut at = open + 1;
    let mut ranges = Vec::new();
    loop {
        match (chars.get(at), chars.get(at + 1), chars.get(at + 2)) {
            (None, ..) => return Err("`[` is not closed"),
            (Some(']'), ..) if ranges.is_empty() => return Err("`[]` holds nothing"),
            (Some(']'), ..) => return Ok((ranges, at + 1)),
            (Some(&low), Some('-'), Some(&high)) if high != ']' => {
                if high < low {
                    return Err("a range is written from low to high");
                }
                ranges.push((low, high));
                at += 3;
            }
            (Some(&single), ..) => {
                ranges.push((single, single));
                at += 1;
            }
        }
    }
}

fn count(chars: &[char], at: usize) -> Result<(usize, usize, usize), &'static str> {
    if chars.get(at) != Some(&'{') {
        return Ok((1, 1, at));
    }
    let inside: String = chars
        .iter()
        .skip(at + 1)
        .take_while(|c| **c != '}')
        .collect();
    let close = at + 1 + inside.chars().count();
    if chars.get(close) != Some(&'}') {
        return Err("`{` is not closed");
    }
    let (min, max) = inside.split_once(',').unwrap_or((&inside, &inside));
    match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) if min <= max && max <= REPEAT_MAX => Ok((min, max, close + 1)),
        _ => Err("expected `{m}` or `{m,n}` with m not above n and n at most 200"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, value: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(value)
    }

    #[test]
    fn fits_the_whole_value_only() {
        assert!(fits("[A-Z]{3}[0-9]{5}", "NPU27300"));
        assert!(!fits("[A-Z]{3}[0-9]{5}", "NPU273001"));
        assert!(!fits("[A-Z]{3}[0-9]{5}", "npu27300"));
        assert!(fits("D[A-Z][0-9]{2}[A-Z0-9]{0,6}", "DE11"));
        assert!(fits("[a-c_]{1,3}x", "a_bx"));
        assert!(fits("", ""));
    }

    #[test]
    fn overlapping_pieces_find_their_split() {
        assert!(fits("[A-Z]{1,4}[A-Z0-9]{1,8}", "BRSP"));
        assert!(fits("[0-9]{1,3}[0-9]{2}", "123"));
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        for (pattern, message) in [
            (
                "[A",
                "malformed pattern `[A` at character 1: `[` is not closed",
            ),
            (
                "A{2",
                "malformed pattern `A{2` at character 2: `{` is not closed",
            ),
            (
                ".*",
                "malformed pattern `.*` at character 1: expected a letter, a digit or `[`",
            ),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap_err().to_string(), message);
        }
        assert!(Pattern::parse("[9-0]").is_err());
        assert!(Pattern::parse("[]").is_err());
        assert!(Pattern::parse("A{3,2}").is_err());
    }
}
