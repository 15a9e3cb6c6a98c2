//! Paths from a node to its values.

use oxrdf::{Graph, NamedNode, Term, TermRef, vocab::rdf};

use crate::rdf::words::{short, word};

/// A property path of SHACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path {
    /// One property.
    Property(NamedNode),
    /// A property, read from value to subject.
    Inverse(Box<Self>),
    /// One after the other.
    Sequence(Vec<Self>),
    /// Any of them.
    Alternative(Vec<Self>),
    /// Any number of steps from `least` (0 or 1) on; one at most where `once`.
    Repeated {
        /// The step.
        step: Box<Self>,
        /// Whether the node itself counts.
        from_zero: bool,
        /// Whether there is at most one step.
        once: bool,
    },
}

impl Path {
    /// Reads the path that a shapes graph holds at a node.
    pub fn parse(graph: &Graph, node: TermRef<'_>) -> Option<Self> {
        Self::parse_at(graph, node, 0)
    }

    fn parse_at(graph: &Graph, node: TermRef<'_>, depth: usize) -> Option<Self> {
        if depth > base::limits::RDF_DEPTH_MAX {
            return None;
        }
        let subject = match node {
            TermRef::NamedNode(property) => return Some(Self::Property(property.into_owned())),
            TermRef::BlankNode(blank) => blank,
            TermRef::Literal(_) => return None,
        };
        let part = |name: &str| {
            graph
                .object_for_subject_predicate(subject, &word(name))
                .and_then(|term| Self::parse_at(graph, term, depth + 1))
                .map(Box::new)
        };
        let repeated = |step, from_zero, once| Self::Repeated {
            step,
            from_zero,
            once,
        };
        if let Some(step) = part("sh:inversePath") {
            return Some(Self::Inverse(step));
        }
        if let Some(step) = part("sh:zeroOrMorePath") {
            return Some(repeated(step, true, false));
        }
        if let Some(step) = part("sh:oneOrMorePath") {
            return Some(repeated(step, false, false));
        }
        if let Some(step) = part("sh:zeroOrOnePath") {
            return Some(repeated(step, true, true));
        }
        let parts = |list: TermRef<'_>| {
            list_items(graph, list)
                .into_iter()
                .map(|item| Self::parse_at(graph, item.as_ref(), depth + 1))
                .collect::<Option<Vec<_>>>()
        };
        match graph.object_for_subject_predicate(subject, &word("sh:alternativePath")) {
            Some(list) => parts(list).map(Self::Alternative),
            None if graph
                .object_for_subject_predicate(subject, rdf::FIRST)
                .is_some() =>
            {
                parts(node).map(Self::Sequence)
            }
            None => None,
        }
    }

    /// The values at the end of the path, each once, in a stable order.
    pub fn values(&self, graph: &Graph, from: &Term) -> Vec<Term> {
        let mut values = self.steps(graph, from);
        values.sort_by_cached_key(ToString::to_string);
        values.dedup();
        values
    }

    fn steps(&self, graph: &Graph, from: &Term) -> Vec<Term> {
        match self {
            Self::Property(property) => objects(graph, from, property),
            Self::Inverse(inner) => inner.steps_back(graph, from),
            Self::Sequence(parts) => parts.iter().fold(vec![from.clone()], |nodes, part| {
                nodes
                    .iter()
                    .flat_map(|node| part.values(graph, node))
                    .collect()
            }),
            Self::Alternative(parts) => parts
                .iter()
                .flat_map(|part| part.steps(graph, from))
                .collect(),
            Self::Repeated {
                step,
                from_zero,
                once,
            } => {
                let mut found = step.steps(graph, from);
                let mut next = 0;
                while !once && let Some(node) = found.get(next).cloned() {
                    for value in step.steps(graph, &node) {
                        if !found.contains(&value) {
                            found.push(value);
                        }
                    }
                    next += 1;
                }
                if *from_zero {
                    found.push(from.clone());
                }
                found
            }
        }
    }

    fn steps_back(&self, graph: &Graph, from: &Term) -> Vec<Term> {
        match self {
            Self::Property(property) => graph
                .subjects_for_predicate_object(property, from)
                .map(|subject| Term::from(subject.into_owned()))
                .collect(),
            Self::Inverse(inner) => inner.steps(graph, from),
            Self::Alternative(parts) => parts
                .iter()
                .flat_map(|part| part.steps_back(graph, from))
                .collect(),
            Self::Sequence(parts) => parts.iter().rev().fold(vec![from.clone()], |nodes, part| {
                nodes
                    .iter()
                    .flat_map(|node| part.steps_back(graph, node))
                    .collect()
            }),
            Self::Repeated {
                step,
                from_zero,
                once,
            } => Self::Repeated {
                step: Box::new(Self::Inverse(step.clone())),
                from_zero: *from_zero,
                once: *once,
            }
            .steps(graph, from),
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |parts: &[Self], between: &str| {
            let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
            format!("({})", parts.join(between))
        };
        match self {
            Self::Property(property) => formatter.write_str(&short(property.as_str())),
            Self::Inverse(inner) => write!(formatter, "^{inner}"),
            Self::Sequence(parts) => formatter.write_str(&joined(parts, "/")),
            Self::Alternative(parts) => formatter.write_str(&joined(parts, "|")),
            Self::Repeated {
                step,
                from_zero,
                once,
            } => {
                let sign = match (from_zero, once) {
                    (_, true) => "?",
                    (true, false) => "*",
                    (false, false) => "+",
                };
                write!(formatter, "{step}{sign}")
            }
        }
    }
}

/// Objects of a property at a node; a text has none.
pub(super) fn objects(graph: &Graph, node: &Term, property: &NamedNode) -> Vec<Term> {
    match node {
        Term::NamedNode(subject) => graph
            .objects_for_subject_predicate(subject, property)
            .map(TermRef::into_owned)
            .collect(),
        Term::BlankNode(subject) => graph
            .objects_for_subject_predicate(subject, property)
            .map(TermRef::into_owned)
            .collect(),
        Term::Literal(_) => Vec::new(),
    }
}

/// The items of an RDF list; a list that runs in a circle ends where it closes.
pub(super) fn list_items(graph: &Graph, list: TermRef<'_>) -> Vec<Term> {
    let mut items = Vec::new();
    let mut seen: Vec<Term> = Vec::new();
    let mut node = list.into_owned();
    while !seen.contains(&node) {
        items.extend(
            objects(graph, &node, &rdf::FIRST.into_owned())
                .into_iter()
                .take(1),
        );
        let rest = objects(graph, &node, &rdf::REST.into_owned());
        seen.push(node);
        match rest.into_iter().next() {
            Some(next) if next != Term::from(rdf::NIL.into_owned()) => node = next,
            _ => break,
        }
    }
    items
}
