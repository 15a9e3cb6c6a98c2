//! From bytes to a graph, with the place of the first mistake.

use std::collections::BTreeMap;

use base::limits::{RDF_LITERAL_BYTES_MAX, RDF_TRIPLES_MAX};
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument, JsonLdSyntaxError};
use oxrdf::{Graph, TermRef, Triple};
use oxrdfxml::RdfXmlParser;
use oxttl::TurtleParser;

use super::{Syntax, check_text};

/// A file that is no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ReadError {
    /// The syntax it was read as.
    pub syntax: Syntax,
    /// Line, from 1, where it is known.
    pub line: Option<u64>,
    /// Column, from 1, where it is known.
    pub column: Option<u64>,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line}")?;
            if let Some(column) = self.column {
                write!(formatter, ", column {column}")?;
            }
            formatter.write_str(": ")?;
        }
        write!(
            formatter,
            "not read as {}: {}",
            self.syntax.title(),
            self.problem
        )
    }
}

impl ReadError {
    pub(super) const fn whole(syntax: Syntax, problem: String) -> Self {
        Self {
            syntax,
            line: None,
            column: None,
            problem,
        }
    }

    pub(super) fn at_offset(syntax: Syntax, before: &[u8], problem: String) -> Self {
        let count = |number: usize| u64::try_from(number).ok().map(|number| number + 1);
        let text = String::from_utf8_lossy(before);
        let last = text.rsplit('\n').next().unwrap_or_default();
        Self {
            syntax,
            line: count(text.matches('\n').count()),
            column: count(last.chars().count()),
            problem,
        }
    }
}

/// JSON-LD contexts by the address that files name them with. An address that is not here is refused, never fetched.
#[derive(Debug, Clone, Default)]
pub struct Contexts(BTreeMap<String, String>);

impl Contexts {
    /// Adds the text of a context under an address.
    pub fn insert(&mut self, address: &str, text: &str) {
        self.0.insert(address.to_owned(), text.to_owned());
    }

    fn document(&self, address: &str) -> Option<JsonLdRemoteDocument> {
        self.0.get(address).map(|text| JsonLdRemoteDocument {
            document: text.as_bytes().to_vec(),
            document_url: address.to_owned(),
        })
    }
}

/// Reads a graph. Relative addresses are read against `base`.
pub fn read(
    bytes: &[u8],
    syntax: Syntax,
    base: &str,
    contexts: &Contexts,
) -> Result<Graph, ReadError> {
    let text = check_text(bytes, syntax)?;
    let mut graph = Graph::new();
    match syntax {
        Syntax::Turtle => read_turtle(text, base, &mut graph)?,
        Syntax::JsonLd => read_json_ld(text, base, contexts, &mut graph)?,
        Syntax::RdfXml => read_rdf_xml(text, base, &mut graph)?,
    }
    Ok(graph)
}

fn wrong_base(syntax: Syntax, base: &str) -> ReadError {
    ReadError::whole(syntax, format!("`{base}` is no absolute address"))
}

fn read_turtle(text: &str, base: &str, graph: &mut Graph) -> Result<(), ReadError> {
    let parser = TurtleParser::new()
        .with_base_iri(base)
        .map_err(|_| wrong_base(Syntax::Turtle, base))?;
    for triple in parser.for_slice(text) {
        let triple = triple.map_err(|error| {
            let start = error.location().start;
            ReadError {
                syntax: Syntax::Turtle,
                line: Some(start.line + 1),
                column: Some(start.column + 1),
                problem: error.message().to_owned(),
            }
        })?;
        add(graph, &triple, Syntax::Turtle)?;
    }
    Ok(())
}

fn read_json_ld(
    text: &str,
    base: &str,
    contexts: &Contexts,
    graph: &mut Graph,
) -> Result<(), ReadError> {
    let contexts = contexts.clone();
    let parser = JsonLdParser::new()
        .with_base_iri(base)
        .map_err(|_| wrong_base(Syntax::JsonLd, base))?
        .for_slice(text)
        .with_load_document_callback(move |address, _| {
            contexts.document(address).ok_or_else(|| {
                format!("the context `{address}` is not among the contexts of this program, and nothing is fetched").into()
            })
        });
    for quad in parser {
        let quad = quad.map_err(|error| json_ld_error(&error))?;
        let triple = Triple::new(quad.subject, quad.predicate, quad.object);
        add(graph, &triple, Syntax::JsonLd)?;
    }
    Ok(())
}

fn json_ld_error(error: &JsonLdSyntaxError) -> ReadError {
    let start = error.location().map(|range| range.start);
    ReadError {
        syntax: Syntax::JsonLd,
        line: start.map(|start| start.line + 1),
        column: start.map(|start| start.column + 1),
        problem: error.to_string(),
    }
}

fn read_rdf_xml(text: &str, base: &str, graph: &mut Graph) -> Result<(), ReadError> {
    let mut parser = RdfXmlParser::new()
        .with_base_iri(base)
        .map_err(|_| wrong_base(Syntax::RdfXml, base))?
        .for_slice(text);
    loop {
        match parser.next() {
            None => return Ok(()),
            Some(Ok(triple)) => add(graph, &triple, Syntax::RdfXml)?,
            Some(Err(error)) => {
                let offset = usize::try_from(parser.buffer_position()).unwrap_or_default();
                let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
                return Err(ReadError::at_offset(
                    Syntax::RdfXml,
                    before,
                    error.to_string(),
                ));
            }
        }
    }
}

fn add(graph: &mut Graph, triple: &Triple, syntax: Syntax) -> Result<(), ReadError> {
    if let TermRef::Literal(literal) = triple.object.as_ref()
        && literal.value().len() > RDF_LITERAL_BYTES_MAX
    {
        return Err(ReadError::whole(
            syntax,
            format!(
                "a text of {} bytes at `{}`; at most {RDF_LITERAL_BYTES_MAX} are read",
                literal.value().len(),
                triple.predicate.as_str()
            ),
        ));
    }
    graph.insert(triple);
    if graph.len() > RDF_TRIPLES_MAX {
        return Err(ReadError::whole(
            syntax,
            format!("the file holds more than {RDF_TRIPLES_MAX} statements"),
        ));
    }
    Ok(())
}
