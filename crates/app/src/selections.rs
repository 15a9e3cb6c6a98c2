//! Looking at a population before there is a permit: whether it can be found, and how many it has.

use std::sync::atomic::AtomicBool;

use base::{Actor, Secret, Stopwatch};
use casework::Action;
use catalogue::register::OutputPolicy;
use catalogue::selection::{Criterion, Selection, check, plain_text};
use disclosure::shown_attrition;
use lake::extract::{AttritionKind, PermitKeys, PopulationRequest, count_population};
use serde::{Deserialize, Serialize};
use store::AuditEntry;

use crate::deliveries::threads;
use crate::permits::default_policy;
use crate::{App, Error};

/// A population that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PopulationChecked {
    /// The selection as text.
    pub text: String,
    /// The same as data.
    pub selection: Selection,
    /// Registers that an extract would read.
    pub registers: Vec<String>,
    /// Persons after each step.
    pub attrition: Vec<ShownStep>,
    /// Fewest persons that a count is shown for; none in a synthetic folder, where nobody is real.
    pub persons_min: Option<u32>,
    /// How long the count took.
    pub elapsed_ms: u64,
}

/// Persons after a step, if that many can be shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownStep {
    /// What the step does.
    pub kind: AttritionKind,
    /// The criterion, where the step is one.
    pub criterion: Option<Criterion>,
    /// Persons; none where the count is kept back.
    pub persons: Option<u64>,
}

impl ShownStep {
    /// The step as the selection's text says it, on one line.
    pub fn words(&self) -> String {
        let words = match self.kind {
            AttritionKind::Base => "everyone",
            AttritionKind::Sample => "after the sample",
            AttritionKind::Controls => "with controls",
            AttritionKind::Relatives => "with relatives",
            AttritionKind::Criterion => "",
        };
        let criterion = self.criterion.as_ref().map(plain_text::print_criterion);
        criterion.map_or_else(
            || words.to_owned(),
            |text| text.split_whitespace().collect::<Vec<&str>>().join(" "),
        )
    }
}

/// Reads a selection in either of its forms.
pub fn read_selection(bytes: &[u8]) -> Result<Selection, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::invalid("selection", "the file is not UTF-8 text"))?;
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| Error::invalid("selection", error.to_string()));
    }
    plain_text::parse(text).map_err(|error| Error::invalid("selection", error.to_string()))
}

impl App {
    /// Checks a selection and counts its population, for the operator at the command line. Outside a
    /// synthetic folder, small groups are kept back. Lots are drawn with a key of nobody: who would be
    /// drawn is decided by the permit.
    pub async fn check_population(
        &self,
        actor: &Actor,
        selection: Selection,
    ) -> Result<PopulationChecked, Error> {
        self.check_installation(actor, Action::SignTestPermit)?;
        check::check(&selection, &self.content().catalogue).map_err(|problems| {
            let words = problems
                .iter()
                .map(|p| format!("{}: {}", p.path, p.message));
            Error::invalid("selection", words.collect::<Vec<String>>().join("; "))
        })?;
        let registers = selection
            .required_registers(&self.content().catalogue)
            .map_err(|missing| Error::invalid("selection", missing.to_string()))?;
        let audit = AuditEntry::new(actor, "selection.check", "population", self.now());
        self.store()
            .run_tx("selection.check", |tx| {
                let audit = audit.clone();
                async move { tx.record_audit(&audit).await }
            })
            .await?;
        let policy = (!self.lake().format().synthetic).then(|| self.strictest(&registers));
        let stopwatch = Stopwatch::start();
        let attrition = self.count(&selection, &registers, policy).await?;
        Ok(PopulationChecked {
            text: plain_text::print(&selection),
            selection,
            registers,
            attrition,
            persons_min: policy.map(|policy| policy.persons_min),
            elapsed_ms: stopwatch.elapsed_ms(),
        })
    }

    /// The policy of all the registers that a count is made from.
    fn strictest(&self, registers: &[String]) -> OutputPolicy {
        let content = self.content();
        registers
            .iter()
            .filter_map(|register| content.catalogue.register(register)?.output_policy)
            .fold(default_policy(), OutputPolicy::strictest)
    }

    async fn count(
        &self,
        selection: &Selection,
        registers: &[String],
        policy: Option<OutputPolicy>,
    ) -> Result<Vec<ShownStep>, Error> {
        let (app, registers) = (self.clone(), registers.to_vec());
        let versions = self
            .store()
            .read("selection.versions", |reader| async move {
                app.current_manifests(&reader, &registers).await
            })
            .await?;
        let (app, selection) = (self.clone(), selection.clone());
        let steps = tokio::task::spawn_blocking(move || {
            let keys = PermitKeys::new(Secret::new([0; 32]));
            let request = PopulationRequest {
                selection: &selection,
                catalogue: &app.content().catalogue,
                versions: &versions,
                keys: &keys,
                threads: threads(),
            };
            count_population(app.lake(), &request, &AtomicBool::new(false))
                .map_err(|error| Error::new(error.class(), error.code(), error.to_string()))
        })
        .await
        .map_err(|error| Error::internal("counting a population", &error))??;
        let counts: Vec<u64> = steps.iter().map(|step| step.persons).collect();
        let shown = match policy {
            None => counts.into_iter().map(Some).collect(),
            Some(policy) => shown_attrition(&counts, &policy),
        };
        let steps = steps.into_iter().zip(shown);
        Ok(steps
            .map(|(step, persons)| ShownStep {
                kind: step.kind,
                criterion: step.criterion,
                persons,
            })
            .collect())
    }
}
