//! What a constraint says when its shape has no message of its own.

use oxrdf::Term;

use super::shapes::{BoundKind, Constraint};
use crate::rdf::words::short;

impl Constraint {
    /// The component's name, without its ending.
    pub(super) const fn component(&self) -> &'static str {
        match self {
            Self::Class(_) => "Class",
            Self::Datatype(_) => "Datatype",
            Self::NodeKind(_) => "NodeKind",
            Self::MinCount(_) => "MinCount",
            Self::MaxCount(_) => "MaxCount",
            Self::Bound { kind, .. } => match kind {
                BoundKind::MinExclusive => "MinExclusive",
                BoundKind::MinInclusive => "MinInclusive",
                BoundKind::MaxExclusive => "MaxExclusive",
                BoundKind::MaxInclusive => "MaxInclusive",
            },
            Self::MinLength(_) => "MinLength",
            Self::MaxLength(_) => "MaxLength",
            Self::Pattern(_) => "Pattern",
            Self::LanguageIn(_) => "LanguageIn",
            Self::UniqueLang => "UniqueLang",
            Self::HasValue(_) => "HasValue",
            Self::In(_) => "In",
            Self::Node { .. } => "Node",
            Self::Not(_) => "Not",
            Self::And(_) => "And",
            Self::Or(_) => "Or",
            Self::Xone(_) => "Xone",
        }
    }

    /// What is wrong when it does not hold.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Class(class) => format!("the value is no {}", short(class.as_str())),
            Self::Datatype(datatype) => {
                format!("the value is no text of type {}", short(datatype.as_str()))
            }
            Self::NodeKind(kind) => {
                format!("the value is not of the kind {}", short(kind.as_str()))
            }
            Self::MinCount(least) => format!("at least {least} must be given"),
            Self::MaxCount(most) => format!("at most {most} may be given"),
            Self::Bound { kind, limit } => {
                let relation = match kind {
                    BoundKind::MinExclusive => "above",
                    BoundKind::MinInclusive => "at or above",
                    BoundKind::MaxExclusive => "below",
                    BoundKind::MaxInclusive => "at or below",
                };
                format!("the value must lie {relation} {}", limit.value())
            }
            Self::MinLength(least) => format!("the text must have at least {least} characters"),
            Self::MaxLength(most) => format!("the text may have at most {most} characters"),
            Self::Pattern(pattern) => format!("the text does not match `{}`", pattern.as_str()),
            Self::LanguageIn(languages) => {
                format!("the text must be in one of: {}", languages.join(", "))
            }
            Self::UniqueLang => "a language is used twice".to_owned(),
            Self::HasValue(value) => format!("must hold {}", term(value)),
            Self::In(values) => {
                let values: Vec<String> = values.iter().map(term).collect();
                format!("the value must be one of: {}", values.join(", "))
            }
            Self::Node { .. } => "the value does not conform to the shape asked for".to_owned(),
            Self::Not(_) => "the value conforms to a shape that it must not have".to_owned(),
            Self::And(_) => "the value does not conform to all shapes asked for".to_owned(),
            Self::Or(_) => "the value conforms to none of the shapes asked for".to_owned(),
            Self::Xone(_) => "the value must conform to exactly one of the shapes".to_owned(),
        }
    }
}

/// A term as people write it.
pub(super) fn term(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => short(node.as_str()),
        Term::Literal(literal) => format!("`{}`", literal.value()),
        Term::BlankNode(node) => node.to_string(),
    }
}
