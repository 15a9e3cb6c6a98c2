//! What is known of a group while persons are folded into it, one after the other.
//!
//! The order in which persons come does not matter: whole numbers and decimals are summed exactly.

use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use disclosure::Evidence;

use super::super::shape::{Measure, MeasureKind};

/// Sums and means are summed in millionths.
pub(super) const MILLION: i128 = 1_000_000;
/// Larger contributions of one person, in millionths, are an error: shares could not be told.
const CONTRIBUTION_MAX: i128 = 10_i128.pow(30);
/// Different contributions after which the commonest one says nothing of the others.
const CONTRIBUTIONS_TOLD_APART: usize = 64;

/// What a measure of the fold computes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folding {
    kind: MeasureKind,
    /// Whether it counts rows or persons, rather than summing values.
    counts: bool,
}

impl Folding {
    /// How each of these measures is folded.
    pub(super) fn of(measures: &[Measure]) -> Vec<Self> {
        measures
            .iter()
            .map(|measure| Self {
                kind: measure.kind,
                counts: measure.counts(),
            })
            .collect()
    }
}

/// What one person brings to one measure of one group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    /// Rows with a value.
    pub(super) n: i64,
    /// Their sum in millionths, for sums and means.
    pub(super) total: i128,
}

impl Share {
    /// Adds what the same person brings elsewhere.
    pub(super) fn add(&mut self, n: i64, total: i128) -> Result<()> {
        self.n = self.n.checked_add(n).ok_or_else(overflow)?;
        self.total = self.total.checked_add(total).ok_or_else(overflow)?;
        Ok(())
    }

    /// In one unit for all kinds, so that what is compared is what a reader could subtract.
    fn counted(self, kind: MeasureKind) -> i128 {
        match kind {
            MeasureKind::Persons => i128::from(self.n > 0) * MILLION,
            MeasureKind::Count => i128::from(self.n) * MILLION,
            MeasureKind::Sum | MeasureKind::Mean => self.total,
        }
    }
}

fn overflow() -> DataFusionError {
    DataFusionError::Execution("overflow".to_owned())
}

/// One group while folding.
#[derive(Debug, Clone)]
pub(in super::super) struct Group {
    pub(in super::super) persons: u64,
    pub(in super::super) sums: Vec<Sum>,
    /// Per pair of measures, persons who are behind them differently: what one cell less another
    /// would show. Pairs stand in the order of [`pairs`].
    differing: Vec<u64>,
    /// Whether rows that belong to nobody add to its values.
    nobody: bool,
}

/// Each pair of measures once.
fn pairs(n_measures: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n_measures).flat_map(move |one| (one + 1..n_measures).map(move |other| (one, other)))
}

impl Group {
    pub(super) fn new(n_measures: usize) -> Self {
        Self {
            persons: 0,
            sums: vec![Sum::default(); n_measures],
            differing: vec![0; n_measures * n_measures.saturating_sub(1) / 2],
            nobody: false,
        }
    }

    /// Folds in all that one person brings to this group: one share per measure.
    pub(super) fn add_person(&mut self, folding: &[Folding], shares: &[Share]) -> Result<()> {
        self.persons += 1;
        for ((sum, fold), share) in self.sums.iter_mut().zip(folding).zip(shares) {
            sum.add(fold.kind, *share, true)?;
        }
        let all = || folding.iter().zip(shares);
        let mut differing = self.differing.iter_mut();
        for (at, (one, share)) in all().enumerate() {
            for (other, other_share) in all().skip(at + 1) {
                let rows_differ = share.n != other_share.n;
                let counted_differs = one.counts
                    && other.counts
                    && share.counted(one.kind) != other_share.counted(other.kind);
                if let Some(persons) = differing.next() {
                    *persons += u64::from(rows_differ || counted_differs);
                }
            }
        }
        Ok(())
    }

    /// Folds in rows that belong to nobody.
    pub(super) fn add_nobody(&mut self, folding: &[Folding], shares: &[Share]) -> Result<()> {
        for ((sum, fold), share) in self.sums.iter_mut().zip(folding).zip(shares) {
            sum.add(fold.kind, *share, false)?;
        }
        self.nobody |= shares.iter().any(|share| share.n > 0);
        Ok(())
    }

    /// Takes in the same group as folded from other persons.
    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        self.persons += other.persons;
        self.nobody |= other.nobody;
        for (sum, others) in self.sums.iter_mut().zip(&other.sums) {
            sum.merge(others)?;
        }
        for (persons, others) in self.differing.iter_mut().zip(&other.differing) {
            *persons += others;
        }
        Ok(())
    }

    /// What stands behind a measure of the group, alone and against the group's other measures.
    pub(in super::super) fn evidence(&self, measure: usize) -> Option<Evidence> {
        let mut evidence = self.sums.get(measure)?.evidence(self.persons);
        let own = pairs(self.sums.len())
            .zip(&self.differing)
            .filter(|((one, other), _)| *one == measure || *other == measure)
            .map(|(_, persons)| *persons)
            .filter(|persons| *persons > 0);
        if let Some(fewest) = own.min()
            && evidence.persons > 0
        {
            evidence.persons = evidence.persons.min(fewest);
        }
        if self.nobody {
            // Whose value it is cannot be told.
            evidence.persons = 1;
            evidence.largest_permille = 1000;
        }
        Some(evidence)
    }
}

