//! Questions in SPARQL over a graph in memory: read only, with a limit on rows and a stop that somebody else holds.

use std::io;

use base::limits::{SPARQL_CHARS_MAX, SPARQL_ROWS_MAX};
use oxrdf::{Dataset, Graph, GraphNameRef};
use sparesults::{QueryResultsFormat, QueryResultsSerializer};
use spareval::{
    CancellationToken, QueryEvaluationError, QueryEvaluator, QueryResults, QuerySolutionIter,
};
use spargebra::SparqlParser;

use crate::rdf::words::PREFIXES;
use crate::rdf::{Syntax, write};

/// Ends a question from outside: this crate knows no time.
#[derive(Clone, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Ends every question that was given this stop.
    pub fn now(&self) {
        self.0.cancel();
    }
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stop").finish_non_exhaustive()
    }
}

/// A graph that questions are asked of.
#[derive(Debug, Clone, Default)]
pub struct Askable(Dataset);

impl From<&Graph> for Askable {
    fn from(graph: &Graph) -> Self {
        let mut dataset = Dataset::new();
        for triple in graph {
            dataset.insert(triple.in_graph(GraphNameRef::DefaultGraph));
        }
        Self(dataset)
    }
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    /// SPARQL results as JSON.
    Json,
    /// SPARQL results as CSV.
    Csv,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What stands in it.
    pub body: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Rows, or statements of a graph.
    pub rows: usize,
    /// Whether there were more rows than may be given.
    pub cut: bool,
}

/// A question that gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It is too long.
    #[error("the question has more than {SPARQL_CHARS_MAX} characters")]
    TooLong,
    /// It is no SPARQL query; changes are none either.
    #[error("not read as a SPARQL query: {0}")]
    Syntax(String),
    /// It took too long.
    #[error("the question took too long and was ended; ask for less at a time")]
    Stopped,
    /// It cannot be answered here: another service, an unknown function.
    #[error("cannot be answered: {0}")]
    Unanswerable(String),
}

impl Askable {
    /// Answers a question. The usual prefixes are known without being stated.
    pub fn ask(&self, text: &str, format: AnswerFormat, stop: &Stop) -> Result<Answer, QueryError> {
        if text.chars().count() > SPARQL_CHARS_MAX {
            return Err(QueryError::TooLong);
        }
        let mut parser = SparqlParser::new();
        for (prefix, address) in PREFIXES {
            parser = parser
                .with_prefix(prefix, address)
                .map_err(|error| QueryError::Syntax(error.to_string()))?;
        }
        let query = parser
            .parse_query(text)
            .map_err(|error| QueryError::Syntax(error.to_string()))?;
        let evaluator = QueryEvaluator::new().with_cancellation_token(stop.0.clone());
        match evaluator.prepare(&query).execute(&self.0).map_err(failed)? {
            QueryResults::Solutions(rows) => write_rows(rows, format),
            QueryResults::Boolean(value) => write_boolean(value, format),
            QueryResults::Graph(triples) => {
                let mut graph = Graph::new();
                let mut cut = false;
                for triple in triples {
                    let triple = triple.map_err(failed)?;
                    if graph.len() >= SPARQL_ROWS_MAX {
                        cut = true;
                        break;
                    }
                    graph.insert(&triple);
                }
                Ok(Answer {
                    body: write(&graph, Syntax::Turtle),
                    media_type: Syntax::Turtle.media_type(),
                    rows: graph.len(),
                    cut,
                })
            }
        }
    }
}

fn failed(error: QueryEvaluationError) -> QueryError {
    match error {
        QueryEvaluationError::Cancelled => QueryError::Stopped,
        other => QueryError::Unanswerable(other.to_string()),
    }
}

fn results_format(format: AnswerFormat) -> (QueryResultsFormat, &'static str) {
    match format {
        AnswerFormat::Json => (QueryResultsFormat::Json, "application/sparql-results+json"),
        AnswerFormat::Csv => (QueryResultsFormat::Csv, "text/csv; charset=utf-8"),
    }
}

