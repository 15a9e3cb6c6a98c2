//! Catalogues of others, read into drafts.

use metadata::AccessLevel;
use metadata::import::{Aliases, ImportReport, Outcome, import};
use metadata::rdf::{Graph, Syntax};

use crate::our_catalogue::Fixture;
use crate::support;

fn imported(fixture: &Fixture, graph: &Graph) -> ImportReport {
    let aliases = Aliases::parse(fixture.standards.file("aliases.toml").unwrap()).unwrap();
    import(graph, &fixture.catalogue, &fixture.mapping, &aliases)
}

#[test]
fn what_we_export_comes_back_unchanged() {
    let fixture = Fixture::new();
    for register in fixture.catalogue.registers() {
        let graph = fixture
            .exporter()
            .register(register, AccessLevel::NonPublic);
        let report = imported(&fixture, &graph);
        assert_eq!(report.datasets.len(), 1, "{}", register.id);
        let dataset = &report.datasets[0];
        assert_eq!(
            dataset.outcome,
            Outcome::Unchanged,
            "{}: {:?}",
            register.id,
            dataset.draft
        );
        assert!(report.upgraded.is_empty(), "{:?}", report.upgraded);
    }
}

#[test]
fn a_record_of_an_early_release_is_read_in_the_words_of_this_one() {
    let fixture = Fixture::new();
    let graph = support::read(
        &fixture.standards,
        "ckanext-dcat-examples/dataset_health.ttl",
    )
    .unwrap();
    let report = imported(&fixture, &graph);
    assert_eq!(report.datasets.len(), 1);
    let dataset = &report.datasets[0];
    assert_eq!(dataset.outcome, Outcome::New);
    assert!(!dataset.draft.name.en.is_empty());
    let changed: Vec<&str> = report
        .upgraded
        .iter()
        .map(|change| change.to.as_str())
        .collect();
    assert!(
        changed.iter().any(|to| to.contains("coding-system/")),
        "{changed:?}"
    );
    assert!(changed.contains(&"dct:type"), "{changed:?}");
}

#[test]
fn a_draft_is_a_register_file_that_the_catalogue_reads() {
    let fixture = Fixture::new();
    for path in [
        "r8/examples/example-healthdcat-dataset.ttl",
        "derived-danish/lmdb-nonpublic.ttl",
    ] {
        let graph = support::read(&fixture.standards, path).unwrap();
        let report = imported(&fixture, &graph);
        let draft = &report.datasets[0].draft;
        let text = toml::to_string(draft).unwrap();
        let name = format!("registers/{}.toml", draft.id);
        let file = catalogue::ContentFile {
            path: &name,
            text: &text,
        };
        let read = catalogue::Catalogue::from_files([file]).unwrap();
        assert_eq!(read.register(&draft.id), Some(draft), "{path}");
        assert!(!draft.tables.is_empty(), "{path}");
    }
}

#[test]
fn repeated_identifiers_circles_and_hidden_letters_are_told() {
    let fixture = Fixture::new();
    let text = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        <urn:a> a dcat:Dataset ; dct:identifier \"same\" ; dct:title \"ti\\u202Etle\"@en ; dcat:inSeries <urn:b> .
        <urn:b> a dcat:Dataset ; dct:identifier \"same\" ; dct:title \"<script>\"@da ; dcat:inSeries <urn:a> .";
    let graph = fixture
        .standards
        .read(text.as_bytes(), Syntax::Turtle)
        .unwrap();
    let report = imported(&fixture, &graph);
    assert_eq!(report.datasets[0].draft.name.en, "title");
    assert!(
        report.datasets[0]
            .remarks
            .iter()
            .any(|remark| remark.contains("cannot be seen"))
    );
    assert_eq!(report.datasets[1].outcome, Outcome::Repeated);
    assert_eq!(report.remarks.len(), 2, "{:?}", report.remarks);
}
