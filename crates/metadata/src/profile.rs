//! Profiles of files under `content/standards`, and the check of a graph against one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use catalogue::{ContentError, ContentFile, Text};
use serde::{Deserialize, Serialize};

use crate::rdf::words::word;
use crate::rdf::{Contexts, Graph, ReadError, Syntax, Term, read};
use crate::shacl::{Finding, Severity, Shapes, validate};

const FOLDER: &str = "standards/";
const INDEX: &str = "standards/profiles.toml";
const ACCESS_RIGHTS: &str = "http://publications.europa.eu/resource/authority/access-right/";

/// A profile that files are held to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name on the command line: `r8-non-public`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// The level of access that it is for, where it is for one.
    #[serde(default)]
    pub access_right: Option<String>,
    shapes: Vec<String>,
    #[serde(default)]
    lists: Vec<String>,
    #[serde(default)]
    dataset_expected: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    profile: Vec<Profile>,
    #[serde(default)]
    context: Vec<ContextEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextEntry {
    file: String,
    addresses: Vec<String>,
}

/// A profile's shapes and the lists that stand beside the file, ready for use.
#[derive(Debug)]
struct Compiled {
    shapes: Shapes,
    lists: Graph,
}

/// Every profile, its files, and the contexts that JSON-LD may name.
#[derive(Debug, Default)]
pub struct Standards {
    profiles: Vec<Profile>,
    files: BTreeMap<String, String>,
    contexts: Contexts,
    compiled: BTreeMap<String, OnceLock<Result<Compiled, ContentError>>>,
}

/// What a check of a graph against a profile found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidationReport {
    /// The profile, or profiles, by id.
    pub profile: String,
    /// Whether there is no violation.
    pub conforms: bool,
    /// Statements in the file.
    pub statements: usize,
    /// What the profile forbids.
    pub violations: Vec<Finding>,
    /// What it advises against, and what is worth knowing.
    pub warnings: Vec<Finding>,
    /// What rules say that engines of SHACL Core leave out. Not counted.
    pub beyond: Vec<Finding>,
}

