//! Checks a selection against the catalogue.
