//! The catalogue in the words of others: packages with synthetic data.

use std::sync::Arc;

use catalogue::{Catalogue, Language};
use metadata::package::Package;
use population::{Plan, TableSpec, generate_block};

use crate::synth::{SEPARATOR, csv_lines};
use crate::zip::zip;
use crate::{App, Error};

/// Persons of a package's synthetic sample: enough to try an analysis, small enough to be made at once.
const SAMPLE_PERSONS: u32 = 2_000;
const SAMPLE_SEED: u64 = 1;

/// A file of a package: its name and content.
pub type PackageFile = (String, Vec<u8>);

impl App {
    /// A package's descriptor and synthetic sample as one archive, made at the first request and kept.
    pub async fn package_sample(
        &self,
        id: &str,
        language: Language,
    ) -> Result<Arc<Vec<u8>>, Error> {
        if self.content().interchange.packages.get(id).is_none() {
            return Err(Error::not_found());
        }
        let key = format!("{id}.{}", language.code());
        let mut samples = self.samples().lock().await;
        if let Some(sample) = samples.get(&key) {
            return Ok(sample.clone());
        }
        let (app, id) = (self.clone(), id.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let content = app.content();
            let package = content.interchange.packages.get(&id);
            let package = package.ok_or_else(Error::not_found)?;
            zip(&package_files(package, &content.catalogue, language)?)
        })
        .await
        .map_err(|error| Error::internal("making a sample", &error))??;
        let sample = Arc::new(made);
        samples.insert(key, sample.clone());
        Ok(sample)
    }
}

/// The files of a package: `datapackage.json`, and a table each of the synthetic Denmark.
///
/// Tables have the variables of the package. The sample is neither narrowed to the population nor coarsened, and the descriptor says so.
pub fn package_files(
    package: &Package,
    catalogue: &Catalogue,
    language: Language,
) -> Result<Vec<PackageFile>, Error> {
    let note = match language {
        Language::Da => {
            "Filerne er syntetiske: de handler om ingen. De er ikke afgrænset til populationen, og værdierne er ikke gjort grovere."
        }
        Language::En => {
            "The files are synthetic: they are about nobody. They are not narrowed to the population, and values are not coarsened."
        }
    };
    let mut descriptor = package.descriptor(catalogue, language, note);
    let mut files = Vec::new();
    let mut tables: Vec<Sample<'_>> = package
        .selection
        .tables
        .iter()
        .filter_map(|selected| {
            let spec = Plan::tables().iter().position(|spec| {
                spec.register == selected.register && spec.table == selected.table
            })?;
            let table = catalogue.table(&selected.register, &selected.table)?;
            let mut names: Vec<&str> = table
                .person_variable()
                .map(|variable| variable.name.as_str())
                .into_iter()
                .collect();
            names.extend(
                selected
                    .variables
                    .iter()
                    .map(|variable| variable.name.as_str()),
            );
            Some(Sample {
                name: format!("{}.csv", selected.extract_name()),
                spec,
                names,
                lines: String::new(),
            })
        })
        .collect();
    let plan = Plan::new(SAMPLE_PERSONS, SAMPLE_SEED);
    for block in 0..plan.blocks() {
        for (at, batch) in generate_block(&plan, block) {
            for table in tables.iter_mut().filter(|table| table.spec == at) {
                let lines = csv_lines(table.spec()?, &batch, |name| table.names.contains(&name))?;
                table.lines.push_str(&lines);
            }
        }
    }
    for table in tables {
        let heading: Vec<&str> = table
            .spec()?
            .columns
            .iter()
            .map(|column| column.name)
            .filter(|name| table.names.contains(name))
            .collect();
        let text = format!("{}\n{}", heading.join(&SEPARATOR.to_string()), table.lines);
        in_order_of(&mut descriptor, &table.name, &heading);
        files.push((table.name, text.into_bytes()));
    }
    let text = serde_json::to_string_pretty(&descriptor)
        .map_err(|error| Error::internal("describing a package", &error))?;
    files.insert(0, ("datapackage.json".to_owned(), text.into_bytes()));
    Ok(files)
}

/// Names the fields of one file in the order of its columns.
fn in_order_of(descriptor: &mut serde_json::Value, path: &str, columns: &[&str]) {
    let resources = descriptor
        .get_mut("resources")
        .and_then(|resources| resources.as_array_mut());
    let fields = resources
        .into_iter()
        .flatten()
        .find(|resource| resource.get("path").is_some_and(|known| known == path))
        .and_then(|resource| resource.pointer_mut("/schema/fields"))
        .and_then(|fields| fields.as_array_mut());
    if let Some(fields) = fields {
        fields.sort_by_key(|field| {
            let name = field.get("name").and_then(|name| name.as_str());
            columns.iter().position(|column| Some(*column) == name)
        });
    }
}

/// A draft of a register as the text of its file.
pub fn draft_text(draft: &catalogue::register::Register) -> Result<String, Error> {
    toml::to_string(draft).map_err(|error| Error::internal("writing a draft", &error))
}

/// A table of a sample under way.
struct Sample<'a> {
    name: String,
    spec: usize,
    names: Vec<&'a str>,
    lines: String,
}

impl Sample<'_> {
    fn spec(&self) -> Result<&'static TableSpec, Error> {
        Plan::tables()
            .get(self.spec)
            .ok_or_else(|| Error::internal("making a sample", &"a table went missing"))
    }
}

impl From<metadata::rdf::ReadError> for Error {
    fn from(error: metadata::rdf::ReadError) -> Self {
        Self::invalid("rdf_unreadable", error.to_string())
    }
}

impl From<metadata::profile::ProfileError> for Error {
    fn from(error: metadata::profile::ProfileError) -> Self {
        Self::invalid("unknown_profile", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    #[test]
    fn a_package_comes_with_a_table_for_each_resource_and_the_columns_it_names() {
        let content = Content::embedded().unwrap();
        for package in content.interchange.packages.all() {
            let files = package_files(package, &content.catalogue, Language::En).unwrap();
            let descriptor: serde_json::Value = serde_json::from_slice(&files[0].1).unwrap();
            let resources = descriptor["resources"].as_array().unwrap();
            assert_eq!(resources.len(), files.len() - 1, "{}", package.id);
            for resource in resources {
                let path = resource["path"].as_str().unwrap();
                let (_, bytes) = files.iter().find(|(name, _)| name == path).unwrap();
                let text = std::str::from_utf8(bytes).unwrap();
                let mut stated: Vec<&str> = resource["schema"]["fields"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|field| field["name"].as_str().unwrap())
                    .collect();
                let mut heading: Vec<&str> = text.lines().next().unwrap().split(';').collect();
                assert_eq!(stated, heading, "{path}: in the same order");
                stated.sort_unstable();
                heading.sort_unstable();
                assert!(text.lines().count() > 1, "{path} has rows");
            }
        }
    }
}