/// A profile that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has that name.
    #[error("unknown profile `{name}`: use {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// A file of the profile cannot be used.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl Standards {
    /// Reads `standards/profiles.toml` and keeps the files it names. Shapes are compiled at first use.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let mut standards = Self::default();
        for file in files {
            if let Some(path) = file.path.strip_prefix(FOLDER) {
                standards
                    .files
                    .insert(path.to_owned(), file.text.to_owned());
            }
        }
        let Some(text) = standards.files.get("profiles.toml") else {
            return Err(ContentError::new(INDEX, "the file is missing"));
        };
        let index: Index = toml::from_str(text)
            .map_err(|error| ContentError::new(INDEX, error.to_string().trim_end().to_owned()))?;
        for entry in &index.context {
            let context = standards.file(&entry.file)?.to_owned();
            for address in &entry.addresses {
                standards.contexts.insert(address, &context);
            }
        }
        for profile in index.profile {
            for path in profile.shapes.iter().chain(&profile.lists) {
                standards.file(path)?;
            }
            standards
                .compiled
                .insert(profile.id.clone(), OnceLock::new());
            standards.profiles.push(profile);
        }
        Ok(standards)
    }

    /// Every profile, in the order of the file.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// A file under `content/standards`.
    pub fn file(&self, path: &str) -> Result<&str, ContentError> {
        self.files
            .get(path)
            .map(String::as_str)
            .ok_or_else(|| ContentError::new(INDEX, format!("names `{path}`, which is not there")))
    }

    /// Reads a file that somebody handed in.
    pub fn read(&self, bytes: &[u8], syntax: Syntax) -> Result<Graph, ReadError> {
        read(bytes, syntax, "urn:sund:file", &self.contexts)
    }

    /// Parameters of SHACL that a profile's shapes hold and that are not evaluated.
    pub fn passed_over(&self, profile: &str) -> Result<&[String], ProfileError> {
        Ok(self.compiled(self.profile(profile)?)?.shapes.passed_over())
    }

    /// Holds a graph against a profile.
    pub fn validate(&self, data: &Graph, profile: &str) -> Result<ValidationReport, ProfileError> {
        let profile = self.profile(profile)?;
        let findings = self.findings(data, profile)?;
        Ok(report(&profile.id, data, findings))
    }

    /// Holds a graph against the R8 profile of each level that its datasets state, each dataset against its own.
    /// A file whose datasets state none is held against DCAT-AP.
    pub fn validate_by_access(&self, data: &Graph) -> Result<ValidationReport, ProfileError> {
        let levels = levels(data);
        let mut names = Vec::new();
        let mut findings = Vec::new();
        for profile in &self.profiles {
            let Some(level) = &profile.access_right else {
                continue;
            };
            let others: Vec<&String> = levels
                .iter()
                .filter(|(_, stated)| *stated != level)
                .map(|(dataset, _)| dataset)
                .collect();
            if levels.values().any(|stated| stated == level) {
                names.push(profile.id.as_str());
                findings.extend(
                    self.findings(data, profile)?
                        .into_iter()
                        .filter(|finding| !others.contains(&&finding.focus)),
                );
            }
        }
        if names.is_empty() {
            return self.validate(data, "dcat-ap-3.0.1");
        }
        findings.sort();
        findings.dedup();
        Ok(report(&names.join(" "), data, findings))
    }

    fn profile(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles
            .iter()
            .find(|profile| profile.id == name)
            .ok_or_else(|| ProfileError::Unknown {
                name: name.to_owned(),
                known: self
                    .profiles
                    .iter()
                    .map(|profile| profile.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    fn findings(&self, data: &Graph, profile: &Profile) -> Result<Vec<Finding>, ProfileError> {
        let compiled = self.compiled(profile)?;
        let mut whole = compiled.lists.clone();
        for triple in data {
            whole.insert(triple);
        }
        let mut findings = validate(&whole, &compiled.shapes);
        if profile.dataset_expected
            && data
                .subject_for_predicate_object(oxrdf::vocab::rdf::TYPE, &word("dcat:Dataset"))
                .is_none()
        {
            findings.push(Finding {
                severity: Severity::Violation,
                beyond: true,
                focus: "urn:x-shacl:guard".to_owned(),
                path: None,
                component: "SPARQL",
                value: None,
                message: "the file describes no dcat:Dataset".to_owned(),
            });
        }
        Ok(findings)
    }

    fn compiled(&self, profile: &Profile) -> Result<&Compiled, ContentError> {
        self.compiled
            .get(&profile.id)
            .expect("invariant: every profile has its place")
            .get_or_init(|| self.compile(profile))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn compile(&self, profile: &Profile) -> Result<Compiled, ContentError> {
        let shapes = self.graph(&profile.shapes)?;
        let shapes = Shapes::compile(&shapes)
            .map_err(|problem| ContentError::new(INDEX, format!("`{}`: {problem}", profile.id)))?;
        Ok(Compiled {
            shapes,
            lists: self.graph(&profile.lists)?,
        })
    }

    fn graph(&self, paths: &[String]) -> Result<Graph, ContentError> {
        let mut graph = Graph::new();
        for path in paths {
            let wrong =
                |error: ReadError| ContentError::new(&format!("{FOLDER}{path}"), error.to_string());
            let part = self
                .read(self.file(path)?.as_bytes(), Syntax::Turtle)
                .map_err(wrong)?;
            for triple in &part {
                graph.insert(triple);
            }
        }
        Ok(graph)
    }
}

fn report(profile: &str, data: &Graph, findings: Vec<Finding>) -> ValidationReport {
    let (beyond, counted): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.beyond);
    let (violations, warnings): (Vec<_>, Vec<_>) = counted
        .into_iter()
        .partition(|finding| finding.severity == Severity::Violation);
    ValidationReport {
        profile: profile.to_owned(),
        conforms: violations.is_empty(),
        statements: data.len(),
        violations,
        warnings,
        beyond,
    }
}

/// The level of access that each dataset states: its address and the last part of the level's.
fn levels(data: &Graph) -> BTreeMap<String, String> {
    data.triples_for_predicate(&word("dct:accessRights"))
        .filter_map(|triple| match triple.object.into_owned() {
            Term::NamedNode(level) => {
                let level = level.as_str().strip_prefix(ACCESS_RIGHTS)?.to_owned();
                let subject = match triple.subject.into_owned() {
                    oxrdf::NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
                    oxrdf::NamedOrBlankNode::BlankNode(node) => node.to_string(),
                };
                Some((subject, level))
            }
            _ => None,
        })
        .collect()
}
