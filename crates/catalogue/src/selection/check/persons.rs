//! Times around the index date, and who is taken or stands beside the population.

use std::collections::BTreeSet;

use base::Date;

use super::Checker;
use crate::register::Table;
use crate::selection::{
    Controls, Kinship, MatchOn, Moment, Sample, SampleSize, Selection, Span, WashoutCriterion,
    Window,
};

/// Controls of one case.
pub const CONTROLS_MAX: u16 = 20;
/// The longest time around an index date, in days: 150 years.
const SPAN_DAYS_MAX: i64 = 150 * 366;

impl Checker<'_> {
    pub(super) fn persons(&mut self, selection: &Selection) {
        if let Some(sample) = selection.sample {
            self.sample(sample);
        }
        if let Some(controls) = &selection.controls {
            self.controls(controls);
        }
        let kin: BTreeSet<&Kinship> = selection.relatives.iter().collect();
        if kin.len() != selection.relatives.len() {
            self.report(
                "/relatives",
                "relatives_repeated",
                "a kind of relatives stands twice".to_owned(),
            );
        }
    }

    fn sample(&mut self, sample: Sample) {
        match sample.size {
            SampleSize::Persons(0) | SampleSize::Permille(0) => self.report(
                "/sample/size",
                "sample_of_nobody",
                "a sample of 0 holds nobody".to_owned(),
            ),
            SampleSize::Permille(share) if share > 1000 => self.report(
                "/sample/size/permille",
                "share_too_large",
                format!("{share} of a thousand; the most is 1000"),
            ),
            SampleSize::Persons(_) | SampleSize::Permille(_) => {}
        }
    }

    fn controls(&mut self, controls: &Controls) {
        if !(1..=CONTROLS_MAX).contains(&controls.per_case) {
            self.report(
                "/controls/per_case",
                "controls_out_of_range",
                format!(
                    "{} controls per case; it can be 1 to {CONTROLS_MAX}",
                    controls.per_case
                ),
            );
        }
        let on: BTreeSet<&MatchOn> = controls.matched_on.iter().collect();
        if on.len() != controls.matched_on.len() {
            self.report(
                "/controls/matched_on",
                "match_repeated",
                "something to match on stands twice".to_owned(),
            );
        }
        if controls.needs_index() {
            self.indexed("/controls/matched_on");
        }
        self.criterion("/controls/among", &controls.among, 1);
    }

    pub(super) fn window(&mut self, path: &str, window: Window, table: Option<&Table>) {
        self.indexed(path);
        for (name, span) in [("from", window.from), ("to", window.to)] {
            if let Some(span) = span {
                self.span(&format!("{path}/{name}"), span);
            }
        }
        let around = window.around(Date::constant(2000, 2, 29));
        if around.to < around.from {
            self.report(
                path,
                "window_inverted",
                "it ends before it begins".to_owned(),
            );
        }
        if let Some(table) = table {
            self.dated(path, table);
        }
    }

    fn span(&mut self, path: &str, span: Span) {
        if span.days_max() > SPAN_DAYS_MAX {
            self.report(
                path,
                "span_too_long",
                "a time around the index date is 150 years at most".to_owned(),
            );
        }
    }

    pub(super) fn washout(&mut self, path: &str, washout: &WashoutCriterion) {
        self.indexed(path);
        let clear = format!("{path}/clear");
        self.span(&clear, washout.clear);
        if washout.clear.count() <= 0 {
            self.report(
                &clear,
                "washout_of_nothing",
                "the time before the index date must be longer than nothing".to_owned(),
            );
        }
        let table = self.find_table(path, &washout.register, &washout.table);
        if let Some(table) = table {
            self.dated(path, table);
            self.conditions(path, &washout.conditions, table);
        }
    }

    pub(super) fn moment(&mut self, path: &str, at: Moment) {
        let path = format!("{path}/at");
        match at {
            Moment::On(_) => {}
            Moment::Index => self.indexed(&path),
            Moment::FromIndex(span) => {
                self.indexed(&path);
                self.span(&path, span);
            }
        }
    }

    fn indexed(&mut self, path: &str) {
        if !self.has_index {
            self.report(
                path,
                "no_index_date",
                "the selection has no index date".to_owned(),
            );
        }
    }
}
