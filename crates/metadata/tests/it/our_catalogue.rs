//! The catalogue of the repository as others read it: every source, every level, every syntax.

use crate::support;

use catalogue::{Catalogue, ContentFile};
use metadata::rdf::{Graph, Syntax, is_same, write};
use metadata::{AccessLevel, Agents, Exporter, Mapping, Standards};

pub(crate) struct Fixture {
    pub(crate) catalogue: Catalogue,
    pub(crate) mapping: Mapping,
    pub(crate) agents: Agents,
    pub(crate) standards: Standards,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let files = support::content();
        let all = || files.iter().map(|(path, text)| ContentFile { path, text });
        let standards = Standards::from_files(all()).unwrap();
        Self {
            catalogue: Catalogue::from_files(all()).unwrap(),
            mapping: Mapping::parse(standards.file("mapping.toml").unwrap()).unwrap(),
            agents: Agents::from_files(all()).unwrap(),
            standards,
        }
    }

    pub(crate) fn exporter(&self) -> Exporter<'_> {
        Exporter {
            catalogue: &self.catalogue,
            mapping: &self.mapping,
            agents: &self.agents,
            base: "https://sund.example",
        }
    }

    fn violations(&self, graph: &Graph, profile: &str) -> Vec<String> {
        let report = self.standards.validate(graph, profile).unwrap();
        report
            .violations
            .iter()
            .chain(&report.beyond)
            .map(|finding| format!("{finding:?}"))
            .collect()
    }
}

#[test]
fn every_source_conforms_to_the_profile_on_dcat_ap() {
    let fixture = Fixture::new();
    let mut sources = 0;
    for register in fixture.catalogue.registers() {
        let graph = fixture
            .exporter()
            .register(register, AccessLevel::NonPublic);
        let found = fixture.violations(&graph, "r8+dcat-ap");
        assert!(found.is_empty(), "{}:\n{}", register.id, found.join("\n"));
        sources += 1;
    }
    assert!(sources >= 208);
}

#[test]
fn a_source_conforms_at_every_level_of_access() {
    let fixture = Fixture::new();
    for id in ["lmdb", "airgis"] {
        let register = fixture.catalogue.register(id).unwrap();
        for (level, profile) in [
            (AccessLevel::Public, "r8-public+dcat-ap"),
            (AccessLevel::Restricted, "r8-restricted+dcat-ap"),
            (AccessLevel::NonPublic, "r8+dcat-ap"),
        ] {
            let graph = fixture.exporter().register(register, level);
            assert_eq!(fixture.violations(&graph, profile), Vec::<String>::new());
            let report = fixture.standards.validate_by_access(&graph).unwrap();
            assert!(
                report.conforms && profile.starts_with(&report.profile)
                    || level == AccessLevel::NonPublic
            );
        }
    }
}

#[test]
fn the_whole_catalogue_conforms_and_states_every_source_once() {
    let fixture = Fixture::new();
    let graph = fixture.exporter().catalogue(fixture.catalogue.registers());
    assert_eq!(
        fixture.violations(&graph, "r8+dcat-ap"),
        Vec::<String>::new()
    );
    let records = graph
        .triples_for_predicate(&metadata::rdf::words::word("dcat:record"))
        .count();
    assert_eq!(records, fixture.catalogue.registers().count());
}

#[test]
fn a_record_is_the_same_graph_in_every_syntax_and_the_same_text_every_time() {
    let fixture = Fixture::new();
    for id in ["lmdb", "lpr3", "rkkp_dvdd", "airgis"] {
        let register = fixture.catalogue.register(id).unwrap();
        let graph = fixture
            .exporter()
            .register(register, AccessLevel::NonPublic);
        for syntax in Syntax::ALL {
            let text = write(&graph, syntax);
            assert_eq!(text, write(&graph, syntax));
            let again = fixture.standards.read(text.as_bytes(), syntax).unwrap();
            assert!(is_same(&graph, &again), "{id} as {}", syntax.title());
        }
    }
}
