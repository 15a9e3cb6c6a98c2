//! Data packages: curated sets of variables with a ready population, as `content/packages/*.toml`, and how they are
//! described to other programs (Data Package, version 2).

use std::collections::{BTreeMap, BTreeSet};

use base::Date;
use catalogue::register::{Register, Table, ValueType, Variable};
use catalogue::selection::check::check;
use catalogue::selection::{SelectedTable, Selection, plain_text};
use catalogue::{Catalogue, ContentError, ContentFile, Language, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const FOLDER: &str = "packages/";

/// Every package, by id.
#[derive(Debug, Clone, Default)]
pub struct Packages(BTreeMap<String, Package>);

/// A curated set of variables with a ready population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Package {
    /// Short name, equal to the file's name.
    pub id: String,
    /// Name.
    pub name: Text,
    /// What it is about.
    pub description: Text,
    /// Version of the package, as `1.0.0`.
    pub version: String,
    /// When it was last changed.
    pub updated: Date,
    /// Words that people search by.
    pub keywords: Vec<String>,
    /// Registers that are useful with it and cannot be ordered yet.
    pub also: Vec<String>,
    /// What can be answered with it.
    pub questions: Vec<Text>,
    /// Whether the authorities concerned have assessed it beforehand.
    pub assessed: bool,
    /// Price, in øre; none where none is published.
    pub price_ore: Option<i64>,
    /// Conditions that a permit for it is expected to state.
    pub conditions: Vec<Text>,
    /// Population, tables and variables.
    pub selection: Selection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageFile {
    id: String,
    name: Text,
    description: Text,
    version: String,
    updated: Date,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    questions: Vec<Text>,
    assessed: bool,
    #[serde(default)]
    price_ore: Option<i64>,
    selection: String,
    #[serde(default, rename = "condition")]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    text: Text,
}

impl Packages {
    /// Reads every `packages/*.toml` among the files and checks each selection against the registers.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
        catalogue: &Catalogue,
    ) -> Result<Self, ContentError> {
        let mut packages = BTreeMap::new();
        for file in files {
            let name = file
                .path
                .strip_prefix(FOLDER)
                .and_then(|name| name.strip_suffix(".toml"));
            if let Some(name) = name {
                let package = Package::parse(&file, name, catalogue)?;
                packages.insert(package.id.clone(), package);
            }
        }
        Ok(Self(packages))
    }

    /// Every package, in order of id.
    pub fn all(&self) -> impl Iterator<Item = &Package> {
        self.0.values()
    }

    /// The package of an id.
    pub fn get(&self, id: &str) -> Option<&Package> {
        self.0.get(id)
    }
}

impl Package {
    /// Registers that the package has tables of, each once.
    pub fn registers(&self) -> impl Iterator<Item = &str> {
        let named = self.selection.tables.iter();
        let named: BTreeSet<&str> = named.map(|table| table.register.as_str()).collect();
        named.into_iter()
    }

    fn parse(
        file: &ContentFile<'_>,
        name: &str,
        catalogue: &Catalogue,
    ) -> Result<Self, ContentError> {
        let wrong = |problem: String| ContentError::new(file.path, problem);
        let read: PackageFile = toml::from_str(file.text)
            .map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if read.id != name {
            return Err(wrong(format!(
                "`id` is `{}`, but the file is named `{name}`",
                read.id
            )));
        }
        let selection = plain_text::parse(&read.selection)
            .map_err(|error| wrong(format!("selection: {error}")))?;
        check(&selection, catalogue).map_err(|problems| {
            let first = problems.first().map_or_else(String::new, |problem| {
                format!("{}: {}", problem.path, problem.message)
            });
            wrong(format!("selection: {first}"))
        })?;
        if let Some(unknown) = read
            .also
            .iter()
            .find(|register| catalogue.register(register).is_none())
        {
            return Err(wrong(format!(
                "`also` names `{unknown}`, which is not under content/registers"
            )));
        }
        Ok(Self {
            id: read.id,
            name: read.name,
            description: read.description,
            version: read.version,
            updated: read.updated,
            keywords: read.keywords,
            also: read.also,
            questions: read.questions,
            assessed: read.assessed,
            price_ore: read.price_ore,
            conditions: read.conditions.into_iter().map(|one| one.text).collect(),
            selection,
        })
    }

    /// The package as a Data Package of version 2, readable as version 1. `note` says what the files beside it are.
    pub fn descriptor(&self, catalogue: &Catalogue, language: Language, note: &str) -> Value {
        let resources: Vec<Value> = self
            .selection
            .tables
            .iter()
            .filter_map(|selected| {
                let register = catalogue.register(&selected.register)?;
                let table = register.table(&selected.table)?;
                Some(resource(selected, (register, table), catalogue, language))
            })
            .collect();
        let sources: Vec<Value> = self
            .registers()
            .filter_map(|id| catalogue.register(id))
            .map(|register| json!({ "title": register.name.in_language(language) }))
            .collect();
        json!({
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "profile": "tabular-data-package",
            "name": self.id,
            "title": self.name.in_language(language),
            "description": format!("{} {note}", self.description.in_language(language)),
            "version": self.version,
            "created": format!("{}T00:00:00Z", self.updated),
            "keywords": self.keywords,
            "sources": sources,
            "resources": resources,
        })
    }
}

