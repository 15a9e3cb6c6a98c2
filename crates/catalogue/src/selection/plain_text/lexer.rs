//! Lines and words of the text form.

use super::TextError;

/// A line that holds something.
#[derive(Debug)]
pub(super) struct Line {
    /// Number, from 1.
    pub(super) number: usize,
    /// Spaces before the first word.
    pub(super) indent: usize,
    /// Its words.
    pub(super) tokens: Vec<Token>,
    /// Column after the last character.
    pub(super) end: usize,
}

/// A word, sign or quoted text.
#[derive(Debug)]
pub(super) struct Token {
    /// Column of its first character, from 1.
    pub(super) column: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(String),
    Quoted(String),
    Sign(char),
}

/// Signs that a word may hold without quotes.
pub(super) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '*' | '+')
}

/// The lines of a text that are neither empty nor a remark.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, TextError> {
    let mut lines = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let indent = raw.chars().take_while(|c| *c == ' ').count();
        let rest: Vec<char> = raw.chars().skip(indent).collect();
        if rest.first().is_none_or(|first| *first == '#') {
            continue;
        }
        let tokens = tokens(&rest, at + 1, indent + 1)?;
        if !tokens.is_empty() {
            lines.push(Line {
                number: at + 1,
                indent,
                tokens,
                end: indent + rest.len() + 1,
            });
        }
    }
    Ok(lines)
}

fn tokens(chars: &[char], line: usize, first_column: usize) -> Result<Vec<Token>, TextError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let column = first_column + at;
        let kind = match c {
            ' ' | '\r' => {
                at += 1;
                continue;
            }
            '"' => {
                let (text, next) =
                    quoted(chars, at + 1).map_err(|(expected, found)| TextError {
                        line,
                        column: first_column + found,
                        expected: expected.to_owned(),
                        found: describe(chars.get(found)),
                    })?;
                at = next;
                Kind::Quoted(text)
            }
            ',' | '.' | ':' | '/' | '[' | ']' => {
                at += 1;
                Kind::Sign(c)
            }
            c if is_word_char(c) => {
                let word: String = chars
                    .iter()
                    .skip(at)
                    .take_while(|c| is_word_char(**c))
                    .collect();
                at += word.chars().count();
                Kind::Word(word)
            }
            other => {
                return Err(TextError {
                    line,
                    column,
                    expected: "a word or a text in double quotes".to_owned(),
                    found: describe(Some(&other)),
                });
            }
        };
        tokens.push(Token { column, kind });
    }
    Ok(tokens)
}

fn describe(c: Option<&char>) -> String {
    match c {
        None => "the end of the line".to_owned(),
        Some('\t') => "a tab".to_owned(),
        Some(c) => format!("`{c}`"),
    }
}

/// The text from after the opening quote, and the place after the closing one. An error names what
/// was expected and where.
fn quoted(chars: &[char], from: usize) -> Result<(String, usize), (&'static str, usize)> {
    let mut text = String::new();
    let mut at = from;
    loop {
        match chars.get(at) {
            None => return Err(("a closing double quote", at)),
            Some('"') => return Ok((text, at + 1)),
            Some('\\') => {
                at += 1;
                match chars.get(at) {
                    Some(c @ ('"' | '\\')) => text.push(*c),
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('u') => {
                        let (c, next) = escape(chars, at + 1)?;
                        text.push(c);
                        at = next;
                        continue;
                    }
                    _ => return Err((r#"`\"`, `\\`, `\n`, `\r` or `\u{..}`"#, at)),
                }
            }
            Some(c) => text.push(*c),
        }
        at += 1;
    }
}

fn escape(chars: &[char], open: usize) -> Result<(char, usize), (&'static str, usize)> {
    let expected = "a character as `{..}` in hexadecimal";
    if chars.get(open) != Some(&'{') {
        return Err((expected, open));
    }
    let digits: String = chars
        .iter()
        .skip(open + 1)
        .take(6)
        .take_while(|c| **c != '}')
        .collect();
    let close = open + 1 + digits.len();
    let c = u32::from_str_radix(&digits, 16)
        .ok()
        .and_then(char::from_u32);
    match (c, chars.get(close)) {
        (Some(c), Some('}')) => Ok((c, close + 1)),
        _ => Err((expected, open)),
    }
}
