//! A source in a reference list, and in the words of search engines.

use catalogue::register::Register;
use catalogue::{Language, Text};
use serde_json::{Map, Value, json};

/// How a source is cited: who holds it, what it is called, which description of it, where it is found.
pub fn citation(
    register: &Register,
    controller: &str,
    address: &str,
    language: Language,
) -> String {
    let name = register.name.in_language(language);
    let years = match (register.from_year, register.to_year) {
        (Some(from), Some(to)) => format!(" ({from}-{to})"),
        (Some(from), None) => format!(" ({from}-)"),
        _ => String::new(),
    };
    format!("{controller}. {name}{years}. {address}")
}

/// A source as schema.org describes datasets, for `<script type="application/ld+json">`. The text holds no `<`, so it
/// cannot end the element that it stands in.
pub fn schema_org(
    register: &Register,
    controller: &Text,
    (address, page): (&str, &str),
    language: Language,
) -> String {
    let mut described = Map::new();
    let always = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": address,
        "identifier": register.id,
        "name": register.name.in_language(language),
        "description": register.description.in_language(language),
        "url": page,
        "inLanguage": language.code(),
        "isAccessibleForFree": false,
        "creator": { "@type": "Organization", "name": controller.in_language(language) },
        "spatialCoverage": "Denmark",
        "keywords": register.lay_words,
    });
    described.extend(always.as_object().cloned().unwrap_or_default());
    if let Some(from) = register.from_year {
        let to = register
            .to_year
            .map_or("..".to_owned(), |year| year.to_string());
        described.insert("temporalCoverage".to_owned(), json!(format!("{from}/{to}")));
    }
    if let Some(abbreviation) = &register.abbreviation {
        described.insert("alternateName".to_owned(), json!(abbreviation));
    }
    let names: Vec<Value> = register
        .tables
        .iter()
        .flat_map(|table| &table.variables)
        .map(|variable| {
            json!({
                "@type": "PropertyValue",
                "name": variable.name,
                "description": variable.label.in_language(language),
            })
        })
        .collect();
    if !names.is_empty() {
        described.insert("variableMeasured".to_owned(), Value::Array(names));
    }
    Value::Object(described).to_string().replace('<', "\\u003c")
}
