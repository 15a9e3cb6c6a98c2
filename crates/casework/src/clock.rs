//! Legal clocks of a case: they start, pause while the applicant is asked, are extended, and run out.
//! They are computed from what happened; nothing counts down anywhere.

use base::{Date, OrganisationId, Timestamp, danish_date};
use catalogue::{ContentError, Text};
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Target};
use crate::calendar::{add_days, add_months, add_working_days, days_between, working_days_between};
use crate::case::{Case, CaseState, Part};
use crate::rulebook::Rulebook;

/// A clock as `content/rules/clocks.toml` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Stable id: `pre-check`, `decision`, `target`, `answer`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// The rule it stands on.
    pub law: Text,
    /// How binding it is.
    pub basis: ClockBasis,
    /// Its length; an authority's own target has none here.
    #[serde(default)]
    pub length: Option<Length>,
    /// By how much it can be extended, once.
    #[serde(default)]
    pub extension: Option<Length>,
    /// Whether it stands still while the authority waits for the applicant.
    #[serde(default)]
    pub pauses: bool,
    /// First date on which the law itself applies, where that lies ahead.
    #[serde(default)]
    pub binding_from: Option<Date>,
    /// Where it was read.
    pub source: String,
}

/// How binding a clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockBasis {
    /// Law.
    Law,
    /// A guideline.
    Guideline,
    /// The authority's own target.
    OwnTarget,
}

/// A length of time. Exactly one of the fields is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Length {
    /// Calendar months.
    Months(u32),
    /// Calendar days.
    Days(u32),
    /// Working days.
    WorkingDays(u32),
}

/// All clocks.
#[derive(Debug, Clone)]
pub struct ClockRules {
    rules: Vec<ClockRule>,
    answer: Length,
}

/// A clock of a case, on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseClock {
    /// Id of its rule.
    pub id: String,
    /// Part, if it belongs to one.
    pub authority: Option<OrganisationId>,
    /// Name for people.
    pub name: Text,
    /// The rule it stands on.
    pub law: Text,
    /// How binding it is.
    pub basis: ClockBasis,
    /// First date on which the law itself applies, where that lies ahead.
    pub binding_from: Option<Date>,
    /// The date it is counted from.
    pub started_on: Date,
    /// Last date, as it stands now.
    pub due: Date,
    /// What it does.
    pub state: ClockState,
    /// Whether days below are working days.
    pub working_days: bool,
    /// Days left; zero when it has run out.
    pub days_left: u32,
    /// Days over; zero while it has not run out.
    pub days_over: u32,
    /// Times in which it stood still.
    pub pauses: Vec<Pause>,
    /// Whether it was extended.
    pub extended: bool,
    /// When it stopped for good.
    pub ended_on: Option<Date>,
}

/// What a clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// It runs.
    Running,
    /// It stands still: the authority waits for the applicant.
    Paused,
    /// What it waited for came in time.
    Met,
    /// What it waited for came too late.
    MetLate,
    /// Its time has passed and it still waits.
    Overdue,
    /// The case ended before.
    Stopped,
}

/// A time in which a clock stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// First date.
    pub from: Date,
    /// Date on which it ran on; open while it stands.
    pub to: Option<Date>,
    /// Why: always because the authority waits for the applicant.
    pub reason: &'static str,
}

/// What a clock is counted from and to.
struct Span {
    started_on: Date,
    ended_on: Option<Date>,
    stopped: bool,
}

impl ClockRules {
    pub(crate) fn new(rules: Vec<ClockRule>) -> Result<Self, ContentError> {
        let length = |id: &str| {
            rules
                .iter()
                .find(|rule| rule.id == id)
                .and_then(|rule| rule.length)
                .ok_or_else(|| {
                    ContentError::new(
                        "rules/clocks.toml",
                        format!("the clock `{id}` with its length is missing"),
                    )
                })
        };
        length("decision")?;
        let answer = length("answer")?;
        Ok(Self { rules, answer })
    }

    /// The clock of an id.
    pub fn rule(&self, id: &str) -> Option<&ClockRule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Last date for an answer to a question asked on a date.
    pub fn answer_due(&self, asked: Date) -> Date {
        self.answer.after(asked)
    }
}

impl Length {
    /// The date this long after a date.
    pub fn after(self, date: Date) -> Date {
        match self {
            Self::Months(months) => add_months(date, months),
            Self::Days(days) => add_days(date, days),
            Self::WorkingDays(days) => add_working_days(date, days),
        }
    }

    const fn in_working_days(self) -> bool {
        matches!(self, Self::WorkingDays(_))
    }
}

impl Target {
    /// The target's length.
    pub fn length(&self) -> Option<Length> {
        self.working_days
            .map(Length::WorkingDays)
            .or(self.calendar_days.map(Length::Days))
    }
}

/// Every clock of a case as it stands on a day, in the order of parts.
pub fn clocks(case: &Case, rules: &Rulebook, now: Timestamp) -> Vec<CaseClock> {
    let today = danish_date(now);
    let mut found = Vec::new();
    if let Some(rule) = rules.clocks().rule("pre-check")
        && let Some(length) = rule.length
    {
        let span = Span {
            started_on: danish_date(case.submitted_at),
            ended_on: case.complete_from.or(ended_on(case)),
            stopped: case.complete_from.is_none() && case.state == CaseState::Withdrawn,
        };
        found.push(clock(rule, &[length], None, &span, &[], today));
    }
    for part in case.parts.values() {
        part_clocks(case, part, rules, today, &mut found);
    }
    if let Some(rule) = rules.clocks().rule("answer") {
        answer_clocks(case, rule, rules.clocks().answer, today, &mut found);
    }
    found
}

