//! Workbenches: one room per permit, entered by the permit's people only, asked in SQL.

use std::time::Duration;

use base::{AccountId, Actor, Date, ErrorClass, OrganisationId, Timestamp, limits};
use casework::{Action, Case, CaseState, Subject, check_may};
use catalogue::Text;
use catalogue::permit::{AccessMode, Member, PermitDocument};
use disclosure::assess;
use lake::query::{QueryError, QueryLimits, QueryResult, run_sql};
use serde::Serialize;
use store::{AuditEntry, DocumentFilter, Order, Reader};

use crate::cases::{CaseSummary, member_tag};
use crate::extracts::ExtractState;
use crate::log::from_json;
use crate::outputs::{OutputSummary, OutputView, Ran};
use crate::permits::signed_of;
use crate::texts::check_text;
use crate::{App, Error};

/// Queries that one person may run in an hour.
const QUERIES_PER_HOUR_MAX: u32 = 300;
const HOUR_SECONDS: i64 = 3600;
/// Threads of one query: several people work at once.
const QUERY_THREADS: usize = 2;
/// Outputs that a room lists, the newest first.
const OUTPUTS_SHOWN: usize = 50;

/// A workbench as one of its people sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RoomPage {
    /// Public name: `A-417`.
    pub id: String,
    /// Number of the permit.
    pub permit: String,
    /// Number of the case.
    pub case: String,
    /// Title of the project.
    pub title: Text,
    /// The institution that is data user.
    pub data_user: OrganisationId,
    /// Its name.
    pub data_user_name: Text,
    /// The people with access.
    pub members: Vec<RoomMember>,
    /// What this reader sees.
    pub access: AccessMode,
    /// Whether this reader may ask for release.
    pub may_release: bool,
    /// Whether queries are answered now.
    pub open: bool,
    /// Last date of this reader's access.
    pub closes_on: Date,
    /// Memory in mebibytes.
    pub memory_mib: u32,
    /// What a released cell must hold: persons.
    pub persons_min: u32,
    /// What a released cell must hold: the largest contributor's share, in thousandths.
    pub largest_share_max_permille: u32,
    /// Where the extract stands: `planned`, `made` or `failed`.
    pub extract: String,
    /// Its tables, once made.
    pub tables: Vec<RoomTable>,
    /// What was computed here, newest first.
    pub outputs: Vec<OutputSummary>,
}

/// A person with access.
#[derive(Debug, Clone, Serialize)]
pub struct RoomMember {
    /// Account.
    pub account: AccountId,
    /// Name.
    pub name: String,
    /// Whether this is the principal investigator.
    pub principal: bool,
    /// What the person sees.
    pub access: AccessMode,
    /// Whether the person may ask for release.
    pub may_release: bool,
    /// Last date of the person's access.
    pub until: Date,
}

/// A table of the extract.
#[derive(Debug, Clone, Serialize)]
pub struct RoomTable {
    /// Name in SQL.
    pub name: String,
    /// Columns, in order.
    pub columns: Vec<RoomColumn>,
    /// Rows; only for those who see rows.
    pub rows: Option<u64>,
}

/// A column of a table.
#[derive(Debug, Clone, Serialize)]
pub struct RoomColumn {
    /// Name in SQL.
    pub name: String,
    /// What it says.
    pub title: Text,
    /// `integer`, `number`, `string` or `date`.
    #[serde(rename = "type")]
    pub column_type: String,
}

/// What stands behind a name of a room.
struct Room {
    case: Case,
    permit: PermitDocument,
    member: Member,
}

/// The public name of a case's room.
pub(crate) fn room_name(case_number: &str) -> String {
    let serial = case_number.rsplit('-').next().unwrap_or_default();
    format!("A-{}", serial.trim_start_matches('0'))
}

impl App {
    /// The rooms of the actor's permits, newest first.
    pub async fn list_rooms(&self, actor: &Actor) -> Result<Vec<RoomPage>, Error> {
        let mut rooms = Vec::new();
        for number in self.room_cases(actor, None).await? {
            if let Some(room) = self.find_room(actor, &number).await? {
                rooms.push(self.room_page(room).await?);
            }
        }
        Ok(rooms)
    }

