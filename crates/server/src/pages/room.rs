//! Workbenches: the extract asked in SQL, the answer with its evidence, release or review.

use app::casework::Action;
use app::casework::output::OutputState;
use app::outputs::OutputView;
use app::rooms::RoomPage;
use axum::response::Response;
use base::{ErrorClass, OutputId};
use serde_json::{Value, json};

use super::case::invalid;
use super::fields::{Fields, Posted};
use super::result::{columns, count_cells, findings, heading, rows, verdict_of};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, Download, PathOf, Problem, download};
use crate::view::chart;

/// Lines that the editor shows at least.
const EXAMPLE: &str = "site.sql_example";

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let rooms = visit.app().list_rooms(visit.actor()?).await?;
    let rooms: Vec<Value> = rooms
        .iter()
        .map(|room| {
            let released = room
                .outputs
                .iter()
                .filter(|output| output.state == "released");
            json!({
                "room": room.id,
                "permit": room.permit,
                "title": visit.say(&room.title),
                "open": room.open,
                "extract": room.extract,
                "access": room.access,
                "released": released.count(),
                "closes_on": room.closes_on,
            })
        })
        .collect();
    let view = json!({ "rooms": rooms });
    visit.show(Sheet::new("rooms.html", view)).await
}

/// What stands in the editor and under it.
#[derive(Default)]
struct Bench {
    sql: Option<String>,
    output: Option<OutputView>,
    error: Value,
    context: String,
    errors: Vec<FieldError>,
}

pub(super) async fn show(visit: Visit, PathOf(room): PathOf<String>) -> Answer<Response> {
    let output = match visit.query.filled("resultat") {
        Some(id) => {
            let id = id.parse().map_err(|_| Problem::not_found())?;
            Some(own_output(&visit, &room, id).await?)
        }
        None => None,
    };
    let bench = Bench {
        output,
        ..Bench::default()
    };
    show_bench(&visit, &room, bench).await
}

/// An output of this room.
async fn own_output(visit: &Visit, room: &str, id: OutputId) -> Answer<OutputView> {
    let output = visit.app().load_output(visit.actor()?, id).await?;
    if output.room != room {
        return Err(Problem::not_found());
    }
    Ok(output)
}

async fn show_bench(visit: &Visit, room: &str, bench: Bench) -> Answer<Response> {
    let page = visit.app().room(visit.actor()?, room).await?;
    let view = view(visit, &page, &bench).await?;
    visit
        .show(Sheet::new("room.html", view).with_errors(bench.errors))
        .await
}

async fn view(visit: &Visit, room: &RoomPage, bench: &Bench) -> Answer<Value> {
    let blind = room.access == app::catalogue::permit::AccessMode::SendsCode;
    let extract = visit.app().extract_of(visit.actor()?, &room.permit).await?;
    let persons = extract.descriptor.map(|extract| extract.sund.persons);
    let sql = bench.sql.clone();
    let sql = sql.or_else(|| bench.output.as_ref().map(|output| output.sql.clone()));
    let first = room.tables.first().map_or("", |table| table.name.as_str());
    let sql = sql.unwrap_or_else(|| visit.sentence(EXAMPLE, &[("table", first)]));
    let result = match &bench.output {
        Some(output) => result_view(visit, (room, output), bench).await?,
        None => Value::Null,
    };
    let released = room
        .outputs
        .iter()
        .filter(|output| output.state == "released");
    Ok(json!({
        "room": room.id,
        "permit": room.permit,
        "case": room.case,
        "open": room.open,
        "closed_why": (!room.open).then(|| visit.word("problem.permit_not_usable")),
        "persons": persons.filter(|_| !blind),
        "memory_gib": room.memory_mib.div_ceil(1024),
        "closes_on": room.closes_on,
        "blind": blind,
        "persons_min": room.persons_min,
        "share_max_permille": room.largest_share_max_permille,
        "extract": room.extract,
        "tables": tables(visit, room),
        "sql_lines": sql.lines().count().max(1),
        "sql": sql,
        "error": bench.error,
        "result": result,
        "outputs": outputs(visit, room),
        "released_count": released.count(),
    }))
}

