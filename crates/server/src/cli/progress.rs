//! Progress of long work: bars on a terminal, plain lines otherwise, nothing for programs.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use base::Stopwatch;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Printer;

/// Shows how far each step of a piece of work is.
#[derive(Debug)]
pub(crate) struct Bars {
    printer: Printer,
    on_terminal: bool,
    group: MultiProgress,
    steps: Mutex<BTreeMap<String, Step>>,
}

#[derive(Debug)]
struct Step {
    bar: ProgressBar,
    started: Stopwatch,
    finished: bool,
}

impl Bars {
    /// Bars for this printer.
    pub(crate) fn new(printer: Printer) -> Self {
        let on_terminal = !printer.is_json() && std::io::stderr().is_terminal();
        let target = if on_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            printer,
            on_terminal,
            group: MultiProgress::with_draw_target(target),
            steps: Mutex::default(),
        }
    }

    /// `done` of `total` of a step; a step is finished when both are equal.
    pub(crate) fn show(&self, name: &str, done: u64, total: u64) {
        // A panic while drawing leaves nothing that could be wrong.
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let step = steps
            .entry(name.to_owned())
            .or_insert_with(|| self.begin(name, total));
        step.bar.set_length(total);
        step.bar.set_position(done);
        if total <= done && !step.finished {
            step.finished = true;
            step.bar.finish();
            if !self.on_terminal {
                let seconds = step.started.elapsed().as_secs_f64();
                self.printer.line(format_args!("  {name}: {seconds:.1} s"));
            }
        }
    }

    /// A count that grows, where the total is not known.
    pub(crate) fn count(&self, name: &str, done: u64) {
        self.show(name, done, done + 1);
    }

    fn begin(&self, name: &str, total: u64) -> Step {
        let style = ProgressStyle::with_template("  {msg:38} {bar:30} {pos}/{len} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(total)
            .with_style(style)
            .with_message(name.to_owned());
        Step {
            bar: self.group.add(bar),
            started: Stopwatch::start(),
            finished: false,
        }
    }
}
