//! The ways a graph is written down.

use serde::{Deserialize, Serialize};

/// A syntax of RDF that is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    /// Turtle; N-Triples are Turtle too.
    Turtle,
    /// JSON-LD.
    JsonLd,
    /// RDF/XML.
    RdfXml,
}

impl Syntax {
    /// Every syntax, the one for people first.
    pub const ALL: [Self; 3] = [Self::Turtle, Self::JsonLd, Self::RdfXml];

    /// The name on the command line and in addresses: `turtle`, `jsonld`, `rdfxml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turtle => "turtle",
            Self::JsonLd => "jsonld",
            Self::RdfXml => "rdfxml",
        }
    }

    /// What a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Turtle => "Turtle",
            Self::JsonLd => "JSON-LD",
            Self::RdfXml => "RDF/XML",
        }
    }

    /// The media type of answers.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::JsonLd => "application/ld+json",
            Self::RdfXml => "application/rdf+xml",
        }
    }

    /// How file names end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::JsonLd => "jsonld",
            Self::RdfXml => "rdf",
        }
    }

    /// The syntax of a name on the command line.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.name() == name)
    }

    /// The syntax of a media type, without its parameters.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        Some(match essence.to_ascii_lowercase().as_str() {
            "text/turtle" | "application/x-turtle" | "application/n-triples" => Self::Turtle,
            "application/ld+json" => Self::JsonLd,
            "application/rdf+xml" => Self::RdfXml,
            _ => return None,
        })
    }

    /// The syntax of a file by the end of its name.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "ttl" | "nt" | "turtle" => Self::Turtle,
            "jsonld" | "json" => Self::JsonLd,
            "rdf" | "xml" | "owl" => Self::RdfXml,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_is_found_by_name_media_type_and_file_name() {
        for syntax in Syntax::ALL {
            assert_eq!(Syntax::from_name(syntax.name()), Some(syntax));
            let with_parameter = format!("{}; charset=utf-8", syntax.media_type());
            assert_eq!(Syntax::from_media_type(&with_parameter), Some(syntax));
            let file = format!("a.b.{}", syntax.extension().to_uppercase());
            assert_eq!(Syntax::from_file_name(&file), Some(syntax));
        }
        assert_eq!(Syntax::from_file_name("record"), None);
        assert_eq!(Syntax::from_media_type("text/html"), None);
    }
}
