//! All matters, rules and questions, checked together.

use std::collections::{BTreeMap, BTreeSet};

use base::{Date, OrganisationId};
use catalogue::{ContentError, ContentFile, Text};
use serde::Deserialize;

use crate::condition::Truth;
use crate::facts::{BasketRegister, DONT_KNOW, Facts};
use crate::question::Question;
use crate::rule::{Effect, Example, Matter, Rule};

const FOLDER: &str = "rules/dk/";

/// The law as data.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    questions: Vec<Question>,
    matters: BTreeMap<String, Matter>,
    rules: Vec<Rule>,
    edition: String,
}

/// An example project of a rule file does not come out as the file says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule `{rule}`: example `{example}` should {expected}")]
pub struct ExampleFailure {
    /// Rule id.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// What it should do.
    pub expected: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    edition: Option<String>,
    #[serde(default, rename = "question")]
    questions: Vec<Question>,
    #[serde(default, rename = "matter")]
    matters: Vec<Matter>,
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
}

impl Rules {
    /// Reads every `rules/dk/*.toml` among the files and checks them together. Other files are left alone.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let mut all = Self::default();
        let mut files: Vec<_> = files
            .into_iter()
            .filter(|file| file.path.starts_with(FOLDER) && file.path.ends_with(".toml"))
            .collect();
        files.sort_by_key(|file| file.path);
        for file in &files {
            let read: RuleFile = toml::from_str(file.text)
                .map_err(|error| ContentError::new(file.path, error.to_string().trim_end()))?;
            all.edition = read.edition.unwrap_or(all.edition);
            all.questions.extend(read.questions);
            for matter in read.matters {
                let id = matter.id.clone();
                if all.matters.insert(id.clone(), matter).is_some() {
                    return Err(ContentError::new(
                        file.path,
                        format!("matter `{id}` stands twice"),
                    ));
                }
            }
            all.rules.extend(read.rules);
        }
        all.check()
            .map_err(|problem| ContentError::new(FOLDER, problem))?;
        Ok(all)
    }

    /// The questions, in the order they are asked.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The question of an id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// Every matter, by id.
    pub fn matters(&self) -> impl Iterator<Item = &Matter> {
        self.matters.values()
    }

    /// The matter of an id.
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matters.get(id)
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Every rule, in the order of the files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The edition of the rules, for certificates.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The rules about a matter that apply on a date.
    pub fn rules_on<'a>(
        &'a self,
        matter: &'a str,
        date: Date,
    ) -> impl Iterator<Item = &'a Rule> + 'a {
        self.rules.iter().filter(move |rule| {
            rule.matter == matter
                && rule.valid_from <= date
                && rule.valid_to.is_none_or(|last| date <= last)
        })
    }

    /// Runs the example projects of every rule.
    pub fn check_examples(&self) -> Vec<ExampleFailure> {
        self.rules
            .iter()
            .flat_map(|rule| {
                rule.examples
                    .iter()
                    .filter(|example| (evaluate(rule, example) == Truth::True) != example.fires)
                    .map(|example| ExampleFailure {
                        rule: rule.id.clone(),
                        example: example.name.clone(),
                        expected: if example.fires { "fire" } else { "not fire" },
                    })
            })
            .collect()
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for rule in &self.rules {
            if !seen.insert(&rule.id) {
                return Err(format!("rule `{}` stands twice", rule.id));
            }
            self.check_rule(rule)
                .map_err(|problem| format!("rule `{}`: {problem}", rule.id))?;
        }
        for matter in self.matters.values() {
            for dependency in &matter.after {
                if !self.matters.contains_key(&dependency.matter) {
                    return Err(format!(
                        "matter `{}` comes after `{}`, which is no matter",
                        matter.id, dependency.matter
                    ));
                }
            }
            if self.depth(&matter.id, 0).is_none() {
                return Err(format!("matter `{}` comes after itself", matter.id));
            }
        }
        Ok(())
    }

    fn check_rule(&self, rule: &Rule) -> Result<(), String> {
        if !self.matters.contains_key(&rule.matter) {
            return Err(format!("`{}` is no matter", rule.matter));
        }
        let fires = rule.examples.iter().filter(|e| e.fires).count();
        if rule.examples.len() < 2 || fires == 0 {
            return Err("at least two examples are needed, one of which fires".to_owned());
        }
        if fires == rule.examples.len() && rule.when != crate::Condition::Always {
            return Err("one example must not fire".to_owned());
        }
        if rule.law.is_empty() && rule.readings.is_empty() && rule.effect == Effect::NotNeeded {
            return Err("what is not needed must say by which rule: `law` is missing".to_owned());
        }
        for question in rule.when.questions() {
            if self.question(question).is_none() {
                return Err(format!("`{question}` is no question"));
            }
        }
        for example in &rule.examples {
            for (question, answer) in &example.answers {
                let known = self
                    .question(question)
                    .is_some_and(|q| answer == DONT_KNOW || q.choice(answer).is_some());
                if !known {
                    return Err(format!(
                        "example `{}`: `{question} = {answer}` is no choice",
                        example.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// How many steps come before a matter; none if it comes after itself.
    pub(crate) fn depth(&self, matter: &str, steps: usize) -> Option<usize> {
        if steps > self.matters.len() {
            return None;
        }
        let Some(matter) = self.matters.get(matter) else {
            return Some(0);
        };
        let mut deepest = 0;
        for dependency in &matter.after {
            deepest = deepest.max(1 + self.depth(&dependency.matter, steps + 1)?);
        }
        Some(deepest)
    }
}

fn evaluate(rule: &Rule, example: &Example) -> Truth {
    let registers: Vec<BasketRegister> = example
        .registers_of
        .iter()
        .map(|authority: &OrganisationId| BasketRegister {
            id: authority.to_string(),
            name: Text::new(authority.as_str(), authority.as_str()),
            authority: authority.clone(),
        })
        .collect();
    let facts = Facts {
        answers: example.answers.clone(),
    };
    rule.when.evaluate(&facts, &registers)
}
