//! A graph, held against shapes.

use std::collections::BTreeSet;

use oxrdf::{Graph, NamedNode, NamedNodeRef, Term, vocab::rdf};

use super::compare;
use super::report::{Finding, Severity};
use super::shapes::{BoundKind, Constraint, Shape, ShapeId, Shapes, Target};
use crate::rdf::words::word;
use crate::shacl::path::objects;

/// Shapes within shapes: those of a circle are taken to hold.
const DEPTH_MAX: usize = 30;

/// Everything that the shapes find in a graph, in the order of severity, focus and path. Nothing is inferred but
/// subclasses that the graph itself states.
pub fn validate(data: &Graph, shapes: &Shapes) -> Vec<Finding> {
    let check = Check { data, shapes };
    let mut findings = Vec::new();
    for (id, shape) in shapes.list.iter().enumerate() {
        for focus in check.focus_nodes(shape) {
            check.shape(id, &focus, Place::default(), &mut findings);
        }
    }
    findings.sort();
    findings
}

struct Check<'a> {
    data: &'a Graph,
    shapes: &'a Shapes,
}

/// How a shape was reached.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    depth: usize,
    beyond: bool,
}

/// A constraint at a focus node, with its values.
struct Site<'a> {
    shape: &'a Shape,
    focus: &'a Term,
    values: &'a [Term],
    place: Place,
}

impl Check<'_> {
    fn focus_nodes(&self, shape: &Shape) -> Vec<Term> {
        let mut nodes = Vec::new();
        for target in &shape.targets {
            match target {
                Target::Class(class) => nodes.extend(self.instances(class)),
                Target::Node(node) => nodes.push(node.clone()),
                Target::SubjectsOf(property) => nodes.extend(
                    self.data
                        .triples_for_predicate(property)
                        .map(|triple| Term::from(triple.subject.into_owned())),
                ),
                Target::ObjectsOf(property) => nodes.extend(
                    self.data
                        .triples_for_predicate(property)
                        .map(|triple| triple.object.into_owned()),
                ),
            }
        }
        nodes.sort_by_cached_key(ToString::to_string);
        nodes.dedup();
        nodes
    }

    fn instances(&self, class: &NamedNode) -> Vec<Term> {
        let sub_class_of = word("rdfs:subClassOf");
        let mut classes = vec![class.clone()];
        let mut next = 0;
        while let Some(current) = classes.get(next).cloned() {
            for sub in self
                .data
                .subjects_for_predicate_object(&sub_class_of, &current)
            {
                if let oxrdf::NamedOrBlankNodeRef::NamedNode(sub) = sub
                    && !classes.iter().any(|known| known.as_ref() == sub)
                {
                    classes.push(sub.into_owned());
                }
            }
            next += 1;
        }
        classes
            .iter()
            .flat_map(|class| self.data.subjects_for_predicate_object(rdf::TYPE, class))
            .map(|subject| Term::from(subject.into_owned()))
            .collect()
    }

    fn is_instance(&self, value: &Term, class: &NamedNode) -> bool {
        let sub_class_of = word("rdfs:subClassOf");
        let mut types = objects(self.data, value, &rdf::TYPE.into_owned());
        let mut next = 0;
        while let Some(current) = types.get(next).cloned() {
            if matches!(&current, Term::NamedNode(node) if node == class) {
                return true;
            }
            for parent in objects(self.data, &current, &sub_class_of) {
                if !types.contains(&parent) {
                    types.push(parent);
                }
            }
            next += 1;
        }
        false
    }

    fn shape(&self, id: ShapeId, focus: &Term, place: Place, findings: &mut Vec<Finding>) {
        let Some(shape) = self.shapes.get(id) else {
            return;
        };
        if shape.deactivated || place.depth > DEPTH_MAX {
            return;
        }
        let values = match &shape.path {
            Some(path) => path.values(self.data, focus),
            None => vec![focus.clone()],
        };
        let site = Site {
            shape,
            focus,
            values: &values,
            place,
        };
        for constraint in &shape.constraints {
            self.constraint(constraint, &site, findings);
        }
        for property in &shape.properties {
            let place = Place {
                depth: place.depth + 1,
                beyond: place.beyond || property.beyond,
            };
            for value in &values {
                self.shape(property.shape, value, place, findings);
            }
        }
    }

    /// Whether a value conforms; rules beyond SHACL Core do not count.
    fn conforms(&self, id: ShapeId, value: &Term, depth: usize) -> bool {
        let mut findings = Vec::new();
        let place = Place {
            depth: depth + 1,
            beyond: false,
        };
        self.shape(id, value, place, &mut findings);
        findings.iter().all(|finding| finding.beyond)
    }

    fn constraint(&self, constraint: &Constraint, site: &Site<'_>, findings: &mut Vec<Finding>) {
        match constraint {
            Constraint::MinCount(least) => {
                if site.values.len() < *least {
                    findings.push(finding(constraint, site, None));
                }
            }
            Constraint::MaxCount(most) => {
                if site.values.len() > *most {
                    findings.push(finding(constraint, site, None));
                }
            }
            Constraint::HasValue(value) => {
                if !site.values.contains(value) {
                    findings.push(finding(constraint, site, None));
                }
            }
            Constraint::UniqueLang => {
                let mut seen = BTreeSet::new();
                let mut twice = BTreeSet::new();
                for value in site.values {
                    if let Term::Literal(literal) = value
                        && let Some(language) = literal.language()
                        && !seen.insert(language.to_ascii_lowercase())
                    {
                        twice.insert(language.to_ascii_lowercase());
                    }
                }
                for _ in twice {
                    findings.push(finding(constraint, site, None));
                }
            }
            _ => {
                for value in site.values {
                    if !self.holds(constraint, value, site.place) {
                        findings.push(finding(constraint, site, Some(value)));
                    }
                    findings.extend(departure(constraint, site, value));
                }
            }
        }
    }

    /// Whether a constraint on single values holds for one.
    fn holds(&self, constraint: &Constraint, value: &Term, place: Place) -> bool {
        let conforms = |shape: ShapeId| self.conforms(shape, value, place.depth);
        match constraint {
            Constraint::Class(class) => self.is_instance(value, class),
            Constraint::Datatype(datatype) => has_datatype(value, datatype.as_ref()),
            Constraint::NodeKind(kind) => is_of_kind(value, kind),
            Constraint::Bound { kind, limit } => match value {
                Term::Literal(literal) => match compare::order(literal, limit) {
                    Some(order) => match kind {
                        BoundKind::MinExclusive => order.is_gt(),
                        BoundKind::MinInclusive => order.is_ge(),
                        BoundKind::MaxExclusive => order.is_lt(),
                        BoundKind::MaxInclusive => order.is_le(),
                    },
                    None => false,
                },
                _ => false,
            },
            Constraint::MinLength(least) => {
                text(value).is_some_and(|text| text.chars().count() >= *least)
            }
            Constraint::MaxLength(most) => {
                text(value).is_some_and(|text| text.chars().count() <= *most)
            }
            Constraint::Pattern(pattern) => match value {
                Term::Literal(literal) => pattern.is_match(&compare::pattern_text(literal)),
                other => text(other).is_some_and(|text| pattern.is_match(text)),
            },
            Constraint::LanguageIn(languages) => match value {
                Term::Literal(literal) => literal.language().is_some_and(|language| {
                    languages
                        .iter()
                        .any(|range| matches_language(language, range))
                }),
                _ => false,
            },
            Constraint::In(values) => values.contains(value),
            Constraint::Node { shape, .. } => conforms(*shape),
            Constraint::Not(shape) => !conforms(*shape),
            Constraint::And(shapes) => shapes.iter().all(|shape| conforms(*shape)),
            Constraint::Or(shapes) => shapes.iter().any(|shape| conforms(*shape)),
            Constraint::Xone(shapes) => {
                shapes.iter().filter(|shape| conforms(**shape)).count() == 1
            }
            // Judged on all values together.
            Constraint::MinCount(_)
            | Constraint::MaxCount(_)
            | Constraint::HasValue(_)
            | Constraint::UniqueLang => true,
        }
    }
}

