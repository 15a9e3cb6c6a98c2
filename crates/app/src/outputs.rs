//! Results of analyses: shown with their verdict, released with evidence, or held for two checkers.

use std::collections::BTreeMap;

use base::{AccountId, Actor, CaseTextId, OutputId, Role, Timestamp};
use casework::output::{Output, OutputEvent, OutputState, Screening};
use casework::{Action, Case, Granted, Subject, check_may};
use catalogue::permit::{AccessMode, PermitDocument};
use catalogue::{Language, Text};
use disclosure::{CellVerdict, ProtectedTable, TableState, Verdict, assess};
use serde::Serialize;
use store::{AuditEntry, StoredOutput};

use crate::permits::{document_sha256, to_json};
use crate::rooms::room_name;
use crate::texts::{NewText, store_texts};
use crate::{App, Error};

mod evidence;
mod kept;
mod review;
mod sight;

use kept::{Found, Kept};
pub use review::{AssessmentInput, ReviewView};

/// What a query gave, before it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) sql: String,
    pub(crate) elapsed_ms: u64,
    pub(crate) cut_off: bool,
    pub(crate) table: ProtectedTable,
    pub(crate) verdict: Verdict,
}

/// An output as one reader sees it.
#[derive(Debug, Clone, Serialize)]
pub struct OutputView {
    /// Its id. An answer at the command line is kept nowhere, and its id leads to nothing.
    pub id: OutputId,
    /// The room it was made in.
    pub room: String,
    /// Number of the permit.
    pub permit: String,
    /// Number of the case.
    pub case: String,
    /// What it shows, in the catalogue's words.
    pub title: Text,
    /// The query.
    pub sql: String,
    /// The table. Without rows where the reader may not see any.
    pub table: ProtectedTable,
    /// What the rules say.
    pub verdict: Verdict,
    /// How long the query took; to the next second for those who may not see rows.
    pub elapsed_ms: u64,
    /// Where it stands.
    pub state: OutputState,
    /// Distinct persons behind the whole table, where they can be derived and may be seen.
    pub persons: Option<u64>,
    /// Whether rows were cut off at the limit.
    pub cut_off: bool,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// Goes up with every change.
    pub version: u64,
    /// Cells that stopped a release, and the rules they failed.
    pub held: Option<Held>,
    /// The checkers' work, once it was sent to them.
    pub review: Option<ReviewView>,
    /// What this reader may do to it now.
    pub may: Vec<Action>,
}

/// Why a table was held.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// Cells that failed.
    pub cells: u32,
    /// Rules that failed.
    pub rules: Vec<String>,
}

/// A line about an output.
#[derive(Debug, Clone, Serialize)]
pub struct OutputSummary {
    /// Its id.
    pub id: OutputId,
    /// What it shows.
    pub title: Text,
    /// Where it stands.
    pub state: String,
    /// Who made it.
    pub made_by: AccountId,
    /// When.
    pub made_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Goes up with every change.
    pub version: u64,
}

/// A released table.
#[derive(Debug, Clone, Serialize)]
pub struct Download {
    /// What the file is called.
    pub file_name: String,
    /// The file.
    pub csv: String,
    /// Why it may leave.
    pub evidence: serde_json::Value,
}

impl App {
    /// An output with its verdict.
    pub async fn load_output(&self, actor: &Actor, id: OutputId) -> Result<OutputView, Error> {
        let (app, reader_actor) = (self.clone(), actor.clone());
        self.store()
            .read("output.load", |reader| async move {
                let found = app.find_kept(&reader, id).await?;
                let (facts, output) = (found.case.facts(), found.output.facts());
                let subject = Subject::Output(&facts, &output);
                check_may(&reader_actor, Action::ViewOutput, &subject)?;
                let kept = app.open_kept(&found.stored)?;
                let texts = app.open_texts(&reader, found.case.id).await?;
                Ok(app.view_output(&reader_actor, (&found.output, &kept, &found.case), &texts))
            })
            .await
    }