/// One measure of one group while folding.
#[derive(Debug, Clone)]
pub(in super::super) struct Sum {
    /// Rows with a value.
    n: i64,
    /// Exact sum, in millionths for sums and means, in units for counts.
    total: i128,
    /// Sum of absolute contributions.
    absolute: i128,
    /// Largest absolute contribution of one person.
    largest: i128,
    /// Persons who contribute something other than nothing.
    persons: u64,
    /// How many persons contribute how much; none once contributions are spread enough.
    common: Option<Contributions>,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            n: 0,
            total: 0,
            absolute: 0,
            largest: 0,
            persons: 0,
            common: Some(Contributions::default()),
        }
    }
}

/// How many persons contribute how much, the common contributions first.
#[derive(Debug, Clone, Default)]
struct Contributions(Vec<(i128, u64)>);

impl Contributions {
    /// Counts persons with this contribution; false once there are too many to tell apart.
    fn add(&mut self, contribution: i128, persons: u64) -> bool {
        let found = self.0.iter().position(|(known, _)| *known == contribution);
        let at = found.unwrap_or_else(|| {
            self.0.push((contribution, 0));
            self.0.len() - 1
        });
        if let Some((_, so_far)) = self.0.get_mut(at) {
            *so_far += persons;
        }
        let before = at.checked_sub(1);
        if let Some(before) = before
            && self.0.get(before).map(|(_, n)| *n) < self.0.get(at).map(|(_, n)| *n)
        {
            self.0.swap(before, at);
        }
        self.0.len() <= CONTRIBUTIONS_TOLD_APART
    }

    fn commonest(&self) -> Option<u64> {
        self.0.iter().map(|(_, persons)| *persons).max()
    }
}

impl Sum {
    /// Persons whose contribution is not the commonest one. Where all others contribute the same,
    /// whoever knows that knows the few.
    fn uncommon(&self) -> Option<u64> {
        let uncommon = self.persons - self.common.as_ref()?.commonest()?;
        (uncommon > 0).then_some(uncommon)
    }

    fn add(&mut self, kind: MeasureKind, share: Share, somebody: bool) -> Result<()> {
        let contribution = match kind {
            MeasureKind::Persons => i128::from(share.n > 0 && somebody),
            MeasureKind::Count => i128::from(share.n),
            MeasureKind::Sum | MeasureKind::Mean => share.total,
        };
        if contribution.unsigned_abs() > CONTRIBUTION_MAX.unsigned_abs() {
            return Err(overflow());
        }
        self.n = self.n.checked_add(share.n).ok_or_else(overflow)?;
        self.total = self.total.checked_add(contribution).ok_or_else(overflow)?;
        if somebody && contribution != 0 {
            let size = contribution.checked_abs().ok_or_else(overflow)?;
            self.absolute = self.absolute.checked_add(size).ok_or_else(overflow)?;
            self.largest = self.largest.max(size);
            self.persons += 1;
            if kind != MeasureKind::Persons {
                self.note(contribution, 1);
            }
        }
        Ok(())
    }

    fn note(&mut self, contribution: i128, persons: u64) {
        let told_apart = self
            .common
            .as_mut()
            .is_some_and(|common| common.add(contribution, persons));
        if !told_apart {
            self.common = None;
        }
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        self.n = self.n.checked_add(other.n).ok_or_else(overflow)?;
        self.total = self.total.checked_add(other.total).ok_or_else(overflow)?;
        let absolute = self.absolute.checked_add(other.absolute);
        self.absolute = absolute.ok_or_else(overflow)?;
        self.largest = self.largest.max(other.largest);
        self.persons += other.persons;
        match &other.common {
            Some(common) => {
                for (contribution, persons) in &common.0 {
                    self.note(*contribution, *persons);
                }
            }
            None => self.common = None,
        }
        Ok(())
    }

    fn evidence(&self, group_persons: u64) -> Evidence {
        let permille = if self.absolute == 0 {
            0
        } else {
            // Rounded up, so that a share just over a limit never looks as if it were on it.
            (self.largest * 1000 + self.absolute - 1) / self.absolute
        };
        Evidence {
            group_persons,
            persons: self
                .uncommon()
                .map_or(self.persons, |few| few.min(self.persons)),
            largest_permille: u32::try_from(permille).unwrap_or(1000).min(1000),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a shown number has double precision"
    )]
    pub(in super::super) fn value(&self, kind: MeasureKind, whole: bool) -> ScalarValue {
        match kind {
            MeasureKind::Persons | MeasureKind::Count => {
                ScalarValue::Int64(i64::try_from(self.total).ok())
            }
            MeasureKind::Sum | MeasureKind::Mean if self.n == 0 && whole => {
                ScalarValue::Int64(None)
            }
            MeasureKind::Sum | MeasureKind::Mean if self.n == 0 => ScalarValue::Float64(None),
            MeasureKind::Sum if whole => {
                ScalarValue::Int64(i64::try_from(self.total / MILLION).ok())
            }
            MeasureKind::Sum => ScalarValue::Float64(Some(self.total as f64 / MILLION as f64)),
            MeasureKind::Mean => {
                ScalarValue::Float64(Some(self.total as f64 / MILLION as f64 / self.n as f64))
            }
        }
    }
}