fn tables(visit: &Visit, room: &RoomPage) -> Vec<Value> {
    let tables = room.tables.iter();
    tables
        .map(|table| {
            let columns = table.columns.iter();
            let columns: Vec<Value> = columns
                .map(|column| {
                    json!({
                        "name": column.name,
                        "title": visit.say(&column.title),
                        "type": column.column_type,
                    })
                })
                .collect();
            json!({ "name": table.name, "rows": table.rows, "columns": columns })
        })
        .collect()
}

fn outputs(visit: &Visit, room: &RoomPage) -> Vec<Value> {
    let outputs = room.outputs.iter();
    outputs
        .map(|output| {
            let released = output.state == "released";
            let maker = visit.person(output.made_by).name;
            let known = || {
                room.members
                    .iter()
                    .find(|member| member.account == output.made_by)
            };
            let maker = maker.or_else(|| known().map(|member| member.name.clone()));
            let file = |kind: &str| released.then(|| file_href(visit, &room.id, output.id, kind));
            json!({
                "id": output.id,
                "title": visit.say(&output.title),
                "state": output.state,
                "made_by": maker.unwrap_or_default(),
                "changed_at": base::format_instant(output.changed_at),
                "csv_href": file("csv"),
                "evidence_href": file("evidens"),
            })
        })
        .collect()
}

fn file_href(visit: &Visit, room: &str, output: OutputId, kind: &str) -> String {
    visit.href(&format!("/analyserum/{room}/{output}/{kind}"))
}

async fn result_view(
    visit: &Visit,
    (room, output): (&RoomPage, &OutputView),
    bench: &Bench,
) -> Answer<Value> {
    let (cells, held) = count_cells(output);
    // A rule can stop a whole column without a cell of its own.
    let held = held.max(output.verdict.findings.len().min(cells));
    let title = visit.say(&output.title);
    let may = |action| output.may.contains(&action);
    let released = output.state == OutputState::Released;
    let leaf = if released {
        leaf_of(visit, output).await?
    } else {
        None
    };
    let review = output.review.as_ref();
    let answers = review.map(|review| review.answers.len().max(review.answered_by_others));
    let reasons = review.into_iter().flat_map(|review| &review.answers);
    let reasons: Vec<&String> = reasons
        .filter_map(|answer| answer.reason.as_ref())
        .collect();
    let blind = room.access == app::catalogue::permit::AccessMode::SendsCode;
    let leaving = blind || visit.query.get("vis") == "ud";
    let file = |kind: &str| released.then(|| file_href(visit, &room.id, output.id, kind));
    let held_now = verdict_of(output) == "held";
    let can_send = may(Action::SendForReview) || held_now && may(Action::ReleaseOutput);
    #[expect(clippy::cast_precision_loss, reason = "a query takes minutes at most")]
    let seconds = (output.elapsed_ms as f64 / 100.0).ceil() / 10.0;
    Ok(json!({
        "id": output.id,
        "title": title,
        "version": output.version,
        "state": output.state,
        "verdict": verdict_of(output),
        "view": if leaving { "leaving" } else { "seen" },
        "elapsed_seconds": seconds,
        "persons": output.persons,
        "cut_off": output.cut_off,
        "columns": columns(visit, output),
        "rows": rows(output),
        "cells": cells,
        "cells_held": held,
        "findings": findings(visit, output),
        "can_release": may(Action::ReleaseOutput),
        "can_send": can_send,
        "context": bench.context,
        "released_at": output.released_at.map(base::format_instant),
        "leaf": leaf,
        "csv_href": file("csv"),
        "evidence_href": file("evidens"),
        "sent_at": review.and_then(|review| review.sent_at).map(base::format_instant),
        "answered": answers.unwrap_or(0),
        "reasons": reasons,
        "chart": chart::chart(&title, visit.language, output, |column| heading(visit, column)),
    }))
}

