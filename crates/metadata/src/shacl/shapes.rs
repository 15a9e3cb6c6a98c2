//! Shapes, compiled from the graph that states them.

use std::collections::BTreeMap;

use oxrdf::{Graph, Literal, NamedNode, Term, TermRef, vocab::rdf};
use regex::Regex;

use super::path::{Path, list_items, objects};
use super::report::Severity;
use crate::rdf::words::{short, word};

/// Number of a shape within its set.
pub(super) type ShapeId = usize;

/// A set of shapes.
#[derive(Debug, Clone, Default)]
pub struct Shapes {
    pub(super) list: Vec<Shape>,
    by_node: BTreeMap<String, ShapeId>,
    passed_over: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) path: Option<Path>,
    pub(super) targets: Vec<Target>,
    pub(super) severity: Option<Severity>,
    pub(super) message: Option<String>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) properties: Vec<PropertyLink>,
    pub(super) deactivated: bool,
}

/// A shape that is the value of `sh:property`, and whether it has the path that makes it one.
#[derive(Debug, Clone)]
pub(super) struct PropertyLink {
    pub(super) shape: ShapeId,
    pub(super) beyond: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Target {
    Class(NamedNode),
    Node(Term),
    SubjectsOf(NamedNode),
    ObjectsOf(NamedNode),
}

#[derive(Debug, Clone)]
pub(super) enum Constraint {
    Class(NamedNode),
    Datatype(NamedNode),
    NodeKind(NamedNode),
    MinCount(usize),
    MaxCount(usize),
    Bound { kind: BoundKind, limit: Literal },
    MinLength(usize),
    MaxLength(usize),
    Pattern(Regex),
    LanguageIn(Vec<String>),
    UniqueLang,
    HasValue(Term),
    In(Vec<Term>),
    Node { shape: ShapeId, beyond: bool },
    Not(ShapeId),
    And(Vec<ShapeId>),
    Or(Vec<ShapeId>),
    Xone(Vec<ShapeId>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoundKind {
    MinExclusive,
    MinInclusive,
    MaxExclusive,
    MaxInclusive,
}

/// Parameters that change nothing of what a shape says.
const SILENT: [&str; 12] = [
    "sh:defaultValue",
    "sh:deactivated",
    "sh:description",
    "sh:extends",
    "sh:flags",
    "sh:group",
    "sh:message",
    "sh:name",
    "sh:order",
    "sh:path",
    "sh:property",
    "sh:severity",
];

impl Shapes {
    /// Compiles every shape of a graph. A pattern that is no regular expression is an error.
    pub fn compile(graph: &Graph) -> Result<Self, String> {
        let mut shapes = Self::default();
        let node_shape = word("sh:NodeShape");
        let targets = [
            "sh:targetClass",
            "sh:targetNode",
            "sh:targetSubjectsOf",
            "sh:targetObjectsOf",
        ];
        let mut roots: Vec<Term> = graph
            .subjects_for_predicate_object(rdf::TYPE, &node_shape)
            .chain(graph.subjects_for_predicate_object(rdf::TYPE, &word("sh:PropertyShape")))
            .map(|subject| Term::from(subject.into_owned()))
            .collect();
        for target in targets {
            roots.extend(
                graph
                    .triples_for_predicate(&word(target))
                    .map(|triple| Term::from(triple.subject.into_owned())),
            );
        }
        roots.sort_by_cached_key(ToString::to_string);
        roots.dedup();
        for root in roots {
            shapes.add(graph, &root)?;
        }
        shapes.passed_over.sort();
        shapes.passed_over.dedup();
        Ok(shapes)
    }

    /// Parameters of the graph that are not evaluated, as `sh:closed`: whoever reads a report should know.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    pub(super) fn get(&self, id: ShapeId) -> Option<&Shape> {
        self.list.get(id)
    }

    fn add(&mut self, graph: &Graph, node: &Term) -> Result<ShapeId, String> {
        let key = node.to_string();
        if let Some(id) = self.by_node.get(&key) {
            return Ok(*id);
        }
        // The place is taken before the parts are read: shapes may refer to each other in circles.
        let id = self.list.len();
        self.list.push(Shape::default());
        self.by_node.insert(key, id);
        let mut shape = Shape {
            path: objects(graph, node, &word("sh:path"))
                .first()
                .and_then(|path| Path::parse(graph, path.as_ref())),
            targets: targets_of(graph, node),
            severity: severity_of(graph, node),
            message: message_of(graph, node),
            deactivated: flag(graph, node, "sh:deactivated"),
            ..Shape::default()
        };
        for property in sorted(objects(graph, node, &word("sh:property"))) {
            let part = self.add(graph, &property)?;
            shape.properties.push(PropertyLink {
                shape: part,
                beyond: objects(graph, &property, &word("sh:path")).is_empty(),
            });
        }
        shape.constraints = self.constraints_of(graph, node)?;
        if let Some(place) = self.list.get_mut(id) {
            *place = shape;
        }
        Ok(id)
    }

    fn constraints_of(&mut self, graph: &Graph, node: &Term) -> Result<Vec<Constraint>, String> {
        let mut constraints = Vec::new();
        for (parameter, value) in parameters(graph, node) {
            let name = short(parameter.as_str());
            if !name.starts_with("sh:")
                || name.starts_with("sh:target")
                || SILENT.contains(&name.as_str())
            {
                continue;
            }
            let constraint = match self.shape_constraint(graph, &name, &value)? {
                Some(constraint) => Some(constraint),
                None => value_constraint(graph, node, &name, &value)?,
            };
            match constraint {
                Some(constraint) => constraints.push(constraint),
                None if is_true_or_absent(&name, &value) => {}
                None => self.passed_over.push(name),
            }
        }
        Ok(constraints)
    }

    /// Constraints whose value is a shape or a list of shapes.
    fn shape_constraint(
        &mut self,
        graph: &Graph,
        name: &str,
        value: &Term,
    ) -> Result<Option<Constraint>, String> {
        let list = |shapes: &mut Self| {
            list_items(graph, value.as_ref())
                .iter()
                .map(|item| shapes.add(graph, item))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Some(match name {
            "sh:node" => Constraint::Node {
                shape: self.add(graph, value)?,
                beyond: false,
            },
            "sh:shape" => Constraint::Node {
                shape: self.add(graph, value)?,
                beyond: true,
            },
            "sh:not" => Constraint::Not(self.add(graph, value)?),
            "sh:and" => Constraint::And(list(self)?),
            "sh:or" => Constraint::Or(list(self)?),
            "sh:xone" => Constraint::Xone(list(self)?),
            _ => return Ok(None),
        }))
    }
}

/// `sh:closed false` and its like say nothing.
fn is_true_or_absent(name: &str, value: &Term) -> bool {
    matches!(name, "sh:closed" | "sh:uniqueLang" | "sh:ignoredProperties")
        && !matches!(value, Term::Literal(literal) if literal.value() == "true")
}

/// Constraints whose value is a term.
fn value_constraint(
    graph: &Graph,
    node: &Term,
    name: &str,
    value: &Term,
) -> Result<Option<Constraint>, String> {
    let bound = |kind| match value {
        Term::Literal(limit) => Some(Constraint::Bound {
            kind,
            limit: limit.clone(),
        }),
        _ => None,
    };
    Ok(match (name, value) {
        ("sh:class", Term::NamedNode(class)) => Some(Constraint::Class(class.clone())),
        ("sh:datatype", Term::NamedNode(datatype)) => Some(Constraint::Datatype(datatype.clone())),
        ("sh:nodeKind", Term::NamedNode(kind)) => Some(Constraint::NodeKind(kind.clone())),
        ("sh:minCount", _) => number(value).map(Constraint::MinCount),
        ("sh:maxCount", _) => number(value).map(Constraint::MaxCount),
        ("sh:minLength", _) => number(value).map(Constraint::MinLength),
        ("sh:maxLength", _) => number(value).map(Constraint::MaxLength),
        ("sh:minExclusive", _) => bound(BoundKind::MinExclusive),
        ("sh:minInclusive", _) => bound(BoundKind::MinInclusive),
        ("sh:maxExclusive", _) => bound(BoundKind::MaxExclusive),
        ("sh:maxInclusive", _) => bound(BoundKind::MaxInclusive),
        ("sh:pattern", Term::Literal(pattern)) => Some(Constraint::Pattern(regex_of(
            pattern.value(),
            &flags_of(graph, node),
        )?)),
        ("sh:languageIn", list) => Some(Constraint::LanguageIn(
            list_items(graph, list.as_ref())
                .iter()
                .filter_map(literal_text)
                .collect(),
        )),
        ("sh:uniqueLang", Term::Literal(flag)) if flag.value() == "true" => {
            Some(Constraint::UniqueLang)
        }
        ("sh:hasValue", _) => Some(Constraint::HasValue(value.clone())),
        ("sh:in", list) => Some(Constraint::In(list_items(graph, list.as_ref()))),
        _ => None,
    })
}

fn regex_of(pattern: &str, flags: &str) -> Result<Regex, String> {
    let flags: String = flags
        .chars()
        .filter(|flag| "imsx".contains(*flag))
        .collect();
    let full = if flags.is_empty() {
        pattern.to_owned()
    } else {
        format!("(?{flags}){pattern}")
    };
    Regex::new(&full).map_err(|_| format!("sh:pattern `{pattern}` is no regular expression"))
}

fn parameters(graph: &Graph, node: &Term) -> Vec<(NamedNode, Term)> {
    let of =
        |triple: oxrdf::TripleRef<'_>| (triple.predicate.into_owned(), triple.object.into_owned());
    let mut parameters: Vec<(NamedNode, Term)> = match node {
        Term::NamedNode(subject) => graph.triples_for_subject(subject).map(of).collect(),
        Term::BlankNode(subject) => graph.triples_for_subject(subject).map(of).collect(),
        Term::Literal(_) => Vec::new(),
    };
    parameters.sort_by_cached_key(|(name, value)| (name.as_str().to_owned(), value.to_string()));
    parameters
}

fn sorted(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_by_cached_key(ToString::to_string);
    terms
}

fn targets_of(graph: &Graph, node: &Term) -> Vec<Target> {
    let named = |name: &str| {
        objects(graph, node, &word(name))
            .into_iter()
            .filter_map(|term| match term {
                Term::NamedNode(named) => Some(named),
                _ => None,
            })
    };
    let mut targets: Vec<Target> = named("sh:targetClass").map(Target::Class).collect();
    targets.extend(named("sh:targetSubjectsOf").map(Target::SubjectsOf));
    targets.extend(named("sh:targetObjectsOf").map(Target::ObjectsOf));
    targets.extend(
        objects(graph, node, &word("sh:targetNode"))
            .into_iter()
            .map(Target::Node),
    );
    // A shape that is a class as well is its own target.
    if let Term::NamedNode(class) = node
        && graph.contains(oxrdf::TripleRef::new(
            class,
            rdf::TYPE,
            word("rdfs:Class").as_ref(),
        ))
    {
        targets.push(Target::Class(class.clone()));
    }
    targets
}

fn severity_of(graph: &Graph, node: &Term) -> Option<Severity> {
    match objects(graph, node, &word("sh:severity")).first()? {
        Term::NamedNode(severity) if *severity == word("sh:Warning") => Some(Severity::Warning),
        Term::NamedNode(severity) if *severity == word("sh:Info") => Some(Severity::Info),
        _ => Some(Severity::Violation),
    }
}

/// The shape's own message, English before others.
fn message_of(graph: &Graph, node: &Term) -> Option<String> {
    let messages = sorted(objects(graph, node, &word("sh:message")));
    let english = messages.iter().find(|term| {
        matches!(term, Term::Literal(literal) if matches!(literal.language(), None | Some("en")))
    });
    english.or_else(|| messages.first()).and_then(literal_text)
}

fn flags_of(graph: &Graph, node: &Term) -> String {
    objects(graph, node, &word("sh:flags"))
        .first()
        .and_then(literal_text)
        .unwrap_or_default()
}

fn flag(graph: &Graph, node: &Term, name: &str) -> bool {
    objects(graph, node, &word(name))
        .first()
        .and_then(literal_text)
        .is_some_and(|text| text == "true")
}

fn literal_text(term: &Term) -> Option<String> {
    match term.as_ref() {
        TermRef::Literal(literal) => Some(literal.value().to_owned()),
        _ => None,
    }
}

fn number(term: &Term) -> Option<usize> {
    literal_text(term)?.parse().ok()
}
