//! The approval compass.

use app::guidance::{Facts, Guidance, Question};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::Page;
use crate::http::{AppState, Body};

/// What is known of a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuideForm {
    /// Answers, by question.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// Registers, by id.
    #[serde(default)]
    registers: Vec<String>,
}

pub(crate) async fn questions(State(state): State<AppState>) -> Json<Page<Question>> {
    Json((state.app.questions().to_vec(), None).into())
}

pub(crate) async fn guide(
    State(state): State<AppState>,
    Body(form): Body<GuideForm>,
) -> Json<Guidance> {
    let facts = Facts {
        answers: form.answers,
    };
    Json(state.app.guide(&facts, &form.registers))
}
