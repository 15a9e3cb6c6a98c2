//! The words of one line, taken one after the other.

use std::str::FromStr;

use super::TextError;
use super::lexer::{Kind, Line, Token};
use crate::selection::RowCondition;

pub(super) struct Words<'a> {
    line: &'a Line,
    next: usize,
}

impl<'a> Words<'a> {
    pub(super) const fn new(line: &'a Line) -> Self {
        Self { line, next: 0 }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.line.tokens.get(self.next)
    }

    /// The error that something else stands at the next word.
    pub(super) fn wrong(&self, expected: &str) -> TextError {
        let token = self.peek();
        TextError {
            line: self.line.number,
            column: token.map_or(self.line.end, |token| token.column),
            expected: expected.to_owned(),
            found: match token.map(|token| &token.kind) {
                None => "the end of the line".to_owned(),
                Some(Kind::Word(word)) => format!("`{word}`"),
                Some(Kind::Quoted(text)) => format!("the text `{}`", shortened(text)),
                Some(Kind::Sign(sign)) => format!("`{sign}`"),
            },
        }
    }

    /// The error that something else stands at the word just taken.
    pub(super) fn back(&mut self, expected: &str) -> TextError {
        self.next = self.next.saturating_sub(1);
        self.wrong(expected)
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek().map(|token| &token.kind), Some(Kind::Word(w)) if w == word);
        if found {
            self.next += 1;
        }
        found
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| token.kind == Kind::Sign(sign));
        if found {
            self.next += 1;
        }
        found
    }

    pub(super) fn keyword(&mut self, word: &str) -> Result<(), TextError> {
        if self.take(word) {
            Ok(())
        } else {
            Err(self.wrong(&format!("`{word}`")))
        }
    }

    pub(super) fn sign(&mut self, sign: char) -> Result<(), TextError> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            Err(self.wrong(&format!("`{sign}`")))
        }
    }

    pub(super) fn end(&self) -> Result<(), TextError> {
        self.end_or("the end of the line")
    }

    pub(super) fn end_or(&self, expected: &str) -> Result<(), TextError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong(expected)),
        }
    }

    /// A word without quotes.
    pub(super) fn word(&mut self, expected: &str) -> Result<String, TextError> {
        match self.peek().map(|token| &token.kind) {
            Some(Kind::Word(word)) => {
                self.next += 1;
                Ok(word.clone())
            }
            _ => Err(self.wrong(expected)),
        }
    }

    pub(super) fn quoted(&mut self, expected: &str) -> Result<String, TextError> {
        match self.peek().map(|token| &token.kind) {
            Some(Kind::Quoted(text)) => {
                self.next += 1;
                Ok(text.clone())
            }
            _ => Err(self.wrong(expected)),
        }
    }

    /// A name or code, with or without quotes.
    pub(super) fn name(&mut self, expected: &str) -> Result<String, TextError> {
        match self.peek().map(|token| &token.kind) {
            Some(Kind::Quoted(_)) => self.quoted(expected),
            _ => self.word(expected),
        }
    }

    /// `register.table`.
    pub(super) fn pair(&mut self) -> Result<(String, String), TextError> {
        let register = self.name("a register and a table as lpr3.diagnoser")?;
        self.sign('.')?;
        let table = self.name("the name of a table")?;
        Ok((register, table))
    }

    /// Names or codes with commas between, or `[]` for none.
    pub(super) fn list(&mut self, expected: &str) -> Result<Vec<String>, TextError> {
        if self.take_sign('[') {
            self.sign(']')?;
            return Ok(Vec::new());
        }
        let mut items = vec![self.name(expected)?];
        while self.take_sign(',') {
            items.push(self.name(expected)?);
        }
        Ok(items)
    }

    pub(super) fn whole<T: FromStr>(&mut self, expected: &str) -> Result<T, TextError> {
        let word = self.word(expected)?;
        word.parse().map_err(|_| self.back(expected))
    }

    pub(super) fn positive(&mut self, expected: &str) -> Result<u32, TextError> {
        match self.whole::<u32>(expected)? {
            0 => Err(self.back(expected)),
            number => Ok(number),
        }
    }

    /// Words out of a fixed list, with commas between.
    pub(super) fn choices<T>(
        &mut self,
        expected: &str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, TextError> {
        let mut found = Vec::new();
        loop {
            let word = self.word(expected)?;
            found.push(find(&word).ok_or_else(|| self.back(expected))?);
            if !self.take_sign(',') {
                return Ok(found);
            }
        }
    }

    /// A condition on the codes or the number of a variable.
    pub(super) fn value_condition(&mut self, variable: String) -> Result<RowCondition, TextError> {
        if self.take("in") {
            let codes = self.list("a code, or a prefix followed by `*`")?;
            return Ok(RowCondition::Codes { variable, codes });
        }
        let (min_thousandths, max_thousandths) = if self.take("stated") {
            (None, None)
        } else if self.take("between") {
            let low = self.thousandths()?;
            self.keyword("and")?;
            (Some(low), Some(self.thousandths()?))
        } else if self.take("at") {
            if self.take("least") {
                (Some(self.thousandths()?), None)
            } else if self.take("most") {
                (None, Some(self.thousandths()?))
            } else {
                return Err(self.wrong("`least` or `most`"));
            }
        } else {
            return Err(self.wrong(
                "`in`, `between`, `at least`, `at most`, `stated`, `since`, `until`, `from` or `dated`",
            ));
        };
        Ok(RowCondition::Number {
            variable,
            min_thousandths,
            max_thousandths,
        })
    }

    /// A number with at most three decimals, in thousandths.
    fn thousandths(&mut self) -> Result<i64, TextError> {
        let expected = "a number with at most three decimals";
        let start = self.next;
        let whole = self.word(expected)?;
        let decimals = if self.take_sign('.') {
            self.word(expected)?
        } else {
            String::new()
        };
        read_thousandths(&whole, &decimals).ok_or_else(|| {
            self.next = start;
            self.wrong(expected)
        })
    }
}

fn read_thousandths(whole: &str, decimals: &str) -> Option<i64> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, whole),
    };
    if whole.is_empty() || decimals.len() > 3 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let number: i128 = format!("{whole}{decimals:0<3}").parse().ok()?;
    i64::try_from(sign * number).ok()
}

fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(20).collect();
    if chars.next().is_some() {
        format!("{start}…")
    } else {
        start
    }
}
