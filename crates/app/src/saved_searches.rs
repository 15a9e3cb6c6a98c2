//! Searches that an account keeps, and what has changed since it last looked.

use std::collections::BTreeSet;

use base::{Actor, SavedSearchId, Timestamp};
use casework::Action;
use catalogue::Language;
use search::{Filters, Hit, Query};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, SavedSearch};

use crate::{App, Error};

/// Searches that one account keeps.
const SEARCHES_MAX: usize = 50;
const QUERY_CHARS_MAX: usize = 300;
/// Hits whose coming is told, and hits that are remembered to know it.
const TOLD_MAX: usize = 100;
const REMEMBERED_MAX: usize = 500;

/// What is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptQuery {
    /// The words.
    pub q: String,
    /// Only these.
    #[serde(default)]
    pub filters: Filters,
    /// Only the words as typed.
    #[serde(default)]
    pub literal: bool,
}

/// A kept search with what has changed.
#[derive(Debug, Clone, Serialize)]
pub struct SavedSearchView {
    /// Its id.
    pub id: SavedSearchId,
    /// What is searched.
    pub query: KeptQuery,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// When the account last looked.
    pub seen_at: Timestamp,
    /// Hits now.
    pub total: usize,
    /// Hits that have come since then, the best first.
    pub new: Vec<Hit>,
    /// What is no longer a hit: `lpr3`, `lpr3.diagnoser.diag_kode`, `DE11`.
    pub gone: Vec<String>,
}

impl SavedSearchView {
    /// Whether anything has changed.
    pub fn changed(&self) -> bool {
        !(self.new.is_empty() && self.gone.is_empty())
    }
}

impl App {
    /// Keeps a search.
    pub async fn save_search(
        &self,
        actor: &Actor,
        query: KeptQuery,
    ) -> Result<SavedSearchView, Error> {
        self.check_installation(actor, Action::SearchCatalogue)?;
        let query = KeptQuery {
            q: query.q.trim().to_owned(),
            ..query
        };
        if query.q.is_empty() && query.filters.count() == 0 {
            return Err(Error::invalid("nothing_to_save", "the search is empty"));
        }
        if query.q.chars().count() > QUERY_CHARS_MAX {
            let message = format!("a saved search has at most {QUERY_CHARS_MAX} characters");
            return Err(Error::invalid("search_too_long", message));
        }
        let kept = self.kept_searches(actor).await?;
        for search in &kept {
            if read_query(search)? == query {
                return self.view_search(search);
            }
        }
        if kept.len() >= SEARCHES_MAX {
            let message = format!("an account keeps at most {SEARCHES_MAX} searches");
            return Err(Error::invalid("searches_full", message));
        }
        let (_, hits) = self.finds(&query)?;
        let search = SavedSearch {
            search_id: SavedSearchId::new(self.clock(), self.entropy()),
            account: actor.account,
            query: to_json(&query)?,
            seen: to_json(&names(&hits))?,
            seen_at: self.now(),
            created_at: self.now(),
        };
        let subject = search.search_id.to_string();
        let audit = AuditEntry::new(actor, "search.save", subject, self.now());
        self.store()
            .run_tx("search.save", |tx| {
                let (search, audit) = (search.clone(), audit.clone());
                async move { tx.insert_saved_search(&search, &audit).await }
            })
            .await?;
        self.view_search(&search)
    }

    /// The searches that an account keeps, with what has changed.
    pub async fn saved_searches(&self, actor: &Actor) -> Result<Vec<SavedSearchView>, Error> {
        self.check_installation(actor, Action::SearchCatalogue)?;
        let kept = self.kept_searches(actor).await?;
        kept.iter().map(|search| self.view_search(search)).collect()
    }

    /// Takes what a kept search finds now as seen.
    pub async fn see_search(&self, actor: &Actor, id: SavedSearchId) -> Result<(), Error> {
        let search = self.kept_search(actor, id).await?;
        let (_, hits) = self.finds(&read_query(&search)?)?;
        let (seen, account, now) = (to_json(&names(&hits))?, actor.account, self.now());
        self.store()
            .run_tx("search.see", |tx| {
                let seen = seen.clone();
                async move { tx.see_saved_search(id, account, &seen, now).await }
            })
            .await?;
        Ok(())
    }

