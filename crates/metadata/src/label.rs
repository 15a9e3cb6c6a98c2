//! The data quality and utility label (Art. 78 of Regulation (EU) 2025/327): metrics, what is stated, what is computed.

use std::collections::BTreeMap;

use base::Date;
use catalogue::register::Register;
use catalogue::{Catalogue, ContentError, ContentFile, Text};
use serde::{Deserialize, Serialize};

const FILE: &str = "standards/quality-label.toml";
const FOLDER: &str = "labels/";

/// Metrics, and what holders have stated.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    metrics: Vec<Metric>,
    extras: Vec<Extra>,
    stated: BTreeMap<String, Vec<Statement>>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its number in the label.
    pub number: u8,
    /// The dimension it belongs to.
    pub dimension: Text,
    /// Weight of the dimension, in hundredths of a per cent.
    pub weight: u32,
    /// Its share of the dimension, in per cent.
    pub share: u32,
    /// What is measured.
    pub name: Text,
    /// What the installation computes it from.
    #[serde(default)]
    pub computed: Option<Computed>,
    /// Levels, the lowest first.
    pub levels: Vec<Text>,
}

/// Something that the law names and the metrics do not measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Short name.
    pub id: String,
    /// Name.
    pub name: Text,
}

/// What a metric is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// The check of the record against its profile.
    Standardised,
    /// The described variables.
    Dictionary,
    /// Missing values in what was delivered.
    Completeness,
    /// The clocks of cases.
    Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricsFile {
    metric: Vec<Metric>,
    #[serde(default)]
    extra: Vec<Extra>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelFile {
    #[serde(rename = "statement")]
    statements: Vec<Statement>,
}

/// What a holder states of a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    metric: u8,
    level: usize,
    evidence: String,
    on: Date,
}

/// What the installation knows of a register beyond its description. None where it knows nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    /// Violations of the record under its profile.
    pub violations: Option<usize>,
    /// Variables with a computed share of missing values, of all that were delivered.
    pub completeness: Option<(usize, usize)>,
    /// Median days from application to release.
    pub days_to_release: Option<u32>,
}

/// The label of a register.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Label {
    /// Metrics in their order.
    pub lines: Vec<LabelLine>,
    /// How many metrics have a level.
    pub assessed: usize,
    /// Score of the metrics that have a level, in per cent of what they can reach; none without any.
    pub score: Option<u32>,
}

/// A metric of a register's label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelLine {
    /// The metric.
    pub metric: Metric,
    /// Its level, where it has one.
    pub level: Option<usize>,
    /// Whether the installation computed it.
    pub is_computed: bool,
    /// What it rests on, in the holder's words.
    pub evidence: Option<String>,
    /// When it was stated.
    pub stated_on: Option<Date>,
}

impl Labels {
    /// Reads the metrics and every `labels/*.toml` among the files.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
        catalogue: &Catalogue,
    ) -> Result<Self, ContentError> {
        let mut labels = Self::default();
        let mut stated = Vec::new();
        for file in files {
            let parse_error = |error: toml::de::Error| {
                ContentError::new(file.path, error.to_string().trim_end().to_owned())
            };
            if file.path == FILE {
                let read: MetricsFile = toml::from_str(file.text).map_err(parse_error)?;
                labels.metrics = read.metric;
                labels.extras = read.extra;
            } else if let Some(id) = file
                .path
                .strip_prefix(FOLDER)
                .and_then(|name| name.strip_suffix(".toml"))
            {
                let read: LabelFile = toml::from_str(file.text).map_err(parse_error)?;
                stated.push((file.path, id.to_owned(), read.statements));
            }
        }
        for (path, id, statements) in stated {
            labels
                .check(&id, &statements, catalogue)
                .map_err(|problem| ContentError::new(path, problem))?;
            labels.stated.insert(id, statements);
        }
        Ok(labels)
    }

    fn check(
        &self,
        id: &str,
        statements: &[Statement],
        catalogue: &Catalogue,
    ) -> Result<(), String> {
        if catalogue.register(id).is_none() {
            return Err(format!("there is no register `{id}`"));
        }
        for statement in statements {
            let metric = self
                .metrics
                .iter()
                .find(|one| one.number == statement.metric);
            let Some(metric) = metric else {
                return Err(format!("there is no metric {}", statement.metric));
            };
            if metric.levels.get(statement.level).is_none() {
                return Err(format!(
                    "metric {} has no level {}",
                    statement.metric, statement.level
                ));
            }
            if statement.evidence.trim().is_empty() {
                return Err(format!("metric {} has no evidence", statement.metric));
            }
        }
        Ok(())
    }

    /// What the law names beside the metrics.
    pub fn extras(&self) -> &[Extra] {
        &self.extras
    }

    /// The label of a register: what is stated, else what is computed; the latest statement counts.
    pub fn label(&self, register: &Register, observed: &Observed) -> Label {
        let lines: Vec<LabelLine> = self
            .metrics
            .iter()
            .map(|metric| self.line(metric, register, observed))
            .collect();
        let assessed = lines.iter().filter(|line| line.level.is_some()).count();
        Label {
            score: score(&lines),
            assessed,
            lines,
        }
    }

    fn line(&self, metric: &Metric, register: &Register, observed: &Observed) -> LabelLine {
        let statement = self
            .stated
            .get(&register.id)
            .into_iter()
            .flatten()
            .filter(|statement| statement.metric == metric.number)
            .max_by_key(|statement| statement.on);
        let computed = || {
            metric
                .computed
                .and_then(|source| compute(source, register, observed))
        };
        LabelLine {
            metric: metric.clone(),
            level: statement.map(|statement| statement.level).or_else(computed),
            is_computed: statement.is_none() && computed().is_some(),
            evidence: statement.map(|statement| statement.evidence.clone()),
            stated_on: statement.map(|statement| statement.on),
        }
    }
}

