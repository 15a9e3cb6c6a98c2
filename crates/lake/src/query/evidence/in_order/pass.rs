//! One reader's fold of the rows of its part.

use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};

use super::super::KeyPart;
use super::super::fold::{Folding, Group, Share};
use super::super::keys::{Labels, Pairs};
use super::input::{Inputs, Values};

/// A group of a part: its grouping set, and its number there.
pub(super) type Place = (usize, u32);

/// A group's name, the same in every part.
pub(super) struct Named {
    pub(super) set: usize,
    pub(super) parts: Vec<KeyPart>,
    pub(super) labels: Vec<ScalarValue>,
}

/// A person, with what she brings to each group where she was seen.
#[derive(Default)]
pub(super) struct Brought {
    pub(super) person: i64,
    places: Vec<Place>,
    /// A share per measure, place by place.
    shares: Vec<Share>,
}

impl Brought {
    /// The shares of each place.
    pub(super) fn shares(&self) -> impl Iterator<Item = (Place, &[Share])> {
        let n_measures = self
            .shares
            .len()
            .checked_div(self.places.len())
            .unwrap_or(0);
        self.places.iter().enumerate().map(move |(at, place)| {
            let first = at * n_measures;
            let brought = self.shares.get(first..first + n_measures);
            (*place, brought.unwrap_or_default())
        })
    }

    fn clear(&mut self) {
        self.places.clear();
        self.shares.clear();
    }
}

/// The groups of one grouping set.
struct Set {
    /// Which labels name its groups.
    columns: Vec<usize>,
    /// Numbers for rows of labels: one table less than there are labels.
    pairs: Vec<Pairs>,
    groups: Vec<Group>,
    /// Per group, the person who was there last, and the place of what she brings.
    last: Vec<(u64, usize)>,
    /// The group of each row of a batch.
    numbers: Vec<u32>,
}

/// One reader's fold.
pub(super) struct Pass {
    folding: Vec<Folding>,
    labels: Vec<Labels>,
    numbers: Vec<Vec<u32>>,
    sets: Vec<Set>,
    /// How many persons came, the present one included.
    came: u64,
    present: Option<i64>,
    now: Brought,
    /// The first and the last person of whom all rows of this part were seen.
    first: Option<Brought>,
    last: Option<Brought>,
    /// Persons between them.
    pub(super) persons_inside: u64,
}

impl Pass {
    pub(super) fn new(sets: &[Vec<usize>], n_labels: usize, folding: &[Folding]) -> Self {
        let set = |columns: &Vec<usize>| Set {
            columns: columns.clone(),
            pairs: (1..columns.len()).map(|_| Pairs::default()).collect(),
            groups: Vec::new(),
            last: Vec::new(),
            numbers: Vec::new(),
        };
        Self {
            folding: folding.to_vec(),
            labels: (0..n_labels).map(|_| Labels::default()).collect(),
            numbers: vec![Vec::new(); n_labels],
            sets: sets.iter().map(set).collect(),
            came: 0,
            present: None,
            now: Brought::default(),
            first: None,
            last: None,
            persons_inside: 0,
        }
    }

    /// How many groups there are.
    pub(super) fn n_groups(&self) -> usize {
        self.sets.iter().map(|set| set.groups.len()).sum()
    }

    /// Folds a batch; false if its rows are not in the order of persons.
    pub(super) fn take(&mut self, batch: &RecordBatch, inputs: &Inputs) -> Result<bool> {
        let Some(columns) = inputs.columns(batch)? else {
            return Ok(false);
        };
        let labelled = columns.labels.iter().zip(&mut self.labels);
        for ((column, labels), numbers) in labelled.zip(&mut self.numbers) {
            labels.number(column, numbers)?;
        }
        for set in &mut self.sets {
            set.number(&self.numbers, batch.num_rows())?;
            set.make_room(self.folding.len());
        }
        for (row, person) in columns.persons.values().iter().enumerate() {
            if self.present != Some(*person) {
                if self.present > Some(*person) {
                    return Ok(false);
                }
                self.end_person()?;
                self.present = Some(*person);
                self.now.person = *person;
                self.came += 1;
            }
            self.take_row(row, &columns.measures)?;
        }
        Ok(true)
    }

