//! Long lives of a log, generated: entries come, fields are withheld, opened again and erased,
//! corrections follow, old files are pruned, and the log holds after every step.

use crate::keeper::{Entry, Keeper, salt};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use transparency::{FieldState, Opening, Tile};

/// One step in the life of a log. Indices choose among what exists.
#[derive(Debug, Clone)]
enum Step {
    Log { n_entries: usize },
    Correct(prop::sample::Index),
    Withhold(prop::sample::Index),
    Reopen(prop::sample::Index),
    Erase(prop::sample::Index),
    Prune,
    CrashBeforeCheckpoint { n_entries: usize },
}

/// What the test itself remembers about the only field of each leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Open,
    Withheld,
    Erased,
}

#[derive(Default)]
struct Life {
    keeper: Keeper,
    known: BTreeMap<u64, Known>,
}

const VALUE: &str = "Nyresvigt ved type 2-diabetes";

impl Life {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Log { n_entries } => self.log(*n_entries),
            Step::Correct(choice) => self.correct(choice),
            Step::Withhold(choice) => self.change(choice, |keeper, sequence, known| {
                if *known == Known::Open {
                    keeper.withhold(sequence, "title");
                    *known = Known::Withheld;
                }
            }),
            Step::Reopen(choice) => self.change(choice, |keeper, sequence, known| {
                if *known == Known::Withheld {
                    reopen(keeper, sequence);
                    *known = Known::Open;
                }
            }),
            Step::Erase(choice) => self.change(choice, |keeper, sequence, known| {
                keeper.erase(sequence, "title", "retention-5y");
                *known = Known::Erased;
            }),
            Step::Prune => self.prune(),
            Step::CrashBeforeCheckpoint { n_entries } => self.crash(*n_entries),
        }
    }

    fn log(&mut self, n_entries: usize) {
        let first = self.keeper.size();
        self.keeper.log_many(n_entries);
        self.known
            .extend((first..self.keeper.size()).map(|sequence| (sequence, Known::Open)));
    }

    fn correct(&mut self, choice: &prop::sample::Index) {
        let sequences: Vec<_> = self.known.keys().copied().collect();
        let Some(corrected) = sequences.get(choice.index(sequences.len().max(1))) else {
            return;
        };
        let sequence = self.keeper.size();
        self.keeper.log(&[Entry {
            kind: "entry.corrected",
            case: "S-2026-0417",
            fields: &[("title", VALUE)],
            corrects: Some(*corrected),
        }]);
        self.known.insert(sequence, Known::Open);
    }

    fn change(
        &mut self,
        choice: &prop::sample::Index,
        change: impl Fn(&mut Keeper, u64, &mut Known),
    ) {
        let n_leaves = self.known.len().max(1);
        if let Some((sequence, known)) = self.known.iter_mut().nth(choice.index(n_leaves)) {
            change(&mut self.keeper, *sequence, known);
        }
    }

    /// Removes partial tiles that a full one has replaced.
    fn prune(&mut self) {
        let full: Vec<_> = self
            .keeper
            .files
            .keys()
            .filter_map(|path| Tile::parse(path))
            .collect();
        self.keeper.files.retain(|path, _| match Tile::parse(path) {
            Some(tile) if tile.width < 256 => !full.contains(&Tile { width: 256, ..tile }),
            _ => true,
        });
    }

    /// Writes the files of a batch but no checkpoint, and starts again with the same entries.
    fn crash(&mut self, n_entries: usize) {
        let mut lost = self.keeper.clone();
        lost.log_many(n_entries);
        for (path, bytes) in lost.files {
            if Tile::parse(&path).is_some() {
                self.keeper.files.entry(path).or_insert(bytes);
            }
        }
        self.check();
        self.log(n_entries);
    }

    fn check(&self) {
        let report = self.keeper.verify();
        assert!(report.holds(), "{:?}", report.findings);
        assert_eq!(report.n_leaves, self.keeper.size());
        let told: BTreeMap<_, _> = report
            .fields
            .iter()
            .map(|field| {
                let known = match &field.state {
                    FieldState::Verified => Known::Open,
                    FieldState::Withheld => Known::Withheld,
                    FieldState::Erased(erasure) => {
                        assert_eq!(erasure.rule, "retention-5y");
                        Known::Erased
                    }
                    FieldState::Mismatch => panic!("leaf {}", field.sequence),
                };
                (field.sequence, known)
            })
            .collect();
        assert_eq!(told, self.known);
    }
}

fn reopen(keeper: &mut Keeper, sequence: u64) {
    let opening = Opening {
        field: "title".to_owned(),
        value: VALUE.to_owned(),
        salt: salt(sequence, "title"),
    };
    keeper
        .openings
        .get_mut(&sequence)
        .unwrap()
        .opened
        .push(opening);
}

fn any_step() -> impl Strategy<Value = Step> {
    let choice = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0_usize..120).prop_map(|n_entries| Step::Log { n_entries }),
        2 => choice().prop_map(Step::Correct),
        3 => choice().prop_map(Step::Withhold),
        2 => choice().prop_map(Step::Reopen),
        2 => choice().prop_map(Step::Erase),
        1 => Just(Step::Prune),
        1 => (1_usize..300).prop_map(|n_entries| Step::CrashBeforeCheckpoint { n_entries }),
    ]
}

#[test]
fn a_year_in_the_life_of_a_log() {
    let mut life = Life::default();
    // Some choices of a leaf; which ones does not matter.
    let mut runner = TestRunner::deterministic();
    let mut any_leaf = || {
        any::<prop::sample::Index>()
            .new_tree(&mut runner)
            .unwrap()
            .current()
    };
    for step in [
        Step::Log { n_entries: 3 },
        Step::Withhold(any_leaf()),
        Step::Log { n_entries: 300 },
        Step::Reopen(any_leaf()),
        Step::Erase(any_leaf()),
        Step::Correct(any_leaf()),
        Step::CrashBeforeCheckpoint { n_entries: 10 },
        Step::Prune,
        Step::Log { n_entries: 1 },
    ] {
        life.take(&step);
        life.check();
    }
    assert_eq!(life.keeper.size(), 3 + 300 + 1 + 10 + 1);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 40,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_log_holds_after_every_step(steps in prop::collection::vec(any_step(), 1..14)) {
        let mut life = Life::default();
        life.log(1);
        for step in &steps {
            life.take(step);
            life.check();
        }
    }
}
