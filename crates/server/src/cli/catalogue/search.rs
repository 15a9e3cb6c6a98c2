//! `sund catalogue search`: what the data map holds, without a folder and without a server.

use app::catalogue::Language;
use app::search::Query;
use clap::{Args, ValueEnum};

use super::super::{Context, Failure, Outcome};

/// What to look for.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, identifiers or codes, in Danish or English.
    #[arg(value_name = "QUERY")]
    query: String,
    /// The language of the answer; both are searched.
    #[arg(long, value_enum, default_value = "da")]
    lang: Spoken,
    /// Most hits in the answer.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Only the words as typed, without other spellings and words of the same meaning.
    #[arg(long)]
    literal: bool,
}

/// A language of the portal.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spoken {
    /// Danish.
    Da,
    /// English.
    En,
}

/// Runs the command.
pub(super) fn run(args: &SearchArgs, context: &Context) -> Result<Outcome, Failure> {
    let content = app::Content::embedded()?;
    let language = match args.lang {
        Spoken::Da => Language::Da,
        Spoken::En => Language::En,
    };
    let mut query = Query::new(&args.query, language);
    query.limit = args.limit;
    query.literal = args.literal;
    let result = content.search()?.search(&query);
    let shown = if result.total == 0 {
        &result.nearest
    } else {
        &result.hits
    };
    context.printer.line(format_args!(
        "{} hits for `{}`{}",
        result.total,
        args.query,
        if result.nearest.is_empty() {
            ""
        } else {
            "; the nearest:"
        }
    ));
    for hit in shown {
        let title = hit.title.in_language(language);
        context
            .printer
            .line(format_args!("{:40} {title}", hit.name()));
    }
    Ok(Outcome::held(super::super::to_json(&result)?))
}
