//! From facts to approvals.

use base::{Date, OrganisationId};
use catalogue::{Language, Text};
use serde::Serialize;

use crate::condition::Truth;
use crate::facts::{BasketRegister, Facts};
use crate::rule::{
    ApprovalKind, Citation, Dependency, Document, Effect, Matter, Price, Reading, Rule, TypicalTime,
};
use crate::rules::Rules;

/// What a project needs, what it does not need, and what cannot be said yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Guidance {
    /// Edition of the rules.
    pub edition: String,
    /// Needed, in the order in which to get them.
    pub needed: Vec<Approval>,
    /// Not needed, and by which rule.
    pub not_needed: Vec<NotNeeded>,
    /// Depends on an answer not given, or on law that is contested.
    pub unsettled: Vec<Unsettled>,
}

/// An approval or requirement that the project needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Matter id.
    pub id: String,
    /// Approval of an authority, or requirement met by the own institution.
    pub kind: ApprovalKind,
    /// Who decides; none: the applicant's own institution.
    pub authority: Option<OrganisationId>,
    /// Name for people.
    pub title: Text,
    /// Why, in words.
    pub because: Text,
    /// The answers and registers behind it.
    pub grounds: Vec<Because>,
    /// Rule that says so.
    pub rule: String,
    /// The law.
    pub law: Vec<Citation>,
    /// What to attach.
    pub documents: Vec<Document>,
    /// Latest days by law.
    pub statutory_days: Option<u32>,
    /// Published time.
    pub typical: Option<TypicalTime>,
    /// Published price.
    pub price: Option<Price>,
    /// Step in the order, from 1; equal numbers run at the same time.
    pub order: usize,
    /// What must be there first, of what is needed.
    pub depends_on: Vec<Dependency>,
}

/// Something not needed, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotNeeded {
    /// Matter id.
    pub id: String,
    /// Who would have decided.
    pub authority: Option<OrganisationId>,
    /// Name for people.
    pub title: Text,
    /// Why not, in words.
    pub because: Text,
    /// The answers behind it.
    pub grounds: Vec<Because>,
    /// Rule that says so.
    pub rule: String,
    /// The law.
    pub law: Vec<Citation>,
}

/// Something that cannot be settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsettled {
    /// Matter id.
    pub id: String,
    /// Who decides, and whom to ask.
    pub authority: Option<OrganisationId>,
    /// Name for people.
    pub title: Text,
    /// What stands in the way.
    pub because: UnsettledBecause,
    /// Rule that would apply.
    pub rule: String,
    /// The law.
    pub law: Vec<Citation>,
}

/// What stands in the way of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsettledBecause {
    /// These questions are not answered, or with "don't know".
    Unanswered(Vec<String>),
    /// The law is read in more than one way.
    Readings(Vec<Reading>),
}

/// A ground: the user's own answer, or registers of the basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// An answer.
    Answer {
        /// Question id.
        question: String,
        /// Label of the question.
        label: Text,
        /// The answer given.
        answer: Text,
    },
    /// Registers of the basket.
    Registers(Vec<Text>),
}

/// What a project with these facts and registers needs on a date.
pub fn guide(rules: &Rules, facts: &Facts, registers: &[BasketRegister], today: Date) -> Guidance {
    let mut guidance = Guidance {
        edition: rules.edition().to_owned(),
        ..Guidance::default()
    };
    let project = Project {
        rules,
        facts,
        registers,
    };
    for matter in rules.matters() {
        project.settle(matter, today, &mut guidance);
    }
    order(rules, &mut guidance.needed);
    guidance
}

struct Project<'a> {
    rules: &'a Rules,
    facts: &'a Facts,
    registers: &'a [BasketRegister],
}