    /// A room of the actor's permits.
    pub async fn room(&self, actor: &Actor, name: &str) -> Result<RoomPage, Error> {
        let room = self.room_named(actor, name).await?;
        self.room_page(room).await
    }

    /// Where the extract of a permit stands. What it holds is shown to those who see its rows: how
    /// many there are is itself computed from persons.
    pub async fn extract_of(&self, actor: &Actor, permit: &str) -> Result<ExtractState, Error> {
        let wanted = permit.to_owned();
        let stored = self
            .store()
            .read("permit.find", |reader| async move {
                reader.find_permit_by_number(&wanted).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        let case_id = stored.case_id.ok_or_else(Error::not_found)?;
        let app = self.clone();
        let case = self
            .store()
            .read("case.find", |reader| async move {
                app.fold_case(&reader, case_id).await
            })
            .await?;
        // For those who are not in the project the extract does not exist.
        check_may(actor, Action::ViewRoom, &Subject::Case(&case.facts()))
            .map_err(|_| Error::not_found())?;
        let mut state = self.extract_state(stored.permit_id).await?;
        let member = case.application.member(actor.account);
        if member.is_none_or(|member| member.access != AccessMode::SeesRows) {
            state.descriptor = None;
        }
        Ok(state)
    }

    /// Numbers of the actor's cases that have a permit, newest first; with a room's name, of that
    /// room only. Serial numbers begin anew every year: the newest case of a name has it.
    async fn room_cases(&self, actor: &Actor, name: Option<&str>) -> Result<Vec<String>, Error> {
        let (mut numbers, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let (from, tag) = (cursor.clone(), member_tag(actor.account));
            let page = self
                .store()
                .read("room.list", |reader| async move {
                    let filter = DocumentFilter {
                        tag: Some(&tag),
                        ..DocumentFilter::default()
                    };
                    let limit = limits::LIST_ITEMS_MAX;
                    let from = from.as_deref();
                    reader
                        .list_documents("case", &filter, Order::Descending, from, limit)
                        .await
                })
                .await?;
            for document in page.items {
                let case: CaseSummary = from_json(&document.body)?;
                let fits = name.is_none_or(|name| room_name(&case.number) == name);
                if fits && case.permit.is_some() {
                    numbers.push(case.number);
                }
            }
            cursor = page.next;
            if cursor.is_none() || (name.is_some() && !numbers.is_empty()) {
                return Ok(numbers);
            }
        }
    }

    async fn room_named(&self, actor: &Actor, name: &str) -> Result<Room, Error> {
        let numbers = self.room_cases(actor, Some(name)).await?;
        let number = numbers.first().ok_or_else(Error::not_found)?;
        self.find_room(actor, number)
            .await?
            .ok_or_else(Error::not_found)
    }

    async fn find_room(&self, actor: &Actor, number: &str) -> Result<Option<Room>, Error> {
        let (app, number) = (self.clone(), number.to_owned());
        let (case, stored) = self
            .store()
            .read("room.find", |reader| async move {
                let case = app.find_case(&reader, &number).await?;
                let stored = app.find_permit_of_case(&reader, &case).await?;
                Ok::<_, Error>((case, stored))
            })
            .await?;
        let seen = check_may(actor, Action::ViewRoom, &Subject::Case(&case.facts())).is_ok();
        let Some(stored) = stored.filter(|_| seen) else {
            return Ok(None);
        };
        let permit: PermitDocument = self
            .signer()
            .trusted()
            .open(&signed_of(&stored)?)
            .map_err(|error| Error::internal("opening a permit", &error))?;
        let member = permit.member(actor.account).cloned();
        Ok(member.map(|member| Room {
            case,
            permit,
            member,
        }))
    }

    async fn room_page(&self, room: Room) -> Result<RoomPage, Error> {
        let Room {
            case,
            permit,
            member,
        } = room;
        let sees_rows = member.access == AccessMode::SeesRows;
        let extract = self.extract_state(permit.permit_id).await?;
        let open = case.state == CaseState::Permitted
            && self.today() <= member.until
            && self.usable_permit(permit.permit_id).await.is_ok();
        let (app, people, permit_id) = (self.clone(), permit.members.clone(), permit.permit_id);
        let (members, outputs) = self
            .store()
            .read("room.load", |reader| async move {
                let members = app.room_members(&reader, &people).await?;
                let outputs = reader
                    .list_outputs(Some(permit_id), None, None, OUTPUTS_SHOWN)
                    .await?;
                Ok::<_, Error>((members, outputs.items))
            })
            .await?;
        let outputs = outputs
            .iter()
            .map(|stored| self.summary_of(stored))
            .collect::<Result<_, _>>()?;
        Ok(RoomPage {
            id: room_name(&case.number),
            permit: permit.number,
            case: case.number,
            title: permit.title,
            data_user_name: self.organisation_name(&permit.data_user),
            data_user: permit.data_user,
            members,
            access: member.access,
            may_release: member.may_release,
            open,
            closes_on: member.until.min(permit.valid_to),
            memory_mib: permit.environment.memory_mib,
            persons_min: permit.output_policy.persons_min,
            largest_share_max_permille: permit.output_policy.largest_share_max_permille,
            tables: tables_of(&extract, sees_rows),
            extract: extract.state,
            outputs,
        })
    }

    async fn room_members(
        &self,
        reader: &Reader,
        members: &[Member],
    ) -> Result<Vec<RoomMember>, Error> {
        let mut people = Vec::new();
        for member in members {
            let account = reader.find_account(member.account).await?;
            let name = account.map(|account| account.display_name.into_inner());
            people.push(RoomMember {
                account: member.account,
                name: name.unwrap_or_default(),
                principal: member.principal,
                access: member.access,
                may_release: member.may_release,
                until: member.until,
            });
        }
        Ok(people)
    }

    /// Answers one SELECT over the room's extract, with evidence and verdict. Who sees rows sees
    /// them in this answer and nowhere else; who sends code gets only what passes.
    pub async fn run_query(
        &self,
        actor: &Actor,
        room: &str,
        sql: &str,
    ) -> Result<OutputView, Error> {
        let room = self.room_named(actor, room).await?;
        let facts = room.case.facts();
        check_may(actor, Action::RunQuery, &Subject::Case(&facts))?;
        check_text("sql", sql, limits::SQL_CHARS_MAX)?;
        self.count_query(actor).await?;
        let permit = self.usable_permit(room.permit.permit_id).await?;
        let member = permit
            .member(actor.account)
            .filter(|member| self.today() <= member.until)
            .cloned()
            .ok_or_else(access_ended)?;
        let answer = self.answer_sql(&permit, sql).await;
        let result = match (answer, member.access) {
            (Ok(result), _) => result,
            (Err(error), AccessMode::SeesRows) => return Err(error.in_full()),
            (Err(error), AccessMode::SendsCode) => return Err(error.reduced()),
        };
        let verdict = assess(&result.table, &permit.output_policy);
        let ran = Ran {
            sql: sql.to_owned(),
            elapsed_ms: u64::try_from(result.elapsed.as_millis()).unwrap_or(u64::MAX),
            cut_off: result.cut_off,
            table: result.table,
            verdict,
        };
        self.keep_output(actor, &room.case, &permit, ran).await
    }

    async fn count_query(&self, actor: &Actor) -> Result<(), Error> {
        let bucket = format!("query:{}", actor.account);
        let start = self.now().as_second() / HOUR_SECONDS * HOUR_SECONDS;
        let window = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH);
        let runs = self
            .store()
            .run_tx("query.count", |tx| {
                let bucket = bucket.clone();
                async move { tx.count_attempt(&bucket, window).await }
            })
            .await?;
        if runs > QUERIES_PER_HOUR_MAX {
            let message = format!("a person can run {QUERIES_PER_HOUR_MAX} queries in an hour");
            let error = Error::new(ErrorClass::Limited, "too_many_queries", message);
            return Err(error.advise("wait until the next hour begins"));
        }
        Ok(())
    }

    async fn answer_sql(
        &self,
        permit: &PermitDocument,
        sql: &str,
    ) -> Result<QueryResult, Unanswered> {
        let extract = self
            .open_extract(permit)
            .await
            .map_err(Unanswered::Closed)?;
        let environment = &permit.environment;
        let seconds = u64::from(environment.query_seconds_max).min(limits::QUERY_SECONDS_MAX);
        let query_limits = QueryLimits {
            time_max: Duration::from_secs(seconds),
            memory_bytes_max: usize::try_from(environment.memory_mib).unwrap_or(1024) << 20,
            threads: QUERY_THREADS,
            ..QueryLimits::default()
        };
        run_sql(&extract, sql, &query_limits)
            .await
            .map_err(Unanswered::Query)
    }

    /// Answers one SELECT at the command line, over the extract of a permit given by number or as the
    /// content of its file. The answer is audited, and kept nowhere.
    pub async fn query_permit(
        &self,
        operator: &Actor,
        permit: &str,
        sql: &str,
    ) -> Result<OutputView, Error> {
        self.check_installation(operator, Action::SignTestPermit)?;
        check_text("sql", sql, limits::SQL_CHARS_MAX)?;
        let permit = self.check_permit_given(permit).await?;
        let audit = AuditEntry::new(operator, "query.run", &permit.number, self.now());
        self.store()
            .run_tx("query.audit", |tx| {
                let audit = audit.clone();
                async move { tx.record_audit(&audit).await }
            })
            .await?;
        let result = self
            .answer_sql(&permit, sql)
            .await
            .map_err(Unanswered::in_full)?;
        let verdict = assess(&result.table, &permit.output_policy);
        let elapsed = u64::try_from(result.elapsed.as_millis()).unwrap_or(u64::MAX);
        let ran = Ran {
            sql: sql.to_owned(),
            elapsed_ms: elapsed,
            cut_off: result.cut_off,
            table: result.table,
            verdict,
        };
        Ok(self.unkept_view(&permit, ran))
    }
}

/// Why a query has no answer.
enum Unanswered {
    /// The extract is not there, or cannot be opened.
    Closed(Error),
    /// The query.
    Query(QueryError),
}

impl Unanswered {
    fn in_full(self) -> Error {
        match self {
            Self::Closed(error) => error,
            Self::Query(error) => error.into(),
        }
    }

