//! `sund catalogue`: the data map searched; files of the catalogue checked, written and read. Needs no folder.

mod search;

use std::path::{Path, PathBuf};

use app::Content;
use app::metadata::rdf::{Graph, Syntax, write};
use app::metadata::shacl::Finding;
use base::limits::RDF_BYTES_MAX;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{Context, Exit, Failure, Outcome};

/// The address that exports name where none is given: it leads nowhere, and nobody else has it.
const BASE: &str = "https://sund.example";

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogueCommand {
    /// Find registers, variables, codes and data packages.
    Search(search::SearchArgs),
    /// Hold an RDF file against a profile: exit 0 no violation, 1 violations, 2 not readable.
    Validate(ValidateArgs),
    /// Write a source, or the whole catalogue, as HealthDCAT-AP.
    Export(ExportArgs),
    /// Read an RDF file into drafts of register files, with a report.
    Import(ImportArgs),
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The file: Turtle (.ttl), JSON-LD (.jsonld, .json) or RDF/XML (.rdf, .xml).
    file: PathBuf,
    /// r8-non-public, r8-public, r8-restricted, dcat-ap-3.0.1, r8+dcat-ap; by the file's own access rights where none
    /// is named.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The syntax, where the file's name does not say it.
    #[arg(long, value_enum)]
    format: Option<FormatName>,
}

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A register; all where none is named.
    id: Option<String>,
    /// The syntax.
    #[arg(long, value_enum, default_value_t = FormatName::Turtle)]
    format: FormatName,
    /// The address that names in the file begin with.
    #[arg(long, value_name = "URL", default_value = BASE)]
    base: String,
    /// The file to write; standard output where none is named.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What to read.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file.
    file: PathBuf,
    /// A folder for the drafts, one register file each; none are written where it is not named.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The syntax, where the file's name does not say it.
    #[arg(long, value_enum)]
    format: Option<FormatName>,
}

/// A syntax by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// Turtle.
    Turtle,
    /// JSON-LD.
    Jsonld,
    /// RDF/XML.
    Rdfxml,
}

impl From<FormatName> for Syntax {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Turtle => Self::Turtle,
            FormatName::Jsonld => Self::JsonLd,
            FormatName::Rdfxml => Self::RdfXml,
        }
    }
}

/// Runs the command.
pub(crate) fn run(command: &CatalogueCommand, context: &Context) -> Result<Outcome, Failure> {
    let content = Content::embedded()?;
    match command {
        CatalogueCommand::Search(args) => search::run(args, context),
        CatalogueCommand::Validate(args) => validate(args, &content, context),
        CatalogueCommand::Export(args) => export(args, &content, context),
        CatalogueCommand::Import(args) => import(args, &content, context),
    }
}

/// Reads a file of others; what is wrong with it is said with its line.
fn read(file: &Path, format: Option<FormatName>, content: &Content) -> Result<Graph, Failure> {
    let shown = file.display().to_string();
    let syntax = format
        .map(Syntax::from)
        .or_else(|| Syntax::from_file_name(&shown));
    let syntax = syntax.ok_or_else(|| {
        Failure::new(
            Exit::WrongUse,
            "rdf_syntax",
            "the file's name does not say its syntax",
        )
        .at(&shown)
        .advise("name it with `--format turtle`, `jsonld` or `rdfxml`")
    })?;
    let bytes = read_bytes(file)?;
    content
        .interchange
        .standards
        .read(&bytes, syntax)
        .map_err(|error| {
            let place = match (error.line, error.column) {
                (Some(line), Some(column)) => format!("{shown}:{line}:{column}"),
                (Some(line), None) => format!("{shown}:{line}"),
                _ => shown,
            };
            Failure::new(Exit::WrongUse, "rdf_unreadable", error.to_string()).at(place)
        })
}

/// A file's bytes; one that is too large is refused before it is in memory.
fn read_bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display().to_string();
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot be read: {}", error.kind());
        Failure::new(Exit::WrongUse, "file_unreadable", message).at(&shown)
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > RDF_BYTES_MAX as u64 {
        let message = format!("{length} bytes; at most {RDF_BYTES_MAX} are read");
        return Err(Failure::new(Exit::WrongUse, "file_too_large", message)
            .at(&shown)
            .advise("split it into pages"));
    }
    std::fs::read(file).map_err(unreadable)
}

