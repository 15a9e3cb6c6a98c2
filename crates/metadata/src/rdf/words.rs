//! Vocabularies by the prefixes that everybody uses for them, and nodes made of them.

use oxrdf::NamedNode;

/// Prefix and address, as files of the profile write them.
pub const PREFIXES: [(&str, &str); 25] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("csvw", "http://www.w3.org/ns/csvw#"),
    ("cv", "http://data.europa.eu/m8g/"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dcat-dk", "https://data.gov.dk/model/core/dcat-dk/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("dpv", "https://w3id.org/dpv#"),
    ("dpvpd", "https://w3id.org/dpv/dpv-pd#"),
    ("dqv", "http://www.w3.org/ns/dqv#"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geodcatap", "http://data.europa.eu/930/"),
    ("healthdcatap", "http://healthdataportal.eu/ns/health#"),
    ("oa", "http://www.w3.org/ns/oa#"),
    ("odrl", "http://www.w3.org/ns/odrl/2/"),
    ("org", "http://www.w3.org/ns/org#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("sh", "http://www.w3.org/ns/shacl#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Prefix and rest of an address, where it has a known prefix and a rest that may stand after one.
pub fn split(address: &str) -> Option<((&'static str, &'static str), &str)> {
    PREFIXES
        .into_iter()
        .filter_map(|prefix| address.strip_prefix(prefix.1).map(|rest| (prefix, rest)))
        .filter(|(_, rest)| {
            !rest.is_empty()
                && rest
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
        })
        .max_by_key(|((_, address), _)| address.len())
}

/// An address as people write it: `dct:title`, or `<…>` in full.
pub fn short(address: &str) -> String {
    match split(address) {
        Some(((prefix, _), rest)) => format!("{prefix}:{rest}"),
        None => format!("<{address}>"),
    }
}

/// The node of a word such as `dct:title`.
pub fn word(name: &str) -> NamedNode {
    let (prefix, rest) = name
        .split_once(':')
        .expect("invariant: a word has a prefix");
    let (_, address) = PREFIXES
        .into_iter()
        .find(|(known, _)| *known == prefix)
        .expect("invariant: a word's prefix stands in the list");
    NamedNode::new_unchecked(format!("{address}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_and_its_address_are_each_others_short_form() {
        let title = word("dct:title");
        assert_eq!(title.as_str(), "http://purl.org/dc/terms/title");
        assert_eq!(short(title.as_str()), "dct:title");
        assert_eq!(short("https://w3id.org/dpv/dpv-pd#Age"), "dpvpd:Age");
        assert_eq!(short("https://example.org/a"), "<https://example.org/a>");
    }
}