    /// Asks for release: at once where every cell meets the rules, else the table is held whole and
    /// the failing cells are named.
    pub async fn release(&self, actor: &Actor, id: OutputId) -> Result<OutputView, Error> {
        let found = self.find_for(actor, Action::ReleaseOutput, id).await?;
        let permit = self.usable_permit(found.output.permit).await?;
        self.change_output(
            actor,
            (id, Action::ReleaseOutput),
            &[],
            |found, kept, granted| {
                let screening = screen(kept, &permit)?;
                Ok(found.output.release(&found.case, &screening, granted)?)
            },
        )
        .await
    }

    /// The file of a released table, with its evidence.
    pub async fn download(
        &self,
        actor: &Actor,
        id: OutputId,
        language: Language,
    ) -> Result<Download, Error> {
        let found = self.find_for(actor, Action::DownloadOutput, id).await?;
        let released = found.output.state == OutputState::Released;
        let Some(content) = found.stored.content.as_deref().filter(|_| released) else {
            return Err(cannot_leave());
        };
        let mut files: BTreeMap<String, String> = serde_json::from_slice(content)
            .map_err(|error| Error::internal("reading a released file", &error))?;
        let csv = files.remove(language.code()).ok_or_else(Error::not_found)?;
        let kept = self.open_kept(&found.stored)?;
        let audit = AuditEntry::new(actor, "output.download", id.to_string(), self.now());
        self.store()
            .run_tx("output.download", |tx| {
                let audit = audit.clone();
                async move { tx.record_audit(&audit).await }
            })
            .await?;
        let short: String = id.to_string().chars().rev().take(8).collect();
        let short: String = short.chars().rev().collect();
        Ok(Download {
            file_name: format!("{}-{short}.csv", kept.permit),
            csv,
            evidence: to_json(&kept.evidence)?,
        })
    }

    /// An output for an action that the actor may do.
    async fn find_for(&self, actor: &Actor, action: Action, id: OutputId) -> Result<Found, Error> {
        let (app, actor) = (self.clone(), actor.clone());
        self.store()
            .read("output.find", |reader| async move {
                let found = app.find_kept(&reader, id).await?;
                let (facts, output) = (found.case.facts(), found.output.facts());
                check_may(&actor, action, &Subject::Output(&facts, &output))?;
                Ok(found)
            })
            .await
    }

    /// Authorise, load, decide, persist, publish: every change of an output goes this way.
    async fn change_output(
        &self,
        actor: &Actor,
        (id, action): (OutputId, Action),
        texts: &[NewText],
        decide: impl Fn(&Found, &Kept, &Granted) -> Result<Vec<OutputEvent>, Error> + Sync,
    ) -> Result<OutputView, Error> {
        let name = format!("output.{}", action.name());
        let audit = AuditEntry::new(actor, name, id.to_string(), self.now());
        let decide = &decide;
        self.store()
            .run_tx("output.change", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                let texts = texts.to_vec();
                async move {
                    let found = app.find_kept(&tx, id).await?;
                    let (facts, output) = (found.case.facts(), found.output.facts());
                    let subject = Subject::Output(&facts, &output);
                    let granted = check_may(&actor, action, &subject)?;
                    let kept = app.open_kept(&found.stored)?;
                    let events = decide(&found, &kept, &granted)?;
                    store_texts(&tx, found.case.id, &texts, &audit).await?;
                    let at = (id, found.output.version);
                    let output = app
                        .append_output_events(&tx, &found.case, at, &events, &audit)
                        .await?;
                    let content = match output.state {
                        OutputState::Released => Some(app.content_of(&kept)?),
                        _ => None,
                    };
                    let stored = StoredOutput {
                        state: output.state.name().to_owned(),
                        content,
                        ..found.stored
                    };
                    tx.update_output(&stored, &audit).await?;
                    let texts = app.open_texts(&tx, found.case.id).await?;
                    Ok(app.view_output(&actor, (&output, &kept, &found.case), &texts))
                }
            })
            .await
    }

    /// An output as the actor sees it; who may not see rows gets only what passes.
    fn view_output(
        &self,
        actor: &Actor,
        (output, kept, case): (&Output, &Kept, &Case),
        texts: &BTreeMap<CaseTextId, String>,
    ) -> OutputView {
        let facts = (case.facts(), output.facts());
        let subject = Subject::Output(&facts.0, &facts.1);
        let may = Action::ALL
            .iter()
            .copied()
            .filter(|action| fits_now(*action, output, kept, actor.account))
            .filter(|action| casework::access::can(actor, *action, &subject))
            .collect();
        let released = output.state == OutputState::Released;
        let view = OutputView {
            id: output.id,
            room: room_name(&case.number),
            permit: kept.permit.clone(),
            case: case.number.clone(),
            title: kept.title.clone(),
            sql: kept.sql.clone(),
            table: kept.table.clone(),
            verdict: kept.verdict.clone(),
            elapsed_ms: kept.elapsed_ms,
            state: output.state,
            persons: kept.table.persons,
            cut_off: kept.cut_off,
            made_at: output.made_at,
            released_at: output.settled_at.filter(|_| released),
            version: output.version,
            held: output
                .held
                .clone()
                .map(|(cells, rules)| Held { cells, rules }),
            review: review::view_of(actor, output, texts),
            may,
        };
        let member = case.application.member(actor.account);
        let sees_all = match member {
            Some(member) => member.access == AccessMode::SeesRows,
            None => actor.role == Role::Checker,
        };
        if sees_all {
            view
        } else {
            sight::only_what_passes(view)
        }
    }

    /// The answer of a query at the command line.
    pub(crate) fn unkept_view(
        &self,
        permit: &PermitDocument,
        ran: Ran,
        sees_rows: bool,
    ) -> OutputView {
        let view = OutputView {
            id: OutputId::new(self.clock(), self.entropy()),
            room: room_name(&permit.case_number),
            permit: permit.number.clone(),
            case: permit.case_number.clone(),
            title: evidence::title_of(self.content(), &ran.table),
            sql: ran.sql,
            persons: ran.table.persons,
            table: ran.table,
            verdict: ran.verdict,
            elapsed_ms: ran.elapsed_ms,
            state: OutputState::Made,
            cut_off: ran.cut_off,
            made_at: self.now(),
            released_at: None,
            version: 1,
            held: None,
            review: None,
            may: Vec::new(),
        };
        sight::at_the_command_line(view, sees_rows)
    }
}

