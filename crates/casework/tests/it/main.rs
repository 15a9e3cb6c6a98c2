//! Tests of case handling on the content that ships.

mod content;
mod support;
