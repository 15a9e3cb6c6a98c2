//! Tests of guidance on the content that ships.

#[cfg(test)]
mod danish_rules;
