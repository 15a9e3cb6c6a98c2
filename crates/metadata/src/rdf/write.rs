//! From a graph to bytes, in a stable order: the same graph gives the same file.

use std::collections::BTreeMap;
use std::io;

use oxjsonld::JsonLdSerializer;
use oxrdf::{Graph, GraphNameRef, NamedNodeRef, TermRef, TripleRef, vocab::rdf};
use oxrdfxml::RdfXmlSerializer;
use oxttl::TurtleSerializer;

use super::{Syntax, words};

/// Writes a graph. Texts are escaped by the syntax, whatever they hold.
pub fn write(graph: &Graph, syntax: Syntax) -> String {
    let written = match syntax {
        Syntax::Turtle => write_turtle(graph),
        Syntax::JsonLd => write_json_ld(graph),
        Syntax::RdfXml => write_rdf_xml(graph),
    };
    let bytes = written.expect("invariant: writing to memory does not fail");
    String::from_utf8(bytes).expect("invariant: every serializer writes UTF-8")
}

/// Statements by subject, its type first: that is how people read them and what the syntaxes fold together.
fn in_order(graph: &Graph) -> Vec<TripleRef<'_>> {
    let mut by_key: BTreeMap<(String, bool, &str, String), TripleRef<'_>> = BTreeMap::new();
    for triple in graph {
        let key = (
            triple.subject.to_string(),
            triple.predicate != rdf::TYPE,
            triple.predicate.as_str(),
            triple.object.to_string(),
        );
        by_key.insert(key, triple);
    }
    by_key.into_values().collect()
}

/// The prefixes that the graph uses; others only make a file longer.
fn prefixes(graph: &Graph) -> Vec<(&'static str, &'static str)> {
    let mut used: Vec<(&str, &str)> = Vec::new();
    let mut note = |node: NamedNodeRef<'_>| {
        if let Some((prefix, _)) = words::split(node.as_str())
            && !used.contains(&prefix)
        {
            used.push(prefix);
        }
    };
    for triple in graph {
        note(triple.predicate);
        match triple.object {
            TermRef::NamedNode(node) => note(node),
            TermRef::Literal(literal) => note(literal.datatype()),
            TermRef::BlankNode(_) => {}
        }
    }
    used.sort_unstable();
    used
}

fn write_turtle(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, address) in prefixes(graph) {
        serializer = serializer
            .with_prefix(prefix, address)
            .map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in in_order(graph) {
        writer.serialize_triple(triple)?;
    }
    writer.finish()
}

fn write_json_ld(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut serializer = JsonLdSerializer::new();
    for (prefix, address) in prefixes(graph) {
        serializer = serializer
            .with_prefix(prefix, address)
            .map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in in_order(graph) {
        writer.serialize_quad(triple.in_graph(GraphNameRef::DefaultGraph))?;
    }
    writer.finish()
}

fn write_rdf_xml(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut serializer = RdfXmlSerializer::new();
    for (prefix, address) in prefixes(graph) {
        serializer = serializer
            .with_prefix(prefix, address)
            .map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in in_order(graph) {
        writer.serialize_triple(triple)?;
    }
    writer.finish()
}