    /// For those who may not see rows: a code, and the line of their own text. The data could speak
    /// through anything more.
    fn reduced(self) -> Error {
        match self {
            Self::Closed(error) => error,
            Self::Query(QueryError::Syntax { line, .. }) => Error::invalid(
                "query_syntax",
                format!("line {line}: not understood as SQL"),
            ),
            Self::Query(error) => Error::invalid(error.code(), "the query was not answered"),
        }
    }
}

fn access_ended() -> Error {
    Error::new(
        ErrorClass::Forbidden,
        "permit_not_usable",
        "your access under this permit has ended",
    )
}

fn tables_of(extract: &ExtractState, sees_rows: bool) -> Vec<RoomTable> {
    let Some(descriptor) = &extract.descriptor else {
        return Vec::new();
    };
    let table = |resource: &lake::extract::ExtractResource| RoomTable {
        name: resource.name.clone(),
        columns: resource
            .schema
            .fields
            .iter()
            .map(|field| RoomColumn {
                name: field.name.clone(),
                title: field.title.clone(),
                column_type: field.field_type.clone(),
            })
            .collect(),
        rows: sees_rows.then_some(resource.rows),
    };
    descriptor.resources.iter().map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_called_as_the_serial_number_of_its_case() {
        assert_eq!(room_name("S-2026-0417"), "A-417");
        assert_eq!(room_name("S-2027-12345"), "A-12345");
    }

    #[test]
    fn who_may_not_see_rows_gets_a_code_and_a_line_of_an_error() {
        let meaning = QueryError::Meaning {
            problem: "no column `x`".to_owned(),
        };
        let reduced = Unanswered::Query(meaning).reduced();
        assert_eq!(reduced.code(), "query_meaning");
        assert!(!reduced.to_string().contains('x'));
        let syntax = QueryError::Syntax {
            line: 3,
            problem: "secret".to_owned(),
        };
        let reduced = Unanswered::Query(syntax).reduced().to_string();
        assert!(reduced.contains('3') && !reduced.contains("secret"));
    }
}
