//! A catalogue of others, read into descriptions like our own, with a report. Nothing is taken over by itself: the
//! drafts are files for a person to look at.

mod dataset;
mod upgrade;

use std::collections::BTreeMap;

use catalogue::Catalogue;
use catalogue::register::Register;
use oxrdf::{Graph, NamedOrBlankNode, vocab::rdf};
use serde::Serialize;

pub use upgrade::{Aliases, Change};

use crate::Mapping;
use crate::rdf::words::word;
use dataset::Reader;

/// What an import found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    /// What was written in the words of earlier releases.
    pub upgraded: Vec<Change>,
    /// Datasets read, in order of their addresses.
    pub datasets: Vec<ImportedDataset>,
    /// What a person should know of the file as a whole.
    pub remarks: Vec<String>,
}

/// A dataset of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportedDataset {
    /// Its address in the file.
    pub address: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The description as a draft.
    pub draft: Register,
    /// Properties of the dataset that the draft has no place for.
    pub left_out: Vec<String>,
    /// What a person should look at.
    pub remarks: Vec<String>,
}

/// What becomes of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The catalogue has no source of its name.
    New,
    /// The catalogue has one that says the same in everything that the file states.
    Unchanged,
    /// The catalogue has one that says something else.
    Differs,
    /// An earlier dataset of the file has the same identifier.
    Repeated,
}

/// Reads the datasets of a graph.
pub fn import(
    graph: &Graph,
    catalogue: &Catalogue,
    mapping: &Mapping,
    aliases: &Aliases,
) -> ImportReport {
    let (graph, upgraded) = aliases.upgrade(graph);
    let reader = Reader {
        graph: &graph,
        catalogue,
        mapping,
    };
    let mut nodes: Vec<NamedOrBlankNode> = graph
        .subjects_for_predicate_object(rdf::TYPE, &word("dcat:Dataset"))
        .map(oxrdf::NamedOrBlankNodeRef::into_owned)
        .collect();
    nodes.sort_by_cached_key(ToString::to_string);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut datasets = Vec::new();
    for node in nodes {
        let mut dataset = reader.dataset(&node);
        if let Some(first) = seen.get(&dataset.draft.id) {
            dataset.outcome = Outcome::Repeated;
            dataset
                .remarks
                .push(format!("`{first}` has the same identifier"));
        } else {
            seen.insert(dataset.draft.id.clone(), dataset.address.clone());
        }
        datasets.push(dataset);
    }
    let mut remarks = circles(&graph);
    if datasets.is_empty() {
        remarks.push("the file describes no dcat:Dataset".to_owned());
    }
    ImportReport {
        upgraded,
        datasets,
        remarks,
    }
}

/// Series and versions that lead back to themselves.
fn circles(graph: &Graph) -> Vec<String> {
    let mut remarks = Vec::new();
    for property in [
        "dcat:inSeries",
        "dcat:prev",
        "dct:isVersionOf",
        "dct:isPartOf",
    ] {
        let links: BTreeMap<String, Vec<String>> = graph
            .triples_for_predicate(&word(property))
            .fold(BTreeMap::new(), |mut links, triple| {
                links
                    .entry(triple.subject.to_string())
                    .or_insert_with(Vec::new)
                    .push(triple.object.to_string());
                links
            });
        for start in links.keys() {
            let mut reached: Vec<&String> = links.get(start).into_iter().flatten().collect();
            let mut next = 0;
            while let Some(node) = reached.get(next).copied() {
                for further in links.get(node).into_iter().flatten() {
                    if !reached.contains(&further) {
                        reached.push(further);
                    }
                }
                next += 1;
            }
            if reached.contains(&start) {
                remarks.push(format!("{start} leads back to itself by {property}"));
            }
        }
    }
    remarks
}
