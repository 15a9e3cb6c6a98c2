//! The public register as files: CSV for tables, Atom for those who follow it.

use app::catalogue::Language;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use super::project::event_text;
use super::public::{all_lines, in_language, state_word, title};
use super::visit::Visit;
use crate::http::{Answer, Download, PathOf, download};

/// Entries of the feed.
const FEED_MAX: usize = 50;

/// The visit in the language that the address asks for.
fn in_asked_language(mut visit: Visit) -> Visit {
    visit.language = match visit.query.get("lang") {
        "en" => Language::En,
        _ => Language::Da,
    };
    visit
}

/// A field of a CSV file. What a spreadsheet would take for a formula is made text.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A CSV file: UTF-8 with a mark, `;` between fields, every field in quotes.
pub(super) fn csv(name: &str, lines: &[Vec<String>]) -> Response {
    let mut text = String::from("\u{feff}");
    for line in lines {
        let fields: Vec<String> = line.iter().map(|value| field(value)).collect();
        text.push_str(&fields.join(";"));
        text.push_str("\r\n");
    }
    download(Download {
        file_name: name.to_owned(),
        media_type: "text/csv; charset=utf-8",
        bytes: text.into_bytes(),
    })
}

fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) async fn projects(visit: Visit) -> Answer<Response> {
    let visit = in_asked_language(visit);
    let mut lines = vec![words(&[
        "number",
        "title",
        "summary",
        "institution",
        "state",
        "registers",
        "applied_on",
        "permit",
    ])];
    for line in all_lines(&visit, "").await? {
        let project = visit.app().public_project(&line.number).await?;
        let registers: Vec<String> = line.registers.iter().map(|id| visit.register(id)).collect();
        lines.push(vec![
            line.number.clone(),
            title(&visit, &project.fields, &line.title),
            in_language(&visit, &project.fields, "lay-summary"),
            visit.organisation(&line.data_user),
            visit.word(&format!("state.{}", state_word(line.state))),
            registers.join(", "),
            base::danish_date(line.submitted_at).to_string(),
            line.permit.clone().unwrap_or_default(),
        ]);
    }
    Ok(csv("projects.csv", &lines))
}

pub(super) async fn events(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let visit = in_asked_language(visit);
    let project = visit.app().public_project(&number).await?;
    let mut lines = vec![words(&["at", "event", "leaf"])];
    for event in &project.events {
        let leaf = event.leaf.map(|leaf| leaf.to_string());
        lines.push(vec![
            base::format_instant(event.at),
            event_text(&visit, event),
            leaf.unwrap_or_default(),
        ]);
    }
    Ok(csv(&format!("{number}-events.csv"), &lines))
}

pub(super) async fn feed(visit: Visit) -> Answer<Response> {
    let visit = in_asked_language(visit);
    let base = visit.state.door.public_url.clone().unwrap_or_default();
    let language = visit.language.code();
    let now = base::format_instant(visit.app().now());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\">\n\
<id>{base}/{language}/aabenhed</id><title>{}</title><updated>{now}</updated>\n",
        escape(&visit.word("public.title"))
    );
    for line in all_lines(&visit, "").await?.iter().take(FEED_MAX) {
        let project = visit.app().public_project(&line.number).await?;
        let last = project
            .events
            .last()
            .map_or(line.submitted_at, |event| event.at);
        let href = escape(&format!("{base}/{language}/aabenhed/{}", line.number));
        let entry = format!(
            "<entry><id>{href}</id><link href=\"{href}\"/><title>{}</title>\
<updated>{}</updated><author><name>{}</name></author><summary>{}</summary></entry>\n",
            escape(&title(&visit, &project.fields, &line.title)),
            base::format_instant(last),
            escape(&visit.organisation(&line.data_user)),
            escape(&in_language(&visit, &project.fields, "lay-summary")),
        );
        xml.push_str(&entry);
    }
    xml.push_str("</feed>\n");
    let kind = HeaderValue::from_static("application/atom+xml; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind)], xml).into_response())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_taken_for_a_formula() {
        assert_eq!(field("=1+1"), "\"'=1+1\"");
        assert_eq!(field("a \"b\";c"), "\"a \"\"b\"\";c\"");
    }
}