fn validate(args: &ValidateArgs, content: &Content, context: &Context) -> Result<Outcome, Failure> {
    let graph = read(&args.file, args.format, content)?;
    let standards = &content.interchange.standards;
    let report = match &args.profile {
        Some(profile) => standards.validate(&graph, profile),
        None => standards.validate_by_access(&graph),
    }
    .map_err(app::Error::from)?;
    let printer = context.printer;
    let print = |heading: &str, findings: &[Finding]| {
        for finding in findings {
            let path = finding.path.as_deref().unwrap_or("(the node itself)");
            printer.line(format_args!(
                "{heading:9} {} {path} {}: {}",
                finding.focus, finding.component, finding.message
            ));
        }
    };
    print("violation", &report.violations);
    print("warning", &report.warnings);
    print("beyond", &report.beyond);
    printer.line(format_args!(
        "{}: {} statements, {} violations, {} warnings under {}",
        args.file.display(),
        report.statements,
        report.violations.len(),
        report.warnings.len(),
        report.profile
    ));
    Ok(Outcome {
        held: report.conforms,
        report: super::to_json(&report)?,
    })
}

fn export(args: &ExportArgs, content: &Content, context: &Context) -> Result<Outcome, Failure> {
    let (catalogue, interchange) = (&content.catalogue, &content.interchange);
    let graph = match &args.id {
        Some(id) => {
            let register = catalogue.register(id).ok_or_else(|| {
                Failure::new(
                    Exit::WrongUse,
                    "unknown_register",
                    format!("there is no register `{id}`"),
                )
            })?;
            interchange.register(catalogue, &args.base, register)
        }
        None => interchange.catalogue(catalogue, &args.base, catalogue.registers()),
    };
    let text = write(&graph, args.format.into());
    match &args.out {
        Some(file) => {
            std::fs::write(file, &text).map_err(|error| {
                Failure::new(
                    Exit::Outside,
                    "file_unwritable",
                    format!("cannot be written: {}", error.kind()),
                )
                .at(file.display().to_string())
            })?;
            context
                .printer
                .line(format_args!("wrote {}", file.display()));
            Ok(Outcome::held(
                json!({ "statements": graph.len(), "file": file }),
            ))
        }
        None => {
            context.printer.line(text.trim_end());
            Ok(Outcome::held(
                json!({ "statements": graph.len(), "text": text }),
            ))
        }
    }
}

fn import(args: &ImportArgs, content: &Content, context: &Context) -> Result<Outcome, Failure> {
    let graph = read(&args.file, args.format, content)?;
    let report = content.interchange.import(&content.catalogue, &graph);
    let printer = context.printer;
    for change in &report.upgraded {
        printer.line(format_args!(
            "read anew  {} as {} ({} times)",
            change.from, change.to, change.times
        ));
    }
    let mut files = Vec::new();
    for dataset in &report.datasets {
        let outcome = super::to_json(&dataset.outcome)?;
        printer.line(format_args!(
            "{:10} {} from {}",
            outcome.as_str().unwrap_or_default(),
            dataset.draft.id,
            dataset.address
        ));
        for remark in &dataset.remarks {
            printer.line(format_args!("           {remark}"));
        }
        if let Some(folder) = &args.out
            && dataset.outcome != app::metadata::import::Outcome::Repeated
        {
            let text = app::draft_text(&dataset.draft)?;
            let file = folder.join(format!("{}.toml", dataset.draft.id));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&file, text))
                .map_err(|error| {
                    Failure::new(
                        Exit::Outside,
                        "file_unwritable",
                        format!("cannot be written: {}", error.kind()),
                    )
                    .at(file.display().to_string())
                })?;
            files.push(file);
        }
    }
    for remark in &report.remarks {
        printer.line(remark);
    }
    let mut object = super::to_json(&report)?;
    if let Some(object) = object.as_object_mut() {
        object.insert("files".to_owned(), json!(files));
    }
    Ok(Outcome {
        held: !report.datasets.is_empty(),
        report: object,
    })
}
