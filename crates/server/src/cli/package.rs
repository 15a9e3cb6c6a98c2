//! `sund package`: curated sets of variables, as descriptions and as synthetic files. Needs no folder.

use std::path::PathBuf;

use app::Content;
use app::catalogue::Language;
use app::metadata::package::Package;
use clap::Subcommand;
use serde_json::json;

use super::{Context, Exit, Failure, Outcome};

/// What to do with packages.
#[derive(Debug, Subcommand)]
pub(crate) enum PackageCommand {
    /// List the packages.
    List,
    /// Show a package: what it holds, and its Data Package descriptor with `--json`.
    Show {
        /// The package.
        id: String,
        /// The language of titles: da or en.
        #[arg(long, default_value = "en")]
        lang: String,
    },
    /// Write a package's descriptor and synthetic sample as files.
    Synth {
        /// The package.
        id: String,
        /// The folder to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The language of titles: da or en.
        #[arg(long, default_value = "en")]
        lang: String,
    },
}

/// Runs the command.
pub(crate) fn run(command: &PackageCommand, context: &Context) -> Result<Outcome, Failure> {
    let content = Content::embedded()?;
    match command {
        PackageCommand::List => {
            let packages = content.interchange.packages.all();
            let lines: Vec<_> = packages
                .map(|package| {
                    let name = &package.name.en;
                    context
                        .printer
                        .line(format_args!("{:26} {name}", package.id));
                    json!({ "id": package.id, "name": package.name })
                })
                .collect();
            Ok(Outcome::held(json!({ "packages": lines })))
        }
        PackageCommand::Show { id, lang } => show(find(&content, id)?, &content, (lang, context)),
        PackageCommand::Synth { id, out, lang } => {
            let language = crate::api::language(Some(lang));
            let files = app::package_files(find(&content, id)?, &content.catalogue, language)?;
            let mut written = Vec::new();
            for (name, bytes) in files {
                let file = out.join(name);
                std::fs::create_dir_all(out)
                    .and_then(|()| std::fs::write(&file, bytes))
                    .map_err(|error| {
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
                written.push(file);
            }
            Ok(Outcome::held(json!({ "files": written })))
        }
    }
}

fn find<'a>(content: &'a Content, id: &str) -> Result<&'a Package, Failure> {
    content.interchange.packages.get(id).ok_or_else(|| {
        Failure::new(
            Exit::WrongUse,
            "unknown_package",
            format!("there is no package `{id}`"),
        )
        .advise("see `sund package list`")
    })
}

fn show(
    package: &Package,
    content: &Content,
    (lang, context): (&str, &Context),
) -> Result<Outcome, Failure> {
    let language = crate::api::language(Some(lang));
    let printer = context.printer;
    let say = |text: &app::catalogue::Text| text.in_language(language).to_owned();
    printer.line(say(&package.name));
    printer.line(say(&package.description));
    for question in &package.questions {
        printer.line(format_args!("  ? {}", say(question)));
    }
    let price = package.price_ore.map_or_else(
        || match language {
            Language::Da => "Pris: ikke offentliggjort".to_owned(),
            Language::En => "Price: not published".to_owned(),
        },
        |ore| format!("{} kr.", ore / 100),
    );
    printer.line(price);
    printer.line(app::catalogue::selection::plain_text::print(
        &package.selection,
    ));
    let descriptor = package.descriptor(&content.catalogue, language, "");
    Ok(Outcome::held(json!({
        "package": package,
        "descriptor": descriptor,
    })))
}
