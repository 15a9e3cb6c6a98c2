//! Files that are broken, huge or hostile: a clear message with the place, and nothing fetched.

use crate::support;

use base::limits::{RDF_BYTES_MAX, RDF_DEPTH_MAX, RDF_LITERAL_BYTES_MAX};
use metadata::rdf::{Syntax, is_same, write};

#[test]
fn the_published_broken_files_name_line_and_column() {
    let standards = support::standards();
    for path in [
        "dcat-ap-3.0.1/examples/example-bee-population-dataset-series-combined.ttl",
        "gdi-metadata/Identifier.ttl",
    ] {
        let error = support::read(&standards, path).unwrap_err();
        assert!(error.line.is_some() && error.column.is_some(), "{path}");
        assert!(error.to_string().contains("not read as Turtle"), "{error}");
    }
}

#[test]
fn a_mistake_is_told_with_its_line_in_every_syntax() {
    let standards = support::standards();
    for (syntax, text, line) in [
        (
            Syntax::Turtle,
            "<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> ; .",
            2,
        ),
        (Syntax::JsonLd, "{\n \"@id\": \"urn:a\",\n oops }", 3),
        (
            Syntax::RdfXml,
            "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<rdf:Description></oops></rdf:RDF>",
            3,
        ),
    ] {
        let error = standards.read(text.as_bytes(), syntax).unwrap_err();
        assert_eq!(error.line, Some(line), "{error}");
    }
    let error = standards
        .read(b"<urn:a> <urn:b> \"\xff\" .", Syntax::Turtle)
        .unwrap_err();
    assert_eq!(error.column, Some(18));
}

#[test]
fn a_context_that_is_no_file_here_is_refused_by_name() {
    let standards = support::standards();
    let text = br#"{"@context": "https://evil.example/c.jsonld", "@id": "urn:a", "name": "x"}"#;
    let error = standards.read(text, Syntax::JsonLd).unwrap_err();
    assert!(
        error.problem.contains("https://evil.example/c.jsonld"),
        "{error}"
    );
}

#[test]
fn what_would_grow_without_end_is_refused_before_it_is_parsed() {
    let standards = support::standards();
    let deep = "[".repeat(RDF_DEPTH_MAX + 1);
    let error = standards.read(deep.as_bytes(), Syntax::JsonLd).unwrap_err();
    assert!(error.problem.contains("nests"), "{error}");
    let large = vec![b' '; RDF_BYTES_MAX + 1];
    let error = standards.read(&large, Syntax::Turtle).unwrap_err();
    assert!(error.problem.contains("bytes"), "{error}");
    let laughs = "<!DOCTYPE r [<!ENTITY a \"ha\">\n<!ENTITY b \"&a;&a;\">]><r>&b;</r>";
    let error = standards
        .read(laughs.as_bytes(), Syntax::RdfXml)
        .unwrap_err();
    assert_eq!(error.line, Some(2));
    let title = "x".repeat(RDF_LITERAL_BYTES_MAX + 1);
    let long = format!("<urn:a> <urn:title> \"{title}\" .");
    let error = standards.read(long.as_bytes(), Syntax::Turtle).unwrap_err();
    assert!(error.problem.contains("urn:title"), "{error}");
}

#[test]
fn every_example_reads_the_same_after_each_syntax() {
    let standards = support::standards();
    for path in [
        "r8/examples/example-healthdcat-dataset.ttl",
        "r8/examples/ARCA.ttl",
        "ckanext-dcat-examples/dataset_health.ttl",
        "dcat-ap-dk-3.0.0/extended-example1.ttl",
        "dcat-ap-dk-3.0.0/basic-example1.rdf",
        "dcat-ap-3.0.1/examples/example-bee-population.jsonld",
        "derived-danish/lmdb-nonpublic.ttl",
        "health-ri/example-dataset.ttl",
    ] {
        let graph = support::read(&standards, path).unwrap();
        for syntax in Syntax::ALL {
            let text = write(&graph, syntax);
            let again = standards.read(text.as_bytes(), syntax).unwrap();
            assert!(is_same(&graph, &again), "{path} as {}", syntax.title());
        }
    }
}

#[test]
fn texts_that_would_break_out_of_a_syntax_stay_texts() {
    let standards = support::standards();
    let hostile =
        "</rdf:RDF><script>alert(1)</script> \u{202e}drowssap \\\" ' ]]> \u{0}\u{7f} \n\r\t 𝕊";
    let hostile: String = hostile
        .chars()
        .filter(|letter| *letter != '\u{0}')
        .collect();
    let mut graph = metadata::rdf::Graph::new();
    let node = oxrdf::NamedNode::new("urn:a").unwrap();
    graph.insert(&oxrdf::Triple::new(
        node.clone(),
        oxrdf::NamedNode::new("http://purl.org/dc/terms/title").unwrap(),
        oxrdf::Literal::new_simple_literal(&hostile),
    ));
    for syntax in Syntax::ALL {
        let text = write(&graph, syntax);
        let again = standards.read(text.as_bytes(), syntax).unwrap();
        assert!(is_same(&graph, &again), "{}:\n{text}", syntax.title());
    }
}