fn unwritten(error: io::Error) -> QueryError {
    QueryError::Unanswerable(error.to_string())
}

fn text_of(bytes: Vec<u8>) -> Result<String, QueryError> {
    String::from_utf8(bytes).map_err(|error| QueryError::Unanswerable(error.to_string()))
}

fn write_rows(rows: QuerySolutionIter<'_>, format: AnswerFormat) -> Result<Answer, QueryError> {
    let (results, media_type) = results_format(format);
    let mut writer = QueryResultsSerializer::from_format(results)
        .serialize_solutions_to_writer(Vec::new(), rows.variables().to_vec())
        .map_err(unwritten)?;
    let mut count = 0;
    let mut cut = false;
    for row in rows {
        let row = row.map_err(failed)?;
        if count >= SPARQL_ROWS_MAX {
            cut = true;
            break;
        }
        writer.serialize(&row).map_err(unwritten)?;
        count += 1;
    }
    Ok(Answer {
        body: text_of(writer.finish().map_err(unwritten)?)?,
        media_type,
        rows: count,
        cut,
    })
}

fn write_boolean(value: bool, format: AnswerFormat) -> Result<Answer, QueryError> {
    let (results, media_type) = results_format(format);
    let bytes = QueryResultsSerializer::from_format(results)
        .serialize_boolean_to_writer(Vec::new(), value)
        .map_err(unwritten)?;
    Ok(Answer {
        body: text_of(bytes)?,
        media_type,
        rows: 1,
        cut: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdf::{Contexts, read};

    fn askable(statements: usize) -> Askable {
        let text: String = (0..statements)
            .map(|number| format!("<urn:a{number}> <urn:b> \"{number}\" .\n"))
            .collect();
        let graph = read(
            text.as_bytes(),
            Syntax::Turtle,
            "urn:x",
            &Contexts::default(),
        )
        .unwrap();
        Askable::from(&graph)
    }

    #[test]
    fn answers_rows_truths_and_graphs() {
        let askable = askable(3);
        let stop = Stop::default();
        let ask = |text| askable.ask(text, AnswerFormat::Csv, &stop).unwrap();
        let rows = ask("SELECT ?s WHERE { ?s <urn:b> \"1\" }");
        assert_eq!(rows.body.lines().last(), Some("urn:a1"));
        assert_eq!(ask("ASK { ?s <urn:b> \"9\" }").body.trim(), "false");
        let graph = ask("CONSTRUCT { ?s dct:title ?o } WHERE { ?s <urn:b> ?o }");
        assert_eq!(graph.rows, 3);
        assert!(graph.body.contains("dct:title"));
    }

    #[test]
    fn more_rows_than_may_be_given_are_cut_and_it_says_so() {
        let askable = askable(SPARQL_ROWS_MAX + 1);
        let answer = askable
            .ask(
                "SELECT * { ?s ?p ?o }",
                AnswerFormat::Json,
                &Stop::default(),
            )
            .unwrap();
        assert!(answer.cut);
        assert_eq!(answer.rows, SPARQL_ROWS_MAX);
    }

    #[test]
    fn a_question_that_never_ends_is_ended_from_outside() {
        let askable = askable(2_000);
        let stop = Stop::default();
        stop.now();
        let endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }";
        let error = askable.ask(endless, AnswerFormat::Json, &stop).unwrap_err();
        assert_eq!(error, QueryError::Stopped);
    }

    #[test]
    fn changes_other_services_and_long_questions_are_refused() {
        let askable = askable(1);
        let stop = Stop::default();
        let refused = |text: &str| askable.ask(text, AnswerFormat::Json, &stop).unwrap_err();
        assert!(matches!(
            refused("DELETE WHERE { ?s ?p ?o }"),
            QueryError::Syntax(_)
        ));
        assert!(matches!(
            refused("SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }"),
            QueryError::Unanswerable(_)
        ));
        assert_eq!(
            refused(&"x".repeat(SPARQL_CHARS_MAX + 1)),
            QueryError::TooLong
        );
    }
}