/// Whether the state of an output allows an action on it.
fn fits_now(action: Action, output: &Output, kept: &Kept, account: AccountId) -> bool {
    let could_leave = kept.verdict.state != TableState::NeverReleased;
    match action {
        Action::ReleaseOutput => output.state == OutputState::Made && could_leave,
        Action::SendForReview => output.state == OutputState::Held && could_leave,
        Action::DownloadOutput => output.state == OutputState::Released,
        Action::AssessOutput => {
            let answered = output.assessments.iter().any(|given| given.by == account);
            output.state == OutputState::InReview && !answered
        }
        _ => false,
    }
}

/// What the rules say of a table, by the policy that is in force now.
fn screen(kept: &Kept, permit: &PermitDocument) -> Result<Screening, Error> {
    let verdict = assess(&kept.table, &permit.output_policy);
    if verdict.state == TableState::NeverReleased {
        return Err(cannot_leave());
    }
    let held = |cell: &&CellVerdict| **cell == CellVerdict::Held;
    let failing = verdict.cells.iter().flatten().filter(held).count();
    let failing = match verdict.state {
        TableState::Releasable => 0,
        // A finding about a whole column of an empty table still holds the table.
        _ => failing.max(1),
    };
    let cells = kept.table.rows.len() * kept.table.columns.len();
    Ok(Screening {
        evidence_sha256: document_sha256(&kept.evidence)?,
        cells: u32::try_from(cells).unwrap_or(u32::MAX),
        failing_cells: u32::try_from(failing).unwrap_or(u32::MAX),
        rules: rules_of(&verdict),
    })
}

/// The rules that a table failed, each once, by id.
fn rules_of(verdict: &Verdict) -> Vec<String> {
    let mut rules: Vec<_> = verdict.findings.iter().map(|f| f.measured.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let name = |rule| serde_json::to_value(rule).ok()?.as_str().map(str::to_owned);
    rules.into_iter().filter_map(name).collect()
}

/// The one answer to every attempt to take out what may not leave, whatever the reason is.
fn cannot_leave() -> Error {
    Error::new(
        base::ErrorClass::Conflict,
        "not_released",
        "this result cannot leave the workbench as it is",
    )
    .advise("change the query so that every cell holds, or send the held table to checkers")
}
