//! One dataset of a file as the draft of a register.

use base::OrganisationId;
use catalogue::register::{Coarsening, ColumnRole, Register, Table, ValueType, Variable};
use catalogue::{Catalogue, Text};
use oxrdf::{Graph, Literal, NamedOrBlankNode, Term};

use super::{ImportedDataset, Outcome};
use crate::Mapping;
use crate::rdf::words::{short, word};

/// Properties that the draft takes over, in whole or in part.
const TAKEN: [&str; 20] = [
    "dct:title",
    "dct:description",
    "dct:identifier",
    "dct:alternative",
    "dct:publisher",
    "geodcatap:custodian",
    "dct:temporal",
    "dct:accrualPeriodicity",
    "dct:provenance",
    "dct:type",
    "dct:language",
    "dct:spatial",
    "dcat:theme",
    "dcat:keyword",
    "healthdcatap:healthCategory",
    "healthdcatap:numberOfUniqueIndividuals",
    "healthdcatap:hasStructuredData",
    "healthdcatap:hasVariables",
    "healthdcatap:hasCodingSystem",
    "rdf:type",
];

/// A letter that writes against the reading direction or cannot be seen.
fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

pub(super) struct Reader<'a> {
    pub(super) graph: &'a Graph,
    pub(super) catalogue: &'a Catalogue,
    pub(super) mapping: &'a Mapping,
}

