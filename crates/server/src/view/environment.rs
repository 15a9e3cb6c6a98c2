//! Templates of both languages, made ready once.

use std::sync::Arc;

use app::Content;
use app::catalogue::Language;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use rust_embed::RustEmbed;
use serde::Serialize;

use super::format::{Format, urlencode};
use super::words::Words;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/templates"]
struct Templates;

/// Renders pages.
#[derive(Clone)]
pub(crate) struct Renderer {
    danish: Arc<Environment<'static>>,
    english: Arc<Environment<'static>>,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}

/// What surrounds a page's own view: see `web/VIEWS.md`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Page<V> {
    /// `da` or `en`.
    pub(crate) lang: &'static str,
    /// Path without the language, with the query.
    pub(crate) path: String,
    /// Errors of a form, and a notice.
    pub(crate) page: serde_json::Value,
    /// Who is signed in.
    pub(crate) session: serde_json::Value,
    /// The demo's date, in a demo.
    pub(crate) demo: serde_json::Value,
    /// What lies in the basket.
    pub(crate) basket: serde_json::Value,
    /// Who runs the installation.
    pub(crate) site: serde_json::Value,
    /// The page's own view.
    pub(crate) v: V,
}

impl Renderer {
    /// Makes the templates ready with the words of this content.
    pub(crate) fn new(content: &Content) -> Result<Self, Error> {
        Ok(Self {
            danish: Arc::new(environment(content, Language::Da)?),
            english: Arc::new(environment(content, Language::En)?),
        })
    }

    /// A page as HTML.
    pub(crate) fn render(
        &self,
        template: &str,
        language: Language,
        context: &impl Serialize,
    ) -> Result<String, Error> {
        let environment = match language {
            Language::Da => &self.danish,
            Language::En => &self.english,
        };
        let context = Value::from(Serde(context));
        environment.get_template(template)?.render(context)
    }
}

fn environment(content: &Content, language: Language) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    for name in Templates::iter() {
        let Some(file) = Templates::get(&name) else {
            continue;
        };
        let source = String::from_utf8_lossy(&file.data).into_owned();
        environment.add_template_owned(name.into_owned(), source)?;
    }
    let format = Format(language);
    let texts = content.texts.get(&language).cloned().unwrap_or_default();
    let words = Words::new(texts, format);
    environment.add_function("t", move |key: &str, values: Kwargs| {
        words.text(key, &values)
    });
    let code = language.code();
    environment.add_function("url", move |path: &str| {
        Value::from_safe_string(escape(&format!("/{code}{path}")))
    });
    environment.add_function("asset", |path: &str| {
        Value::from_safe_string(escape(&format!("/static/{path}")))
    });
    environment.add_function("money_range", move |low: i64, high: i64| {
        format.money_range(low, high)
    });
    add_filters(&mut environment, format);
    Ok(environment)
}

fn add_filters(environment: &mut Environment<'static>, format: Format) {
    environment.add_filter("number", move |value: &Value| format.number(value));
    environment.add_filter("date", move |value: &Value| format.date(value));
    environment.add_filter("date_short", move |value: &Value| format.date_short(value));
    environment.add_filter("date_weekday", move |value: &Value| {
        format.date_weekday(value)
    });
    environment.add_filter("month", move |value: &Value| format.month(value));
    environment.add_filter("time", move |value: &Value| format.time(value));
    environment.add_filter("datetime", move |value: &Value| format.datetime(value));
    environment.add_filter("money_ore", move |ore: i64| format.money_ore(ore));
    environment.add_filter("percent", move |value: &Value| format.percent(value));
    environment.add_filter("urlencode", |value: &Value| urlencode(value));
}

/// Escapes what would end an attribute; the slashes of a path stay as they are.
fn escape(path: &str) -> String {
    path.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    /// A fixture is laid over the base; pairs of languages become one text.
    fn in_language(value: &Json, language: &str) -> Json {
        match value {
            Json::Object(fields) => {
                let pair =
                    fields.len() == 2 && fields.contains_key("da") && fields.contains_key("en");
                if pair {
                    return in_language(&fields[language], language);
                }
                let resolved = fields
                    .iter()
                    .map(|(k, v)| (k.clone(), in_language(v, language)));
                Json::Object(resolved.collect())
            }
            Json::Array(items) => Json::Array(
                items
                    .iter()
                    .map(|item| in_language(item, language))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    #[test]
    fn every_fixture_renders_in_both_languages() {
        let renderer = Renderer::new(&Content::embedded().unwrap()).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/fixtures");
        let read = |path: &std::path::Path| -> Json {
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
        };
        let base = read(&std::path::Path::new(folder).join("_base.json"));
        let (mut n_pages, mut failures) = (0, Vec::new());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('_') || !name.ends_with(".json") {
                continue;
            }
            for language in [Language::Da, Language::En] {
                let mut context = base.clone();
                for (key, value) in read(&path).as_object().unwrap() {
                    context[key] = value.clone();
                }
                let mut context = in_language(&context, language.code());
                context["lang"] = language.code().into();
                let template = context["template"].as_str().unwrap().to_owned();
                if let Err(error) = renderer.render(&template, language, &context) {
                    failures.push(format!("{name} {}: {error:#}", language.code()));
                }
                n_pages += 1;
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(n_pages > 100);
    }
}