    fn take_row(&mut self, row: usize, measures: &[Values<'_>]) -> Result<()> {
        for (at, set) in self.sets.iter_mut().enumerate() {
            let Some(number) = set.numbers.get(row).copied() else {
                continue;
            };
            let Some((last, place)) = set.last.get_mut(number as usize) else {
                continue;
            };
            if *last != self.came {
                *last = self.came;
                *place = self.now.shares.len();
                self.now.places.push((at, number));
                let after = self.now.shares.len() + self.folding.len();
                self.now.shares.resize(after, Share::default());
            }
            let shares = self.now.shares.get_mut(*place..).unwrap_or_default();
            for (share, values) in shares.iter_mut().zip(measures) {
                let (n, total) = values.at(row);
                share.add(n, total)?;
            }
        }
        Ok(())
    }

    /// Ends the present person, of whom all rows of this part were seen. The first and the last of the
    /// part are kept apart; until the next one ends, the latest is the last.
    pub(super) fn end_person(&mut self) -> Result<()> {
        if self.present.take().is_none() {
            return Ok(());
        }
        if self.first.is_none() {
            self.first = Some(std::mem::take(&mut self.now));
        } else if let Some(mut before) = self.last.take() {
            self.fold_in(&before)?;
            before.clear();
            self.last = Some(std::mem::replace(&mut self.now, before));
        } else {
            self.last = Some(std::mem::take(&mut self.now));
        }
        Ok(())
    }

    fn fold_in(&mut self, person: &Brought) -> Result<()> {
        for ((set, number), shares) in person.shares() {
            let groups = self.sets.get_mut(set).map(|set| &mut set.groups);
            if let Some(group) = groups.and_then(|groups| groups.get_mut(number as usize)) {
                group.add_person(&self.folding, shares)?;
            }
        }
        self.persons_inside += 1;
        Ok(())
    }

    /// The first and the last person, if they are two.
    pub(super) fn edges(&self) -> impl Iterator<Item = &Brought> {
        self.first.iter().chain(&self.last)
    }

    /// The groups with their names.
    pub(super) fn groups(&self) -> Result<Vec<(Named, &Group)>> {
        let mut all = Vec::new();
        for (at, set) in self.sets.iter().enumerate() {
            for (number, group) in (0..).zip(&set.groups) {
                all.push((self.name((at, number))?, group));
            }
        }
        Ok(all)
    }

    /// The name of a group.
    pub(super) fn name(&self, (set_at, number): Place) -> Result<Named> {
        let unnamed = || DataFusionError::Internal("name of a group".to_owned());
        let set = self.sets.get(set_at).ok_or_else(unnamed)?;
        let mut numbers = Vec::new();
        let mut rest = number;
        for pairs in set.pairs.iter().rev() {
            let (before, last) = pairs.pair(rest).ok_or_else(unnamed)?;
            numbers.push(last);
            rest = before;
        }
        if !set.columns.is_empty() {
            numbers.push(rest);
        }
        let mut named = Named {
            set: set_at,
            parts: Vec::new(),
            labels: Vec::new(),
        };
        for (column, number) in set.columns.iter().zip(numbers.into_iter().rev()) {
            let labels = self.labels.get(*column).ok_or_else(unnamed)?;
            let (part, label) = labels.value(number).ok_or_else(unnamed)?;
            named.parts.push(part.clone());
            named.labels.push(label.clone());
        }
        Ok(named)
    }
}

impl Set {
    /// Numbers the rows of a batch by the labels of this set.
    fn number(&mut self, labels: &[Vec<u32>], n_rows: usize) -> Result<()> {
        self.numbers.clear();
        let mut columns = self.columns.iter().filter_map(|column| labels.get(*column));
        match columns.next() {
            Some(first) => self.numbers.extend_from_slice(first),
            None => self.numbers.resize(n_rows, 0),
        }
        for (pairs, column) in self.pairs.iter_mut().zip(columns) {
            pairs.join(&mut self.numbers, column)?;
        }
        Ok(())
    }

    /// Room for the groups that were numbered.
    fn make_room(&mut self, n_measures: usize) {
        let seen = self
            .numbers
            .iter()
            .max()
            .map_or(0, |most| *most as usize + 1);
        if seen > self.groups.len() {
            self.groups.resize(seen, Group::new(n_measures));
            self.last.resize(seen, (0, 0));
        }
    }
}