fn resource(
    selected: &SelectedTable,
    (register, table): (&Register, &Table),
    catalogue: &Catalogue,
    language: Language,
) -> Value {
    let person = table.person_variable().into_iter();
    let chosen = selected
        .variables
        .iter()
        .filter_map(|variable| table.variable(&variable.name));
    let fields: Vec<Value> = person
        .chain(chosen)
        .map(|variable| field(variable, catalogue, language))
        .collect();
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/dataresource.json",
        "profile": "tabular-data-resource",
        "name": selected.extract_name().replace('_', "-"),
        "type": "table",
        "title": format!("{}: {}", register.name.in_language(language), table.label.in_language(language)),
        "path": format!("{}.csv", selected.extract_name()),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": { "delimiter": ";" },
        "schema": {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fields": fields,
            "missingValues": [""],
        },
    })
}

fn field(variable: &Variable, catalogue: &Catalogue, language: Language) -> Value {
    let kind = match variable.value_type {
        ValueType::Text => "string",
        ValueType::Integer => "integer",
        ValueType::Decimal => "number",
        ValueType::Date => "date",
    };
    let mut field = serde_json::Map::new();
    let mut put = |name: &str, value: Value| {
        field.insert(name.to_owned(), value);
    };
    put("name", json!(variable.name));
    put("type", json!(kind));
    put("title", json!(variable.label.in_language(language)));
    if let Some(unit) = &variable.unit {
        put("description", json!(unit));
    }
    let mut constraints = serde_json::Map::new();
    if matches!(variable.value_type, ValueType::Integer | ValueType::Decimal) {
        for (name, bound) in [("minimum", variable.minimum), ("maximum", variable.maximum)] {
            if let Some(bound) = bound {
                constraints.insert(name.to_owned(), json!(bound));
            }
        }
    }
    if let Some(codes) = strict_codes(variable, catalogue) {
        constraints.insert("enum".to_owned(), codes);
    }
    if !constraints.is_empty() {
        put("constraints", Value::Object(constraints));
    }
    Value::Object(field)
}

/// Codes that a value must be one of, where the list is short enough to be stated.
fn strict_codes(variable: &Variable, catalogue: &Catalogue) -> Option<Value> {
    const CODES_MAX: usize = 50;
    let list = catalogue.code_list(variable.code_list.as_deref()?)?;
    let is_short = variable.strict_codes && list.len() <= CODES_MAX;
    let codes = list.codes().map(|code| match variable.value_type {
        ValueType::Integer => code
            .code
            .parse::<i64>()
            .map_or(json!(code.code), |n| json!(n)),
        _ => json!(code.code),
    });
    is_short.then(|| codes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = r#"
id = "a"
name = { da = "A", en = "A" }
controller = "sds"
category = "hospital"
description = { da = "a", en = "a" }
source = "test"
[[table]]
name = "t"
label = { da = "t", en = "t" }
date_variable = "d"
deliverable = true
variable = [
  { name = "pnr", label = { da = "p", en = "p" }, type = "text", role = "person" },
  { name = "d", label = { da = "d", en = "d" }, type = "date", role = "plain" },
  { name = "n", label = { da = "n", en = "n" }, type = "integer", role = "plain", minimum = 1, unit = "kg" },
]
"#;

    fn package(selection: &str) -> Result<Packages, ContentError> {
        let register = ContentFile {
            path: "registers/a.toml",
            text: REGISTER,
        };
        let catalogue = Catalogue::from_files([register]).unwrap();
        let text = format!(
            "id = \"p\"\nname = {{ da = \"P\", en = \"P\" }}\ndescription = {{ da = \"p\", en = \"p\" }}\n\
             version = \"1.0.0\"\nupdated = \"2026-01-01\"\nassessed = false\nselection = '''{selection}'''\n"
        );
        let file = ContentFile {
            path: "packages/p.toml",
            text: &text,
        };
        let packages = Packages::from_files([file], &catalogue)?;
        let found = packages
            .get("p")
            .unwrap()
            .descriptor(&catalogue, Language::En, "Synthetic.");
        let fields = &found["resources"][0]["schema"]["fields"];
        assert_eq!(fields[0]["name"], "pnr");
        assert_eq!(fields[1]["constraints"]["minimum"], 1);
        Ok(packages)
    }

    #[test]
    fn a_package_describes_its_tables_with_the_person_first() {
        let selection = "sund-selection/1\npopulation\n  everyone\nperiod 2020-01-01 to 2020-12-31\n\
                         table a.t from 2020-01-01 to 2020-12-31\n  variable n\n";
        assert!(package(selection).is_ok());
    }

    #[test]
    fn a_package_that_names_a_variable_that_is_not_there_does_not_load() {
        let selection = "sund-selection/1\npopulation\n  everyone\nperiod 2020-01-01 to 2020-12-31\n\
                         table a.t from 2020-01-01 to 2020-12-31\n  variable weight\n";
        let error = package(selection).unwrap_err();
        assert!(error.problem.contains("weight"), "{error}");
    }
}
