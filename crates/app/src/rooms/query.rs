//! Asking an extract: who may, what is recorded before anything runs, and how much of the answer is
//! seen by whom.

use std::time::Duration;

use base::{Actor, ErrorClass, Stopwatch, Timestamp, limits};
use casework::{Action, Subject, check_may};
use catalogue::permit::{AccessMode, PermitDocument};
use disclosure::assess;
use lake::query::{QueryError, QueryLimits, QueryResult, Stops, run_sql};
use store::AuditEntry;

use super::Room;
use crate::outputs::{OutputView, Ran};
use crate::texts::check_text;
use crate::{App, Error};

/// Queries that one person may run in an hour.
const QUERIES_PER_HOUR_MAX: u32 = 300;
const HOUR_SECONDS: i64 = 3600;
/// Threads of one query: several people work at once.
const QUERY_THREADS: usize = 2;

impl App {
    /// Answers one SELECT over the room's extract, with evidence and verdict. Who sees rows sees
    /// them in this answer and nowhere else; who sends code gets only what passes, and after a whole
    /// number of seconds: how long an answer took says something about the data too.
    pub async fn run_query(
        &self,
        actor: &Actor,
        room: &str,
        sql: &str,
    ) -> Result<OutputView, Error> {
        let watch = Stopwatch::start();
        let room = self.room_named(actor, room).await?;
        let facts = room.case.facts();
        check_may(actor, Action::RunQuery, &Subject::Case(&facts))?;
        check_text("sql", sql, limits::SQL_CHARS_MAX)?;
        let _turn = self.turns().begin(actor.account).await?;
        let answer = self.ask_extract(actor, &room, sql).await;
        if room.member.access != AccessMode::SeesRows {
            tokio::time::sleep(to_the_next_second(watch.elapsed())).await;
        }
        answer
    }

    async fn ask_extract(
        &self,
        actor: &Actor,
        room: &Room,
        sql: &str,
    ) -> Result<OutputView, Error> {
        self.record_query(actor, &room.permit.number).await?;
        let permit = self.usable_permit(room.permit.permit_id).await?;
        let member = permit
            .member(actor.account)
            .filter(|member| self.today() <= member.until)
            .cloned()
            .ok_or_else(access_ended)?;
        let stops = match member.access {
            AccessMode::SeesRows => Stops::Told,
            AccessMode::SendsCode => Stops::Hidden,
        };
        let answer = self.answer_sql(&permit, sql, stops).await;
        let result = match (answer, member.access) {
            (Ok(result), _) => result,
            (Err(error), AccessMode::SeesRows) => return Err(error.in_full()),
            (Err(error), AccessMode::SendsCode) => return Err(error.reduced()),
        };
        let ran = ran(sql, result, &permit);
        self.keep_output(actor, &room.case, &permit, ran).await
    }

    /// Counts a query and writes it into the audit trail, before it runs: one that fails has been
    /// asked too.
    async fn record_query(&self, actor: &Actor, permit: &str) -> Result<(), Error> {
        let bucket = format!("query:{}", actor.account);
        let now = self.now();
        let start = now.as_second() / HOUR_SECONDS * HOUR_SECONDS;
        let window = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH);
        let audit = AuditEntry::new(actor, "query.run", permit, now);
        let runs = self
            .store()
            .run_tx("query.record", |tx| {
                let (bucket, audit) = (bucket.clone(), audit.clone());
                async move {
                    let runs = tx.count_attempt(&bucket, window).await?;
                    if runs <= QUERIES_PER_HOUR_MAX {
                        tx.record_audit(&audit).await?;
                    }
                    Ok::<_, Error>(runs)
                }
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
        stops: Stops,
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
            stops,
            ..QueryLimits::default()
        };
        run_sql(&extract, sql, &query_limits)
            .await
            .map_err(Unanswered::Query)
    }

    /// Answers one SELECT at the command line, over the extract of a permit given by number or as the
    /// content of its file. The answer is audited, and kept nowhere. Whoever runs the installation is in nobody's
    /// project: outside a demo only what passes is shown, as to those who send code.
    pub async fn query_permit(
        &self,
        operator: &Actor,
        permit: &str,
        sql: &str,
    ) -> Result<OutputView, Error> {
        self.check_installation(operator, Action::SignTestPermit)?;
        check_text("sql", sql, limits::SQL_CHARS_MAX)?;
        let permit = self.check_permit_given(permit).await?;
        self.record_query(operator, &permit.number).await?;
        let sees_rows = self.is_demo();
        let stops = if sees_rows {
            Stops::Told
        } else {
            Stops::Hidden
        };
        let result = match self.answer_sql(&permit, sql, stops).await {
            Ok(result) => result,
            Err(error) if sees_rows => return Err(error.in_full()),
            Err(error) => return Err(error.reduced()),
        };
        Ok(self.unkept_view(&permit, ran(sql, result, &permit), sees_rows))
    }
}

/// What a query gave, with what the permit's rules say of it.
fn ran(sql: &str, result: QueryResult, permit: &PermitDocument) -> Ran {
    let verdict = assess(&result.table, &permit.output_policy);
    Ran {
        sql: sql.to_owned(),
        elapsed_ms: u64::try_from(result.elapsed.as_millis()).unwrap_or(u64::MAX),
        cut_off: result.cut_off,
        table: result.table,
        verdict,
    }
}

/// How long to wait so that a whole number of seconds, at least one, has passed.
fn to_the_next_second(elapsed: Duration) -> Duration {
    Duration::from_secs(elapsed.as_secs() + 1) - elapsed
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn an_answer_takes_a_whole_number_of_seconds() {
        for elapsed_ms in [0, 1, 400, 999, 1_000, 1_001, 59_999] {
            let elapsed = Duration::from_millis(elapsed_ms);
            let total = elapsed + to_the_next_second(elapsed);
            assert_eq!(total.subsec_nanos(), 0, "{elapsed_ms}");
            assert!(total > elapsed, "{elapsed_ms}");
        }
    }
}