/// The statutory limit for the whole decision: the latest of the parts'.
pub fn statutory_due(clocks: &[CaseClock]) -> Option<Date> {
    clocks
        .iter()
        .filter(|clock| clock.id == "decision")
        .map(|clock| clock.due)
        .max()
}

fn ended_on(case: &Case) -> Option<Date> {
    case.ended_at.map(danish_date)
}

fn part_clocks(
    case: &Case,
    part: &Part,
    rules: &Rulebook,
    today: Date,
    found: &mut Vec<CaseClock>,
) {
    let Some(started_on) = case.complete_from else {
        return;
    };
    let decided_on = part.decision.as_ref().map(|made| danish_date(made.at));
    let span = Span {
        started_on,
        ended_on: decided_on.or(ended_on(case)),
        stopped: decided_on.is_none() && case.ended_at.is_some(),
    };
    let pauses = pauses_of(part, &span);
    if let Some(rule) = rules.clocks().rule("decision")
        && let Some(length) = rule.length
    {
        let extension = rule.extension.filter(|_| {
            part.extended
                .as_ref()
                .is_some_and(|extended| extended.clock == rule.id)
        });
        let lengths: Vec<Length> = std::iter::once(length).chain(extension).collect();
        let authority = Some(part.authority.clone());
        found.push(clock(rule, &lengths, authority, &span, &pauses, today));
    }
    let target = rules
        .authorities()
        .get(&part.authority)
        .and_then(|authority: &Authority| authority.target.as_ref())
        .and_then(Target::length);
    if let Some(rule) = rules.clocks().rule("target")
        && let Some(length) = target
    {
        let authority = Some(part.authority.clone());
        found.push(clock(rule, &[length], authority, &span, &pauses, today));
    }
}

fn answer_clocks(
    case: &Case,
    rule: &ClockRule,
    length: Length,
    today: Date,
    found: &mut Vec<CaseClock>,
) {
    for group in &case.questions {
        let Some(first) = group.questions.first() else {
            continue;
        };
        let answered_on = group.answer.as_ref().map(|answer| danish_date(answer.at));
        let span = Span {
            started_on: danish_date(first.at),
            ended_on: answered_on.or(ended_on(case)),
            stopped: answered_on.is_none() && case.ended_at.is_some(),
        };
        let mut answer = clock(rule, &[length], None, &span, &[], today);
        answer.due = group.due;
        answer.settle(&span, today);
        found.push(answer);
    }
}

/// The times a part waited for the applicant, cut to the time the clock is counted over.
fn pauses_of(part: &Part, span: &Span) -> Vec<Pause> {
    part.waiting
        .iter()
        .filter_map(|waiting| {
            let from = danish_date(waiting.from).max(span.started_on);
            let to = waiting.to.map(danish_date);
            let last = span.ended_on;
            let to = match (to, last) {
                (Some(to), Some(last)) => Some(to.min(last)),
                (to, last) => to.or(last),
            };
            let is_empty = to.is_some_and(|to| to <= from);
            (!is_empty).then_some(Pause {
                from,
                to,
                reason: "waiting_for_applicant",
            })
        })
        .collect()
}

/// A clock over its length and, where it was extended, the second length. Pauses are added last: a
/// month is longer or shorter by where it begins, and a clock that stands still must not notice.
fn clock(
    rule: &ClockRule,
    lengths: &[Length],
    authority: Option<OrganisationId>,
    span: &Span,
    pauses: &[Pause],
    today: Date,
) -> CaseClock {
    let pauses = if rule.pauses { pauses } else { &[] };
    let working_days = lengths.iter().all(|length| length.in_working_days());
    let mut due = lengths
        .iter()
        .fold(span.started_on, |date, length| length.after(date));
    for pause in pauses {
        let to = pause.to.unwrap_or(today);
        due = if working_days {
            add_working_days(due, working_days_between(pause.from, to))
        } else {
            add_days(due, days_between(pause.from, to))
        };
    }
    let mut clock = CaseClock {
        id: rule.id.clone(),
        authority,
        name: rule.name.clone(),
        law: rule.law.clone(),
        basis: rule.basis,
        binding_from: rule.binding_from,
        started_on: span.started_on,
        due,
        state: ClockState::Running,
        working_days,
        days_left: 0,
        days_over: 0,
        pauses: pauses.to_vec(),
        extended: lengths.len() > 1,
        ended_on: span.ended_on,
    };
    clock.settle(span, today);
    clock
}

impl CaseClock {
    fn settle(&mut self, span: &Span, today: Date) {
        let counted_on = span.ended_on.unwrap_or(today);
        let between = |from, to| {
            if self.working_days {
                working_days_between(from, to)
            } else {
                days_between(from, to)
            }
        };
        self.days_left = between(counted_on, self.due);
        self.days_over = between(self.due, counted_on);
        let is_late = counted_on > self.due;
        self.state = match span.ended_on {
            Some(_) if span.stopped => ClockState::Stopped,
            Some(_) if is_late => ClockState::MetLate,
            Some(_) => ClockState::Met,
            None if self.pauses.last().is_some_and(|p| p.to.is_none()) => ClockState::Paused,
            None if is_late => ClockState::Overdue,
            None => ClockState::Running,
        };
    }
}
