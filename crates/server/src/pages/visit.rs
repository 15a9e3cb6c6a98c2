//! A visit: the language, who is signed in, what lies in the basket; and how a page or a redirect
//! leaves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::App;
use app::catalogue::{Language, Text};
use app::catalogue_use::BasketView;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use base::{AccountId, Actor, OrganisationId, Role};
use serde_json::{Value, json};

use super::fields::Fields;
use crate::http::{Answer, AppState, Problem, Session};
use crate::view::{self, Page};

const BASKET_COOKIE: &str = "sund-basket";
const BASKET_SECONDS: u32 = 30 * 24 * 3600;
/// The query field that names what was just done.
const NOTICE: &str = "besked";

/// Somebody who asks for a page.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// What handlers can reach.
    pub(super) state: AppState,
    /// The page's language.
    pub(super) language: Language,
    /// Path without the language, and without the query.
    pub(super) path: String,
    /// The query.
    pub(super) query: Fields,
    /// Who is signed in.
    pub(super) session: Option<Session>,
    basket: Option<String>,
    people: Arc<Mutex<BTreeMap<AccountId, Person>>>,
}

/// A person as forms and lists name them.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// What is typed to name the account.
    pub(super) login: String,
    /// Name, where it is known.
    pub(super) name: Option<String>,
    /// Organisation, where it is known.
    pub(super) organisation: Option<String>,
}

/// An error of a form, at its field.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct FieldError {
    /// The field's name.
    pub(super) field: String,
    /// What to do.
    pub(super) message: String,
    /// A way to mend it in one step.
    pub(super) fix: Value,
}

impl FieldError {
    /// An error with its words.
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            fix: Value::Null,
        }
    }
}

/// A page before it is dressed.
#[derive(Debug)]
pub(super) struct Sheet {
    template: &'static str,
    status: StatusCode,
    errors: Vec<FieldError>,
    view: Value,
}

impl Sheet {
    /// A page of a template with its view.
    pub(super) const fn new(template: &'static str, view: Value) -> Self {
        Self {
            template,
            status: StatusCode::OK,
            errors: Vec::new(),
            view,
        }
    }

    /// The same page with errors of its form, as 422.
    pub(super) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        if !errors.is_empty() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self.errors = errors;
        self
    }

    /// The same page with another status.
    pub(super) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let session =
            <Session as OptionalFromRequestParts<AppState>>::from_request_parts(parts, state)
                .await?;
        let (language, path) = language_of(parts.uri.path());
        let language = language.unwrap_or_else(|| preferred_language(&parts.headers));
        Ok(Self {
            state: state.clone(),
            language,
            path: path.to_owned(),
            query: Fields::parse(parts.uri.query().unwrap_or_default()),
            session,
            basket: basket_of(&parts.headers),
            people: Arc::default(),
        })
    }
}

impl Visit {
    /// The use cases.
    pub(super) const fn app(&self) -> &App {
        &self.state.app
    }

    /// Who acts; a page for which one must sign in otherwise.
    pub(super) fn actor(&self) -> Answer<&Actor> {
        let session = self.session.as_ref().ok_or_else(Problem::unauthenticated)?;
        Ok(session.actor())
    }

    /// The id of the basket; empty where there is none.
    pub(super) fn basket_id(&self) -> &str {
        self.basket.as_deref().unwrap_or_default()
    }

    /// What lies in the visitor's basket; nothing where there is none.
    pub(super) async fn load_basket(&self) -> Answer<BasketView> {
        match &self.basket {
            Some(id) => Ok(self.app().basket(id).await?),
            None => Ok(BasketView::default()),
        }
    }

    /// A text in the page's language.
    pub(super) fn say(&self, text: &Text) -> String {
        text.in_language(self.language).to_owned()
    }

    /// A word of the portal.
    pub(super) fn word(&self, key: &str) -> String {
        self.app().content().text(self.language, key).into_owned()
    }

