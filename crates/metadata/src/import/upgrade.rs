//! What earlier releases wrote, in the words of R8: `content/standards/aliases.toml`.

use std::collections::BTreeMap;

use catalogue::ContentError;
use oxrdf::{Graph, Literal, NamedNode, Term, Triple};
use serde::{Deserialize, Serialize};

use crate::rdf::words::{short, word};

const FILE: &str = "standards/aliases.toml";

/// Old words and new ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    literal_properties: Vec<String>,
    count_properties: Vec<String>,
    prefix: Vec<Alias>,
    property: Vec<Alias>,
    coding_systems: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Alias {
    from: String,
    to: String,
}

/// Something that was written anew, and how often.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
    /// How often.
    pub times: usize,
}

const WIKIDATA: &str = "https://www.wikidata.org/entity/";
const VOCABULARY: &str =
    "https://hdeu-dcat.data.health.europa.eu/resource/authority/coding-system/";

impl Aliases {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, ContentError> {
        toml::from_str(text)
            .map_err(|error| ContentError::new(FILE, error.to_string().trim_end().to_owned()))
    }

    /// The graph in the words of R8, and what was changed.
    pub fn upgrade(&self, graph: &Graph) -> (Graph, Vec<Change>) {
        let mut upgraded = Graph::new();
        let mut changes: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut note = |from: String, to: String| {
            if from != to {
                *changes.entry((from, to)).or_default() += 1;
            }
        };
        for triple in graph {
            let predicate = self.property(triple.predicate.as_str());
            note(short(triple.predicate.as_str()), short(predicate.as_str()));
            let before = triple.object.into_owned();
            let object = self.object(&predicate, &before);
            if object != before {
                note(plain(&before), plain(&object));
            }
            upgraded.insert(&Triple::new(triple.subject.into_owned(), predicate, object));
        }
        state_structure(&mut upgraded, &mut note);
        let changes = changes
            .into_iter()
            .map(|((from, to), times)| Change { from, to, times })
            .collect();
        (upgraded, changes)
    }

    fn property(&self, address: &str) -> NamedNode {
        let renamed = self.property.iter().find(|alias| alias.from == address);
        NamedNode::new_unchecked(renamed.map_or(address, |alias| alias.to.as_str()))
    }

    fn object(&self, predicate: &NamedNode, object: &Term) -> Term {
        let is_in = |list: &[String]| list.iter().any(|known| known == predicate.as_str());
        match object {
            Term::NamedNode(node) => {
                let moved = self.moved(node.as_str());
                if is_in(&self.literal_properties) {
                    let last = moved.rsplit(['/', '#']).next().unwrap_or(&moved);
                    return Literal::new_simple_literal(last).into();
                }
                match moved
                    .strip_prefix(WIKIDATA)
                    .and_then(|entity| self.coding_systems.get(entity))
                {
                    Some(code) if *predicate == word("healthdcatap:hasCodingSystem") => {
                        NamedNode::new_unchecked(format!("{VOCABULARY}{code}")).into()
                    }
                    _ => NamedNode::new_unchecked(moved).into(),
                }
            }
            Term::Literal(literal) if is_in(&self.count_properties) => {
                count(literal).unwrap_or_else(|| object.clone())
            }
            _ => object.clone(),
        }
    }

    fn moved(&self, address: &str) -> String {
        self.prefix
            .iter()
            .fold(address.to_owned(), |address, alias| {
                match address.strip_prefix(&alias.from) {
                    Some(rest) => format!("{}{rest}", alias.to),
                    None => address,
                }
            })
    }
}

/// A whole number of any type as the type that R8 asks for; none for what is no whole number.
fn count(literal: &Literal) -> Option<Term> {
    let text = literal.value().trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok()?;
    part.chars().all(|digit| digit == '0').then(|| {
        Literal::new_typed_literal(whole.to_string(), word("xsd:nonNegativeInteger")).into()
    })
}

/// Earlier releases did not state whether there are structured data; that variables are given says it.
fn state_structure(graph: &mut Graph, note: &mut impl FnMut(String, String)) {
    let stated = word("healthdcatap:hasStructuredData");
    let datasets: Vec<_> = graph
        .triples_for_predicate(&word("healthdcatap:hasVariables"))
        .map(|triple| triple.subject.into_owned())
        .collect();
    for dataset in datasets {
        if graph
            .object_for_subject_predicate(&dataset, &stated)
            .is_none()
        {
            graph.insert(&Triple::new(dataset, stated.clone(), Literal::from(true)));
            note(
                "healthdcatap:hasStructuredData not stated".to_owned(),
                "true, as variables are given".to_owned(),
            );
        }
    }
}

fn plain(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => short(node.as_str()),
        Term::Literal(literal) => literal.to_string(),
        Term::BlankNode(node) => node.to_string(),
    }
}