impl Project<'_> {
    fn settle(&self, matter: &Matter, today: Date, guidance: &mut Guidance) {
        let rules: Vec<(&Rule, Truth)> = self
            .rules
            .rules_on(&matter.id, today)
            .map(|rule| (rule, rule.when.evaluate(self.facts, self.registers)))
            .collect();
        let first = |effect: Effect, truth: Truth| {
            rules
                .iter()
                .find(|(rule, value)| rule.effect == effect && *value == truth)
                .map(|(rule, _)| *rule)
        };
        if let Some(rule) = first(Effect::Needed, Truth::True) {
            if rule.readings.is_empty() {
                guidance.needed.push(self.approval(matter, rule));
            } else {
                let readings = UnsettledBecause::Readings(rule.readings.clone());
                guidance.unsettled.push(unsettled(matter, rule, readings));
            }
        } else if let Some(rule) = first(Effect::Needed, Truth::Unknown) {
            let open = UnsettledBecause::Unanswered(self.open_questions(rule));
            guidance.unsettled.push(unsettled(matter, rule, open));
        } else if let Some(rule) = first(Effect::NotNeeded, Truth::True) {
            guidance.not_needed.push(NotNeeded {
                id: matter.id.clone(),
                authority: matter.authority.clone(),
                title: matter.title.clone(),
                because: self.because(rule),
                grounds: self.grounds(rule),
                rule: rule.id.clone(),
                law: rule.law.clone(),
            });
        }
    }

    fn approval(&self, matter: &Matter, rule: &Rule) -> Approval {
        Approval {
            id: matter.id.clone(),
            kind: matter.kind,
            authority: matter.authority.clone(),
            title: matter.title.clone(),
            because: self.because(rule),
            grounds: self.grounds(rule),
            rule: rule.id.clone(),
            law: rule.law.clone(),
            documents: matter.documents.clone(),
            statutory_days: matter.statutory_days,
            typical: matter.typical.clone(),
            price: matter.price.clone(),
            order: 0,
            depends_on: matter.after.clone(),
        }
    }

    fn because(&self, rule: &Rule) -> Text {
        let named = rule.when.registers(self.registers);
        let list = |language| {
            let names: Vec<&str> = named.iter().map(|r| r.name.in_language(language)).collect();
            sentence_list(&names, language)
        };
        Text {
            da: rule.because.da.replace("{registers}", &list(Language::Da)),
            en: rule.because.en.replace("{registers}", &list(Language::En)),
        }
    }

    fn grounds(&self, rule: &Rule) -> Vec<Because> {
        let mut grounds: Vec<Because> = rule
            .when
            .questions()
            .into_iter()
            .filter_map(|id| {
                let question = self.rules.question(id)?;
                let choice = question.choice(self.facts.answer(id)?)?;
                Some(Because::Answer {
                    question: id.to_owned(),
                    label: question.label.clone(),
                    answer: choice.text.clone(),
                })
            })
            .collect();
        let named = rule.when.registers(self.registers);
        if !named.is_empty() {
            grounds.push(Because::Registers(
                named.iter().map(|register| register.name.clone()).collect(),
            ));
        }
        grounds
    }

    fn open_questions(&self, rule: &Rule) -> Vec<String> {
        rule.when
            .questions()
            .into_iter()
            .filter(|id| self.facts.answer(id).is_none())
            .map(str::to_owned)
            .collect()
    }
}

fn unsettled(matter: &Matter, rule: &Rule, because: UnsettledBecause) -> Unsettled {
    Unsettled {
        id: matter.id.clone(),
        authority: matter.authority.clone(),
        title: matter.title.clone(),
        because,
        rule: rule.id.clone(),
        law: rule.law.clone(),
    }
}

/// Puts what is needed in the order to get it; only dependencies on needed things count.
fn order(rules: &Rules, needed: &mut [Approval]) {
    let ids: Vec<String> = needed.iter().map(|approval| approval.id.clone()).collect();
    for approval in needed.iter_mut() {
        approval
            .depends_on
            .retain(|dependency| ids.contains(&dependency.matter));
    }
    needed.sort_by_key(|approval| (rules.depth(&approval.id, 0), approval.id.clone()));
    let mut levels: Vec<(String, usize)> = Vec::new();
    for approval in needed.iter_mut() {
        let before = approval
            .depends_on
            .iter()
            .filter_map(|d| levels.iter().find(|(id, _)| *id == d.matter))
            .map(|(_, level)| *level)
            .max()
            .unwrap_or(0);
        approval.order = before + 1;
        levels.push((approval.id.clone(), approval.order));
    }
    needed.sort_by_key(|approval| (approval.order, approval.id.clone()));
}

fn sentence_list(names: &[&str], language: Language) -> String {
    let and = match language {
        Language::Da => "og",
        Language::En => "and",
    };
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