    /// A sentence of the portal with its placeholders filled.
    pub(super) fn sentence(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.word(key);
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// A sentence about a number of things, with its placeholders filled.
    pub(super) fn counted(&self, key: &str, count: u64, values: &[(&str, &str)]) -> String {
        let form = if count == 1 { "one" } else { "other" };
        let number = view::number_in_words(self.language, count);
        let text = self.sentence(&format!("{key}_{form}"), values);
        text.replace("{count}", &number)
    }

    /// Whether the portal has a word.
    pub(super) fn has_word(&self, key: &str) -> bool {
        let texts = self.app().content().texts.get(&self.language);
        texts.is_some_and(|texts| texts.contains_key(key))
    }

    /// What an organisation is called.
    pub(super) fn organisation(&self, id: &OrganisationId) -> String {
        self.say(&self.app().organisation_name(id))
    }

    /// What organisations are called.
    pub(super) fn organisations(&self, ids: &[OrganisationId]) -> Vec<String> {
        ids.iter().map(|id| self.organisation(id)).collect()
    }

    /// What a register is called.
    pub(super) fn register(&self, id: &str) -> String {
        let register = self.app().content().catalogue.register(id);
        register.map_or_else(|| id.to_owned(), |register| self.say(&register.name))
    }

    /// An address of a path in the page's language.
    pub(super) fn href(&self, path: &str) -> String {
        format!("/{}{path}", self.language.code())
    }

    /// A date in words; any other text stays as it is.
    pub(super) fn date(&self, text: &str) -> String {
        view::date_in_words(self.language, text)
    }

    /// Learns who these accounts are, so that a page can name them.
    pub(super) async fn meet(&self, accounts: &[AccountId]) -> Answer<()> {
        let cards = self.app().people(accounts).await?;
        let people = cards.into_iter().map(|(account, card)| {
            let person = Person {
                login: card.login,
                name: Some(card.name.expose().clone()),
                organisation: card.organisation.map(|id| self.organisation(&id)),
            };
            (account, person)
        });
        let people: Vec<(AccountId, Person)> = people.collect();
        let mut met = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        met.extend(people);
        Ok(())
    }

    /// Who an account is: its login and, where they are known, name and organisation.
    pub(super) fn person(&self, account: AccountId) -> Person {
        let roles = self.app().demo_roles().unwrap_or_default();
        let mut people = roles.iter();
        let found = people.find(|role| App::demo_account_id(&role.id) == account);
        if let Some(role) = found {
            return Person {
                login: role.id.clone(),
                name: Some(self.say(&role.name)),
                organisation: Some(self.organisation(&role.organisation)),
            };
        }
        let met = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(person) = met.get(&account) {
            return person.clone();
        }
        let own = self
            .session
            .as_ref()
            .filter(|session| session.actor().account == account);
        Person {
            login: account.to_string(),
            name: own.map(|session| session.signed_in.account_name.expose().clone()),
            organisation: own.map(|session| self.say(&session.signed_in.organisation_name)),
        }
    }

    /// The path with its query, as the language link and `back` fields carry it.
    pub(super) fn path_and_query(&self) -> String {
        format!("{}{}", self.path, self.query.query_without(&[NOTICE]))
    }

    /// Answers with a page.
    pub(super) async fn show(&self, sheet: Sheet) -> Answer<Response> {
        let Sheet {
            template,
            status,
            errors,
            view,
        } = sheet;
        let page = Page {
            lang: self.language.code(),
            path: self.path_and_query(),
            page: json!({ "errors": errors, "notice": self.notice() }),
            session: self.session_view(),
            demo: self.demo_view(),
            basket: self.basket_view().await?,
            site: self.site_view(),
            v: view,
        };
        let html = self
            .state
            .renderer
            .render(template, self.language, &page)
            .map_err(|error| app::Error::internal("a page", &format!("{template}: {error:#}")))?;
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Cookie"));
        Ok(response)
    }

    /// Sends on to another page of the same language.
    pub(super) fn go(&self, path: &str) -> Response {
        redirect(&self.href(path))
    }

    /// Sends on, and says there what was done: a key below `notice.`.
    pub(super) fn go_saying(&self, path: &str, notice: &str) -> Response {
        let (path, anchor) = path
            .split_once('#')
            .map_or((path, None), |(p, a)| (p, Some(a)));
        let and = if path.contains('?') { '&' } else { '?' };
        let anchor = anchor
            .map(|anchor| format!("#{anchor}"))
            .unwrap_or_default();
        self.go(&format!("{path}{and}{NOTICE}={notice}{anchor}"))
    }

    /// Keeps the basket's id in the browser.
    pub(super) fn keep_basket(&self, id: &str, response: &mut Response) {
        let secure = if self.state.door.is_demo {
            ""
        } else {
            "; Secure"
        };
        let cookie = format!(
            "{BASKET_COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax; Max-Age={BASKET_SECONDS}{secure}"
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }

    fn notice(&self) -> Value {
        let key = format!("notice.{}", self.query.get(NOTICE));
        if self.has_word(&key) {
            Value::String(self.word(&key))
        } else {
            Value::Null
        }
    }

    fn session_view(&self) -> Value {
        let Some(session) = &self.session else {
            return Value::Null;
        };
        let actor = session.actor();
        let authorities = self.app().content().rulebook.authorities();
        let short = authorities.get(&actor.organisation);
        let full = self.say(&session.signed_in.organisation_name);
        json!({
            "actor_name": self.person(actor.account).name,
            "role": self.word(&format!("role.{}", actor.role.name())),
            "organisation": full,
            "organisation_short": short.map_or_else(|| full.clone(), |found| self.say(&found.short)),
            "work": work_of(actor.role),
        })
    }

    fn demo_view(&self) -> Value {
        if self.state.door.is_demo {
            json!({ "date": self.app().today() })
        } else {
            Value::Null
        }
    }

    async fn basket_view(&self) -> Answer<Value> {
        if self.basket.is_none() {
            return Ok(Value::Null);
        }
        Ok(json!({ "variables": self.load_basket().await?.n_variables }))
    }

    fn site_view(&self) -> Value {
        let operator = self.app().operator().organisation;
        json!({
            "operator": self.organisation(&operator),
            "phone": self.word("site.phone"),
            "phone_hours": self.word("site.phone_hours"),
            "email": self.word("site.email"),
        })
    }
}

/// A 303 to a local address.
pub(super) fn redirect(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// A path of this portal without the language, as forms send it back; the start page if it is
/// anything else, so that a form cannot send somebody to another site.
pub(super) fn local_path(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\r', '\n', ':'])
        && path.is_ascii();
    if plain { path } else { "/" }
}

/// Language and rest of a path.
pub(super) fn language_of(path: &str) -> (Option<Language>, &str) {
    for language in [Language::Da, Language::En] {
        let rest = path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(language.code()));
        match rest {
            Some("") => return (Some(language), "/"),
            Some(rest) if rest.starts_with('/') => return (Some(language), rest),
            _ => {}
        }
    }
    (None, path)
}

/// English where the browser asks for it first, Danish otherwise.
pub(super) fn preferred_language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(axum::http::header::ACCEPT_LANGUAGE);
    let text = accepted.and_then(|value| value.to_str().ok());
    match text {
        Some(text) if text.trim_start().to_lowercase().starts_with("en") => Language::En,
        _ => Language::Da,
    }
}

fn basket_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == BASKET_COOKIE)
        .map(|(_, id)| id.to_owned())
        .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The pages that a role works on, in the order of its menu.
const fn work_of(role: Role) -> &'static [&'static str] {
    match role {
        Role::Researcher => &["cases", "drafts", "rooms"],
        Role::Officer | Role::Coordinator => &["desk", "cases"],
        Role::Checker => &["review"],
        Role::Holder => &["deliveries"],
        Role::Admin => &["accounts", "clock"],
        Role::Citizen | Role::Operator | Role::System => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_sends_nobody_to_another_site() {
        assert_eq!(local_path("/kurv?x=1"), "/kurv?x=1");
        for path in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "kurv",
            "",
        ] {
            assert_eq!(local_path(path), "/");
        }
    }

    #[test]
    fn the_language_is_the_first_part_of_the_path() {
        assert_eq!(language_of("/da/sager"), (Some(Language::Da), "/sager"));
        assert_eq!(language_of("/en"), (Some(Language::En), "/"));
        assert_eq!(language_of("/english"), (None, "/english"));
    }
}