impl Reader<'_> {
    pub(super) fn dataset(&self, node: &NamedOrBlankNode) -> ImportedDataset {
        let mut remarks = Vec::new();
        let draft = self.draft(node, &mut remarks);
        let outcome = match self.catalogue.register(&draft.id) {
            None => Outcome::New,
            Some(known) if says_the_same(known, &draft) => Outcome::Unchanged,
            Some(_) => Outcome::Differs,
        };
        let mut left_out: Vec<String> = self
            .graph
            .triples_for_subject(node)
            .map(|triple| short(triple.predicate.as_str()))
            .filter(|name| !TAKEN.contains(&name.as_str()))
            .collect();
        left_out.sort();
        left_out.dedup();
        ImportedDataset {
            address: address(node),
            outcome,
            draft,
            left_out,
            remarks,
        }
    }

    fn draft(&self, node: &NamedOrBlankNode, remarks: &mut Vec<String>) -> Register {
        let identifier = self
            .texts(node, "dct:identifier")
            .into_iter()
            .map(|literal| literal.value().to_owned())
            .min();
        if identifier.is_none() {
            remarks.push("no dct:identifier; the address gave the name".to_owned());
        }
        let id = name_of(&identifier.unwrap_or_else(|| address(node)));
        let name = self.text(node, "dct:title", remarks);
        if name.da.is_empty() {
            remarks.push("no dct:title".to_owned());
        }
        let letters = self.letters(node, remarks);
        let (from_year, to_year) = self.years(node);
        let category = self.category(&id, letters.first());
        let (controller, controller_name) = self.controller(&id, node, remarks);
        Register {
            name,
            abbreviation: self
                .texts(node, "dct:alternative")
                .first()
                .map(|literal| literal.value().to_owned()),
            controller,
            controller_name,
            category,
            ehds_categories: letters,
            description: self.text(node, "dct:description", remarks),
            from_year,
            to_year,
            update_frequency: self.last_part(node, "dct:accrualPeriodicity"),
            persons: self
                .texts(node, "healthdcatap:numberOfUniqueIndividuals")
                .first()
                .and_then(|literal| literal.value().parse().ok()),
            source: address(node),
            confirmed: false,
            lay_words: Vec::new(),
            output_policy: None,
            access: None,
            tables: self.tables(node, remarks),
            id,
        }
    }

    fn values(&self, node: &NamedOrBlankNode, property: &str) -> Vec<Term> {
        let mut values: Vec<Term> = self
            .graph
            .objects_for_subject_predicate(node, &word(property))
            .map(oxrdf::TermRef::into_owned)
            .collect();
        values.sort_by_cached_key(ToString::to_string);
        values
    }

    fn nodes(&self, node: &NamedOrBlankNode, property: &str) -> Vec<NamedOrBlankNode> {
        self.values(node, property)
            .into_iter()
            .filter_map(|value| match value {
                Term::NamedNode(node) => Some(node.into()),
                Term::BlankNode(node) => Some(node.into()),
                Term::Literal(_) => None,
            })
            .collect()
    }

    fn texts(&self, node: &NamedOrBlankNode, property: &str) -> Vec<Literal> {
        self.values(node, property)
            .into_iter()
            .filter_map(|value| match value {
                Term::Literal(literal) => Some(literal),
                _ => None,
            })
            .collect()
    }

    /// A text in both languages. One that is there in another language only stands in for both, and it is told.
    fn text(&self, node: &NamedOrBlankNode, property: &str, remarks: &mut Vec<String>) -> Text {
        let literals = self.texts(node, property);
        if literals
            .iter()
            .any(|literal| literal.value().chars().any(is_hidden))
        {
            remarks.push(format!(
                "{property} held letters that cannot be seen; they were taken out"
            ));
        }
        let wording = |language: &str| {
            literals
                .iter()
                .find(|literal| {
                    literal
                        .language()
                        .is_some_and(|own| own.starts_with(language))
                })
                .map(|literal| visible(literal.value()))
        };
        let (da, en) = (wording("da"), wording("en"));
        let any = literals
            .first()
            .map(|literal| visible(literal.value()))
            .unwrap_or_default();
        if da.is_none() && !any.is_empty() {
            remarks.push(format!("{property} is not given in Danish"));
        }
        Text::new(
            da.clone()
                .or_else(|| en.clone())
                .unwrap_or_else(|| any.clone()),
            en.or(da).unwrap_or(any),
        )
    }

    fn last_part(&self, node: &NamedOrBlankNode, property: &str) -> Option<String> {
        let value = self.nodes(node, property).into_iter().next()?;
        address(&value)
            .rsplit(['/', '#'])
            .next()
            .map(ToOwned::to_owned)
    }

    fn letters(&self, node: &NamedOrBlankNode, remarks: &mut Vec<String>) -> Vec<String> {
        let base = self.mapping.code("healthcategories", "");
        let mut letters = Vec::new();
        for value in self.nodes(node, "healthdcatap:healthCategory") {
            let value = address(&value);
            let letter = value.strip_prefix(&base).and_then(|code| {
                self.mapping
                    .ehds_categories
                    .iter()
                    .find(|(_, known)| *known == code)
            });
            match letter {
                Some((letter, _)) => letters.push(letter.clone()),
                None => remarks.push(format!("unknown health category `{value}`")),
            }
        }
        letters.sort();
        letters
    }

    fn years(&self, node: &NamedOrBlankNode) -> (Option<i16>, Option<i16>) {
        let Some(period) = self.nodes(node, "dct:temporal").into_iter().next() else {
            return (None, None);
        };
        let year = |property: &str| {
            let literal = self.texts(&period, property).into_iter().next()?;
            literal.value().get(..4)?.parse().ok()
        };
        (year("dcat:startDate"), year("dcat:endDate"))
    }

    /// The island of the map: that of the source of the same name, else of the first source of the same category of
    /// the law, else the first.
    fn category(&self, id: &str, letter: Option<&String>) -> String {
        let known = self.catalogue.register(id).or_else(|| {
            self.catalogue.registers().find(|register| {
                letter.is_some_and(|letter| register.ehds_categories.contains(letter))
            })
        });
        let first = || self.catalogue.categories().first();
        known
            .map(|register| register.category.clone())
            .or_else(|| first().map(|category| category.id.clone()))
            .unwrap_or_default()
    }

    fn controller(
        &self,
        id: &str,
        node: &NamedOrBlankNode,
        remarks: &mut Vec<String>,
    ) -> (OrganisationId, Option<String>) {
        let agent = self
            .nodes(node, "geodcatap:custodian")
            .into_iter()
            .chain(self.nodes(node, "dct:publisher"))
            .next();
        let name = agent
            .map(|agent| self.text(&agent, "foaf:name", &mut Vec::new()).da)
            .filter(|name| !name.is_empty());
        if let Some(known) = self.catalogue.register(id) {
            return (known.controller.clone(), known.controller_name.clone());
        }
        if name.is_none() {
            remarks.push("no custodian and no publisher with a name".to_owned());
        }
        let other = "other".parse().expect("invariant: `other` is a valid id");
        (other, name)
    }

    fn tables(&self, node: &NamedOrBlankNode, remarks: &mut Vec<String>) -> Vec<Table> {
        let mut tables: Vec<Table> = self
            .nodes(node, "healthdcatap:hasVariables")
            .iter()
            .flat_map(|group| self.nodes(group, "csvw:table"))
            .map(|table| self.table(&table, remarks))
            .collect();
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        let before = tables.len();
        tables.dedup_by(|one, other| one.name == other.name);
        if tables.len() < before {
            remarks.push("tables of the same name were taken as one".to_owned());
        }
        tables
    }

    fn table(&self, node: &NamedOrBlankNode, remarks: &mut Vec<String>) -> Table {
        let name = self
            .texts(node, "dct:title")
            .first()
            .map_or_else(|| address(node), |literal| visible(literal.value()));
        let mut variables: Vec<Variable> = self
            .nodes(node, "csvw:column")
            .iter()
            .map(|column| self.variable(column, remarks))
            .collect();
        variables.sort_by(|one, other| one.name.cmp(&other.name));
        variables.dedup_by(|one, other| one.name == other.name);
        let described = !self.texts(node, "dct:description").is_empty();
        let property = if described {
            "dct:description"
        } else {
            "dct:title"
        };
        Table {
            label: self.text(node, property, &mut Vec::new()),
            name,
            date_variable: None,
            date_order: Vec::new(),
            deliverable: false,
            variables,
        }
    }

    fn variable(&self, node: &NamedOrBlankNode, remarks: &mut Vec<String>) -> Variable {
        let first = |property: &str| {
            self.texts(node, property)
                .first()
                .map(|literal| visible(literal.value()))
        };
        let name = first("csvw:name").unwrap_or_else(|| address(node));
        let stated = first("csvw:datatype").unwrap_or_default();
        let value_type = value_type(&stated);
        if value_type.is_none() {
            remarks.push(format!("`{name}` has the type `{stated}`; taken as text"));
        }
        let system = self.last_part(node, "csvw:propertyUrl");
        let code_list = self
            .mapping
            .coding_systems
            .iter()
            .find(|(_, systems)| system.is_some() && systems.first() == system.as_ref())
            .map(|(list, _)| list.clone());
        Variable {
            label: self.text(node, "csvw:title", &mut Vec::new()),
            name,
            value_type: value_type.unwrap_or(ValueType::Text),
            role: ColumnRole::Plain,
            code_list,
            strict_codes: false,
            pattern: None,
            unit: None,
            minimum: None,
            maximum: None,
            nullable: true,
            concept: None,
            coarsenings: Vec::<Coarsening>::new(),
            valid_from: first("dcat:startDate").and_then(|date| date.parse().ok()),
            valid_to: first("dcat:endDate").and_then(|date| date.parse().ok()),
        }
    }
}

