//! How much a query's text may say. Parser, planner and followers of plans walk its tree by recursion,
//! and a chain of operators is as deep as it is long: without a bound a text of some thousand signs
//! ends the whole process, for everybody.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::QueryError;

/// Words and signs of one query. What makes a list long and nothing deep is not counted: values, commas.
pub const QUERY_WORDS_MAX: usize = 1_500;

/// Stack that a thread needs which plans or runs queries, in bytes. A query of [`QUERY_WORDS_MAX`] words
/// stays below it, however they are chained.
pub const QUERY_STACK_BYTES: usize = 64 << 20;

/// Refuses a text that could nest too deep, before anything reads it.
pub(super) fn check(sql: &str) -> Result<(), QueryError> {
    let counts = |token: &Token| {
        !matches!(
            token,
            Token::Whitespace(_)
                | Token::Comma
                | Token::Number(..)
                | Token::SingleQuotedString(_)
                | Token::EOF
        )
    };
    // What cannot be cut into words is no SQL; the parser says where.
    let words = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default();
    if words.iter().filter(|token| counts(token)).count() > QUERY_WORDS_MAX {
        return Err(QueryError::TooComplex {
            max: QUERY_WORDS_MAX,
        });
    }
    Ok(())
}
