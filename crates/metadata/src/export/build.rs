//! A graph, node by node.

use catalogue::Text;
use oxrdf::{Graph, Literal, NamedNode, Term, Triple, vocab::rdf};

use crate::rdf::words::word;

/// A graph under way.
#[derive(Debug)]
pub(super) struct Builder {
    base: String,
    graph: Graph,
}

/// A node that statements are made about.
#[derive(Debug)]
pub(super) struct Node<'a> {
    graph: &'a mut Graph,
    subject: NamedNode,
}

impl Builder {
    pub(super) fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            graph: Graph::new(),
        }
    }

    /// An address under the installation's own: `{base}/id/{path}`.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/id/{path}", self.base)
    }

    /// A page of the installation.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    pub(super) fn node(&mut self, address: &str) -> Node<'_> {
        Node {
            graph: &mut self.graph,
            subject: NamedNode::new_unchecked(address),
        }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }
}

impl Node<'_> {
    pub(super) fn is(self, class: &str) -> Self {
        self.put(rdf::TYPE.into_owned(), word(class).into())
    }

    pub(super) fn link(self, property: &str, to: &str) -> Self {
        self.put(word(property), NamedNode::new_unchecked(to).into())
    }

    /// A text in both languages; an empty wording is left out.
    pub(super) fn text(self, property: &str, text: &Text) -> Self {
        [(&text.da, "da"), (&text.en, "en")]
            .into_iter()
            .filter(|(wording, _)| !wording.trim().is_empty())
            .fold(self, |node, (wording, language)| {
                let literal = Literal::new_language_tagged_literal_unchecked(wording, language);
                node.put(word(property), literal.into())
            })
    }

    pub(super) fn plain(self, property: &str, value: &str) -> Self {
        self.put(word(property), Literal::new_simple_literal(value).into())
    }

    pub(super) fn typed(self, property: &str, value: &str, datatype: &str) -> Self {
        let literal = Literal::new_typed_literal(value, word(datatype));
        self.put(word(property), literal.into())
    }

    fn put(self, property: NamedNode, value: Term) -> Self {
        let triple = Triple::new(self.subject.clone(), property, value);
        self.graph.insert(&triple);
        self
    }
}

/// A name as part of an address: letters, digits and `-_.` stand, everything else is written in hexadecimal.
pub(crate) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            segment.push(char::from(byte));
        } else {
            segment.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                segment.push(digit.to_ascii_uppercase());
            }
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_letters_is_one_part_of_an_address() {
        assert_eq!(segment("y_yyww"), "y_yyww");
        assert_eq!(segment("CPR No"), "CPR%20No");
        assert_eq!(segment("prøve/svar"), "pr%C3%B8ve%2Fsvar");
    }
}
