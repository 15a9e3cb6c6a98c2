//! Figures of the whole installation, for anybody. They stand on the start page, so they are counted
//! once per change and not once per reader.

use casework::CaseState;
use serde::Serialize;
use store::{DocumentFilter, Order};

use super::public_event;
use crate::cases::CaseSummary;
use crate::log::from_json;
use crate::{App, Error};

/// Decided cases that a median needs.
const MEDIAN_NEEDS: usize = 20;

/// Figures of the whole installation, now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Cases that are open.
    pub open_cases: u64,
    /// Of these, with the applicant.
    pub with_applicant: u64,
    /// Decided cases.
    pub decided: u64,
    /// Median days from sending to the outcome; none below [`Figures::median_needs`] decided cases.
    pub median_days: Option<u32>,
    /// Decided cases that the median needs.
    pub median_needs: usize,
    /// Permits in force.
    pub permits_in_force: u64,
    /// Cases in which everything was refused.
    pub refused: u64,
    /// Results released, without people and by people.
    pub released: (u64, u64),
}

/// What was counted last.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// The figures, and the last event that they know of.
    cases: Option<(u64, Figures)>,
    /// Leaves that were read; they never change.
    leaves: u64,
    /// Of these, results released without people and by people.
    released: (u64, u64),
}

impl App {
    /// Figures for the start page, as of the last event.
    pub async fn figures(&self) -> Result<Figures, Error> {
        // Who comes while they are counted waits for them, and does not count too.
        let mut counted = self.counted().lock().await;
        let (position, leaves) = self
            .store()
            .read("public.stands_at", |reader| async move {
                Ok::<_, Error>((reader.last_position().await?, reader.count_leaves().await?))
            })
            .await?;
        while counted.leaves < leaves {
            self.count_released(&mut counted).await?;
        }
        let mut figures = match &counted.cases {
            Some((known, figures)) if *known == position => figures.clone(),
            _ => self.count_cases().await?,
        };
        counted.cases = Some((position, figures.clone()));
        figures.released = counted.released;
        Ok(figures)
    }

    async fn count_cases(&self) -> Result<Figures, Error> {
        let mut figures = Figures {
            median_needs: MEDIAN_NEEDS,
            ..Figures::default()
        };
        let (mut cursor, mut days) = (None::<String>, Vec::new());
        loop {
            let from = cursor.clone();
            let page = self
                .store()
                .read("public.figures", |reader| async move {
                    let filter = DocumentFilter::default();
                    let limit = base::limits::LIST_ITEMS_MAX;
                    reader
                        .list_documents("case", &filter, Order::Ascending, from.as_deref(), limit)
                        .await
                })
                .await?;
            for document in page.items {
                let case: CaseSummary = from_json(&document.body)?;
                figures.count(&case);
                if let Some(outcome) = case.outcome_at {
                    let seconds = outcome.as_second() - case.submitted_at.as_second();
                    days.push(u32::try_from(seconds / 86_400).unwrap_or(0));
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        days.sort_unstable();
        figures.decided = days.len() as u64;
        if days.len() >= MEDIAN_NEEDS {
            figures.median_days = days.get(days.len() / 2).copied();
        }
        Ok(figures)
    }

    /// Reads the leaves that came since the last time.
    async fn count_released(&self, counted: &mut Counted) -> Result<(), Error> {
        let leaves = self.leaves(counted.leaves, store::LEAVES_MAX, None).await?;
        let (mut by_rules, mut by_people) = counted.released;
        for leaf in leaves.iter().filter(|leaf| leaf.kind == "output.released") {
            let (event, _) = public_event(leaf)?;
            match event.fields.get("checked_by").map(String::as_str) {
                Some("rules") => by_rules += 1,
                _ => by_people += 1,
            }
        }
        counted.released = (by_rules, by_people);
        let last = leaves.last().map(|leaf| leaf.sequence);
        counted.leaves = last.map_or(u64::MAX, |last| last + 1);
        Ok(())
    }
}

impl Figures {
    fn count(&mut self, case: &CaseSummary) {
        if case.state.is_open() {
            self.open_cases += 1;
            self.with_applicant += u64::from(case.ball == casework::case::Ball::Applicant);
        }
        self.permits_in_force += u64::from(case.state == CaseState::Permitted);
        self.refused += u64::from(case.state == CaseState::Refused);
    }
}

#[cfg(test)]
mod tests {
    use store::Document;

    use super::*;
    use crate::{FolderKind, Opening, record};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn figures_are_counted_anew_after_an_event_and_only_then() {
        let home = tempfile::tempdir().unwrap();
        let opening = Opening {
            dir: home.path().join("sund"),
            ..Opening::default()
        };
        let app = App::create(&opening, FolderKind::Demo).await.unwrap();
        assert_eq!(app.figures().await.unwrap().open_cases, 0);
        let body = serde_json::json!({
            "number": "S-2026-0417", "title": "", "state": "assessment", "ball": "authorities",
            "data_user": "ku", "submitted_at": app.now(), "statutory_due": null,
            "outcome_at": null, "open_questions": 0, "parts": [], "permit": null, "members": [],
        });
        let document = Document::new("case", "1", body, app.now());
        app.store()
            .run_tx("test.put", |tx| {
                let document = document.clone();
                async move { tx.put_document(&document).await }
            })
            .await
            .unwrap();
        assert_eq!(app.figures().await.unwrap().open_cases, 0);
        let audit = store::AuditEntry::new(&app.system(), "test", "case", app.now());
        let event = casework::CaseEvent::ApplicationDeclaredComplete { from: app.today() };
        app.store()
            .run_tx("test.append", |tx| {
                let (event, audit) = (event.clone(), audit.clone());
                async move { record::append(&tx, "case-1", 0, &[event], &audit).await }
            })
            .await
            .unwrap();
        assert_eq!(app.figures().await.unwrap().open_cases, 1);
        app.close().await;
    }
}
