//! Search in words and codes.