/// The level that what is known comes to.
fn compute(source: Computed, register: &Register, observed: &Observed) -> Option<usize> {
    match source {
        // A record that the profile accepts is fully standardised.
        Computed::Standardised => observed
            .violations
            .map(|violations| if violations == 0 { 2 } else { 1 }),
        // That every variable is described, only the holder can confirm.
        Computed::Dictionary => Some(match (register.tables.is_empty(), register.confirmed) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        }),
        Computed::Completeness => observed.completeness.map(|(known, all)| match known {
            0 => 0,
            known if known < all => 1,
            _ => 2,
        }),
        Computed::Time => observed.days_to_release.map(|days| match days {
            0..30 => 3,
            30..=91 => 2,
            92..=183 => 1,
            _ => 0,
        }),
    }
}

/// Weighted share of the highest levels, over the metrics that have a level.
fn score(lines: &[LabelLine]) -> Option<u32> {
    let mut reached = 0_u64;
    let mut possible = 0_u64;
    for line in lines {
        let highest = line.metric.levels.len().saturating_sub(1) as u64;
        if let (Some(level), 1..) = (line.level, highest) {
            let weight = u64::from(line.metric.weight) * u64::from(line.metric.share);
            reached += weight * level as u64 * 1_000 / highest;
            possible += weight * 1_000;
        }
    }
    let percent = (reached * 100 + possible / 2).checked_div(possible)?;
    u32::try_from(percent).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = include_str!("../../../content/standards/quality-label.toml");
    const REGISTER: &str = r#"
id = "a"
name = { da = "A", en = "A" }
controller = "sds"
category = "hospital"
description = { da = "a", en = "a" }
source = "test"
"#;

    fn labels(label: &str) -> Result<(Labels, Catalogue), ContentError> {
        let register = ContentFile {
            path: "registers/a.toml",
            text: REGISTER,
        };
        let catalogue = Catalogue::from_files([register]).unwrap();
        let files = [
            ContentFile {
                path: FILE,
                text: METRICS,
            },
            ContentFile {
                path: "labels/a.toml",
                text: label,
            },
        ];
        Ok((Labels::from_files(files, &catalogue)?, catalogue))
    }

    fn statement(metric: u8, level: usize, on: &str) -> String {
        format!(
            "[[statement]]\nmetric = {metric}\nlevel = {level}\nevidence = \"report\"\non = \"{on}\"\n"
        )
    }

    #[test]
    fn there_are_fifteen_metrics_whose_weights_make_a_whole() {
        let (labels, _) = labels(&statement(1, 2, "2026-01-01")).unwrap();
        assert_eq!(labels.metrics.len(), 15);
        let whole: u32 = labels
            .metrics
            .iter()
            .map(|metric| metric.weight * metric.share)
            .sum();
        assert!((999_000..=1_001_000).contains(&whole), "{whole}");
        assert_eq!(labels.extras().len(), 2);
    }

    #[test]
    fn the_latest_statement_counts_and_what_is_computed_says_so() {
        let text = statement(1, 2, "2026-02-01") + &statement(1, 1, "2026-01-01");
        let (labels, catalogue) = labels(&text).unwrap();
        let observed = Observed {
            violations: Some(0),
            days_to_release: Some(100),
            ..Observed::default()
        };
        let label = labels.label(catalogue.register("a").unwrap(), &observed);
        let level = |number: usize| label.lines[number - 1].level;
        assert_eq!(
            [level(1), level(2), level(8), level(9), level(12)],
            [Some(2), Some(1), Some(2), Some(0), None]
        );
        assert!(!label.lines[0].is_computed && label.lines[7].is_computed);
        assert_eq!(label.assessed, 4);
    }

    #[test]
    fn the_score_is_what_is_reached_of_what_can_be() {
        let (labels, catalogue) = labels(&statement(1, 2, "2026-01-01")).unwrap();
        let label = labels.label(catalogue.register("a").unwrap(), &Observed::default());
        // Metric 1 at its highest (weight 9.95 x 50 %), metric 9 at its lowest (8.46 x 60 %).
        assert_eq!(label.score, Some(49));
    }

    #[test]
    fn a_statement_without_evidence_or_of_no_such_level_does_not_load() {
        for (text, problem) in [
            (statement(1, 9, "2026-01-01"), "no level 9"),
            (statement(99, 0, "2026-01-01"), "no metric 99"),
            (
                statement(1, 1, "2026-01-01").replace("report", " "),
                "no evidence",
            ),
        ] {
            let error = labels(&text).unwrap_err();
            assert!(error.problem.contains(problem), "{error}");
        }
    }
}