fn finding(constraint: &Constraint, site: &Site<'_>, value: Option<&Term>) -> Finding {
    let beyond = matches!(constraint, Constraint::Node { beyond: true, .. });
    Finding {
        severity: site.shape.severity.unwrap_or(Severity::Violation),
        beyond: beyond || site.place.beyond,
        focus: plain(site.focus),
        path: site.shape.path.as_ref().map(ToString::to_string),
        component: constraint.component(),
        value: value.map(plain),
        message: site
            .shape
            .message
            .clone()
            .unwrap_or_else(|| constraint.message()),
    }
}

/// A text that has the form of its datatype and still departs from it: engines differ on it, so it is told and no
/// violation.
fn departure(constraint: &Constraint, site: &Site<'_>, value: &Term) -> Option<Finding> {
    let (Constraint::Datatype(_), Term::Literal(literal)) = (constraint, value) else {
        return None;
    };
    let what = compare::departure(literal)?;
    Some(Finding {
        beyond: true,
        message: format!("`{}` {what}", literal.value()),
        ..finding(constraint, site, Some(value))
    })
}

fn has_datatype(value: &Term, datatype: NamedNodeRef<'_>) -> bool {
    match value {
        Term::Literal(literal) => {
            (literal.datatype() == datatype && compare::has_form(literal))
                || datatype == word("rdfs:Literal").as_ref()
        }
        _ => false,
    }
}

fn is_of_kind(value: &Term, kind: &NamedNode) -> bool {
    let kinds: &[&str] = match value {
        Term::NamedNode(_) => &["sh:IRI", "sh:IRIOrLiteral", "sh:BlankNodeOrIRI"],
        Term::BlankNode(_) => &["sh:BlankNode", "sh:BlankNodeOrIRI", "sh:BlankNodeOrLiteral"],
        Term::Literal(_) => &["sh:Literal", "sh:IRIOrLiteral", "sh:BlankNodeOrLiteral"],
    };
    kinds.iter().any(|name| word(name) == *kind)
}

fn matches_language(language: &str, range: &str) -> bool {
    let (language, range) = (language.to_ascii_lowercase(), range.to_ascii_lowercase());
    language == range || language.starts_with(&format!("{range}-"))
}

fn text(value: &Term) -> Option<&str> {
    match value {
        Term::NamedNode(node) => Some(node.as_str()),
        Term::Literal(literal) => Some(literal.value()),
        Term::BlankNode(_) => None,
    }
}

fn plain(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::BlankNode(node) => node.to_string(),
        Term::Literal(literal) => literal.value().to_owned(),
    }
}