/// The number of a release in the public log.
async fn leaf_of(visit: &Visit, output: &OutputView) -> Answer<Option<u64>> {
    let project = visit.app().public_project(&output.case).await?;
    let id = output.id.to_string();
    let mut events = project.events.iter();
    let event = events
        .find(|event| event.kind == "output.released" && event.ids.get("output") == Some(&id));
    Ok(event.and_then(|event| event.leaf))
}

pub(super) async fn run(
    visit: Visit,
    PathOf(room): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let sql = form.find("sql").unwrap_or_default().replace("\r\n", "\n");
    match visit.app().run_query(visit.actor()?, &room, &sql).await {
        Ok(output) => Ok(visit.go(&format!(
            "/analyserum/{room}?resultat={}#resultat",
            output.id
        ))),
        Err(error) if matches!(error.class(), ErrorClass::Invalid | ErrorClass::Limited) => {
            let message = query_problem(&visit, &error);
            let bench = Bench {
                sql: Some(sql),
                error: json!({ "line": null, "column": null, "message": message }),
                errors: vec![FieldError::new("sql", message.clone())],
                ..Bench::default()
            };
            show_bench(&visit, &room, bench).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Why a query was not answered: our words by its code, then what the engine said.
fn query_problem(visit: &Visit, error: &app::Error) -> String {
    let key = format!("query_problem.{}", error.code());
    let detail = error.to_string();
    if visit.has_word(&key) {
        visit.sentence(&key, &[("detail", &detail)])
    } else {
        visit.sentence("query_problem.other", &[("detail", &detail)])
    }
}

fn output_of(form: &Fields) -> Answer<OutputId> {
    form.get("output").parse().map_err(|_| Problem::not_found())
}

pub(super) async fn release(
    visit: Visit,
    PathOf(room): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let id = output_of(&form)?;
    own_output(&visit, &room, id).await?;
    let output = visit.app().release(visit.actor()?, id).await?;
    let path = format!("/analyserum/{room}?resultat={id}#resultat");
    if output.state == OutputState::Released {
        return Ok(visit.go_saying(&path, "released"));
    }
    Ok(visit.go(&path))
}

pub(super) async fn send_for_review(
    visit: Visit,
    PathOf(room): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let id = output_of(&form)?;
    let mut output = own_output(&visit, &room, id).await?;
    let context = form.get("context");
    if context.is_empty() {
        let missing = FieldError::new("context", visit.word("problem.no_context"));
        let bench = Bench {
            output: Some(output),
            errors: vec![missing],
            ..Bench::default()
        };
        return show_bench(&visit, &room, bench).await;
    }
    if output.state == OutputState::Made {
        output = visit.app().release(visit.actor()?, id).await?;
    }
    match visit
        .app()
        .send_for_review(visit.actor()?, id, context)
        .await
    {
        Ok(_) => {
            let path = format!("/analyserum/{room}?resultat={id}#resultat");
            Ok(visit.go_saying(&path, "sent_for_review"))
        }
        Err(error) if error.class() == ErrorClass::Invalid => {
            let bench = Bench {
                output: Some(output),
                context: context.to_owned(),
                errors: vec![invalid(&visit, &error, "context")],
                ..Bench::default()
            };
            show_bench(&visit, &room, bench).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn file(
    visit: Visit,
    PathOf((room, id, kind)): PathOf<(String, OutputId, String)>,
) -> Answer<Response> {
    own_output(&visit, &room, id).await?;
    let file = visit
        .app()
        .download(visit.actor()?, id, visit.language)
        .await?;
    match kind.as_str() {
        "csv" => Ok(download(Download {
            file_name: file.file_name,
            media_type: "text/csv; charset=utf-8",
            bytes: file.csv.into_bytes(),
        })),
        "evidens" => Ok(download(Download {
            file_name: file.file_name.replace(".csv", ".evidence.json"),
            media_type: "application/json",
            bytes: serde_json::to_vec_pretty(&file.evidence)
                .map_err(|error| app::Error::internal("writing evidence", &error))?,
        })),
        _ => Err(Problem::not_found()),
    }
}