    /// Forgets a kept search.
    pub async fn forget_search(&self, actor: &Actor, id: SavedSearchId) -> Result<(), Error> {
        self.kept_search(actor, id).await?;
        let account = actor.account;
        let audit = AuditEntry::new(actor, "search.forget", id.to_string(), self.now());
        self.store()
            .run_tx("search.forget", |tx| {
                let audit = audit.clone();
                async move { tx.delete_saved_search(id, account, &audit).await }
            })
            .await?;
        Ok(())
    }

    async fn kept_searches(&self, actor: &Actor) -> Result<Vec<SavedSearch>, Error> {
        let account = actor.account;
        let kept = self
            .store()
            .read("search.list", |reader| async move {
                reader.list_saved_searches(account, SEARCHES_MAX).await
            })
            .await?;
        Ok(kept)
    }

    async fn kept_search(&self, actor: &Actor, id: SavedSearchId) -> Result<SavedSearch, Error> {
        self.check_installation(actor, Action::SearchCatalogue)?;
        let mut kept = self.kept_searches(actor).await?.into_iter();
        kept.find(|search| search.search_id == id)
            .ok_or_else(Error::not_found)
    }

    /// How many hits a search has now, and the first of them.
    fn finds(&self, kept: &KeptQuery) -> Result<(usize, Vec<Hit>), Error> {
        let mut query = Query::new(&kept.q, Language::Da);
        query.filters = kept.filters.clone();
        query.literal = kept.literal;
        query.limit = REMEMBERED_MAX;
        let result = self.search(&query)?;
        Ok((result.total, result.hits))
    }

    fn view_search(&self, search: &SavedSearch) -> Result<SavedSearchView, Error> {
        let query = read_query(search)?;
        let (total, hits) = self.finds(&query)?;
        let seen: Vec<String> = serde_json::from_value(search.seen.clone())
            .map_err(|error| Error::internal("reading a saved search", &error))?;
        let (new, gone) = changes(&seen, hits);
        Ok(SavedSearchView {
            id: search.search_id,
            query,
            saved_at: search.created_at,
            seen_at: search.seen_at,
            total,
            new,
            gone,
        })
    }
}

/// What has come among the first hits, and what of the first has gone altogether.
fn changes(seen: &[String], hits: Vec<Hit>) -> (Vec<Hit>, Vec<String>) {
    let now: BTreeSet<String> = names(&hits).into_iter().collect();
    let before: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    let first = seen.iter().take(TOLD_MAX);
    let gone = first.filter(|name| !now.contains(*name)).cloned().collect();
    let new = hits.into_iter().take(TOLD_MAX);
    let new = new
        .filter(|hit| !before.contains(hit.name().as_str()))
        .collect();
    (new, gone)
}

fn names(hits: &[Hit]) -> Vec<String> {
    hits.iter().map(Hit::name).collect()
}

fn read_query(search: &SavedSearch) -> Result<KeptQuery, Error> {
    serde_json::from_value(search.query.clone())
        .map_err(|error| Error::internal("reading a saved search", &error))
}

fn to_json(value: &impl Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::internal("storing a saved search", &error))
}

#[cfg(test)]
mod tests {
    use catalogue::Text;
    use search::{HitKind, Why};

    use super::*;

    fn hit(register: &str) -> Hit {
        Hit {
            kind: HitKind::Register,
            register: Some(register.to_owned()),
            table: None,
            variable: None,
            code_list: None,
            code: None,
            id: None,
            title: Text::default(),
            why: Why::Exact,
            matched: Vec::new(),
            score: 1,
        }
    }

    #[test]
    fn what_came_and_what_went_is_told_once() {
        let seen = ["lmdb", "ddv"].map(str::to_owned);
        let (new, gone) = changes(&seen, vec![hit("lpr3"), hit("lmdb")]);
        assert_eq!(names(&new), ["lpr3"]);
        assert_eq!(gone, ["ddv"]);
        let (new, gone) = changes(&seen, vec![hit("ddv"), hit("lmdb")]);
        assert!(
            new.is_empty() && gone.is_empty(),
            "another order is no change"
        );
    }
}