/// Whether a known source says everything that a draft says.
fn says_the_same(known: &Register, draft: &Register) -> bool {
    let variables = |register: &Register| {
        let mut names: Vec<(String, String)> = register
            .tables
            .iter()
            .flat_map(|table| {
                table
                    .variables
                    .iter()
                    .map(|variable| (table.name.clone(), variable.name.clone()))
            })
            .collect();
        names.sort();
        names
    };
    known.name == draft.name
        && known.description == draft.description
        && known.ehds_categories == draft.ehds_categories
        && (known.from_year, known.to_year) == (draft.from_year, draft.to_year)
        && known.update_frequency == draft.update_frequency
        && known.persons == draft.persons
        && variables(known) == variables(draft)
}

fn value_type(datatype: &str) -> Option<ValueType> {
    let name = datatype.rsplit(['#', ':', '/']).next().unwrap_or(datatype);
    Some(match name {
        "string" | "normalizedString" | "token" | "anyURI" | "boolean" => ValueType::Text,
        "integer" | "int" | "long" | "short" | "nonNegativeInteger" | "positiveInteger"
        | "gYear" => ValueType::Integer,
        "decimal" | "double" | "float" | "number" => ValueType::Decimal,
        "date" | "dateTime" | "datetime" => ValueType::Date,
        _ => return None,
    })
}

/// A short name of an identifier: small letters, digits and `_`, begun by a letter.
fn name_of(identifier: &str) -> String {
    let last = identifier
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(identifier);
    let mut name = String::new();
    for letter in last.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            'æ' => name.push_str("ae"),
            'ø' => name.push_str("oe"),
            'å' => name.push_str("aa"),
            _ if !name.ends_with('_') && !name.is_empty() => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('_');
    if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        format!("r_{name}")
    }
}

fn visible(text: &str) -> String {
    text.chars().filter(|letter| !is_hidden(*letter)).collect()
}

fn address(node: &NamedOrBlankNode) -> String {
    match node {
        NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
        NamedOrBlankNode::BlankNode(node) => node.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_of_any_letters_becomes_a_short_name() {
        assert_eq!(
            name_of("https://data.example/set/Lægemidler 2020/"),
            "laegemidler_2020"
        );
        assert_eq!(name_of("EU-HDCA-R7"), "eu_hdca_r7");
        assert_eq!(name_of("10.5281/zenodo.1"), "zenodo_1");
        assert_eq!(name_of("123"), "r_123");
    }
}
