//! The readable text form of a selection.
