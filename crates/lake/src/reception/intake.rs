//! The work of a reception: threads take rows from a source, check them, exchange identities and
//! keys, and hand the rest to the runs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::util::display::array_value_to_string;
use base::Secret;
use linkage::{PersonBuckets, mask_shape};
use sha2::{Digest as _, Sha256};

use super::check::{CheckRules, Checked, Fault, check_columns, keep_rows};
use super::columns::{Content, TablePlan, match_heading};
use super::csv::CsvChunk;
use super::parse::days_from_civil;
use super::quarantine::{self, QuarantineWriter, RejectedRow};
use super::report::{Rule, Tally};
use super::sort::PersonOrder;
use super::source::{BatchSource, Work, WorkRows, WorkSource, normalise};
use super::{Delivery, FileFault, Progress, Reception, ReceptionError};
use crate::durable::{WorkFolder, hex};
use crate::sealed::DataKey;
use crate::shuffle::{Placing, Shuffle};
use crate::storage::StorageError;
use crate::vault::{NOBODY, Vault, VaultKeys};

/// A running reception of one or several deliveries.
pub(super) struct Intake<'a> {
    pub(super) reception: &'a Reception<'a>,
    pub(super) deliveries: &'a [Delivery<'a>],
    pub(super) tables: Vec<TableIntake<'a>>,
    pub(super) rows: Shuffle,
    pub(super) vault: Mutex<Vault>,
    pub(super) work: WorkFolder,
    pub(super) keys: Mutex<MadeKeys>,
    rules: CheckRules,
    rows_checked: AtomicU64,
}

/// One table of one delivery.
pub(super) struct TableIntake<'a> {
    pub(super) delivery: usize,
    pub(super) plan: &'a TablePlan,
    pub(super) tally: Mutex<Tally>,
    pub(super) quarantine: Mutex<Option<QuarantineWriter>>,
    next_row: AtomicU64,
}

/// Keys made for this reception, to be destroyed if it fails.
#[derive(Debug, Default)]
pub(super) struct MadeKeys(pub(super) BTreeSet<(&'static str, String)>);

/// The rows of a batch, whatever they came from.
struct Rows {
    columns: Vec<ArrayRef>,
    numbers: RowNumbers,
    faults: Vec<Fault>,
}

enum RowNumbers {
    From(u64),
    Listed(Vec<u64>),
}

impl RowNumbers {
    fn at(&self, row: usize) -> u64 {
        match self {
            Self::From(first) => first + row as u64,
            Self::Listed(rows) => rows.get(row).copied().unwrap_or(0),
        }
    }
}

/// The hash that stands for generated batches.
pub(super) fn stamp_sha256(stamp: &str) -> String {
    hex(&Sha256::digest(stamp.as_bytes()))
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        reception: &'a Reception<'a>,
        deliveries: &'a [Delivery<'a>],
        plans: &[(usize, &'a Vec<TablePlan>)],
    ) -> Result<Self, ReceptionError> {
        let lake = reception.lake;
        let first = deliveries.first().ok_or(ReceptionError::NothingDelivered)?;
        for delivery in deliveries {
            let register = lake.lake_folder().join(&delivery.register.id);
            if register.join(delivery.version.to_string()).exists() {
                return Err(ReceptionError::VersionExists);
            }
        }
        let work = WorkFolder::create(&lake.work_folder(&format!("delivery-{}", first.delivery)))?;
        let format = lake.format();
        let vault_keys = VaultKeys::load_or_create(lake.keys(), reception.entropy)?;
        let vault = Vault::open(&lake.vault_folder(), vault_keys, format.capacity_bits)?;
        let tables: Vec<TableIntake<'a>> = plans
            .iter()
            .flat_map(|(delivery, plans)| {
                plans.iter().map(|plan| TableIntake {
                    delivery: *delivery,
                    plan,
                    tally: Mutex::default(),
                    quarantine: Mutex::default(),
                    next_row: AtomicU64::new(1),
                })
            })
            .collect();
        let mut spill_key = [0; 32];
        reception.entropy.fill(&mut spill_key);
        let buckets = PersonBuckets::new(1 << format.capacity_bits, format.buckets)
            .map_err(|_| StorageError::Damaged)?;
        let orders = tables.iter().map(|table| -> Arc<dyn Placing> {
            Arc::new(PersonOrder {
                person: table.plan.person,
                date: table.plan.date,
                buckets,
            })
        });
        let rows = Shuffle::new(
            orders,
            format.buckets,
            reception.memory_bytes,
            work.path(),
            Secret::new(spill_key),
        );
        let today = reception.today;
        let (month, day) = (today.month().unsigned_abs(), today.day().unsigned_abs());
        Ok(Self {
            reception,
            deliveries,
            tables,
            rows,
            vault: Mutex::new(vault),
            work,
            keys: Mutex::default(),
            rules: CheckRules {
                today: days_from_civil(i32::from(today.year()), u32::from(month), u32::from(day)),
                synthetic: format.synthetic,
            },
            rows_checked: AtomicU64::new(0),
        })
    }

    /// Takes everything from a source, with the reception's threads.
    pub(super) fn run(&self, source: &dyn WorkSource) -> Result<(), ReceptionError> {
        let failure: Mutex<Option<ReceptionError>> = Mutex::new(None);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..self.reception.threads.max(1) {
                scope.spawn(|| {
                    if let Err(error) = self.take_all(source, &stop) {
                        stop.store(true, Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        // A thread that stopped because of another has nothing to say.
                        if first.is_none() || matches!(*first, Some(ReceptionError::Stopped)) {
                            *first = Some(error);
                        }
                    }
                });
            }
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn take_all(&self, source: &dyn WorkSource, stop: &AtomicBool) -> Result<(), ReceptionError> {
        while !stop.load(Ordering::Relaxed) {
            self.reception.check_cancel()?;
            let Some(pieces) = source.next_work()? else {
                return Ok(());
            };
            for work in pieces {
                self.take(work)?;
            }
        }
        Ok(())
    }

    fn take(&self, work: Work) -> Result<(), ReceptionError> {
        let table = self.tables.get(work.table).ok_or(ReceptionError::Stopped)?;
        let (mut rows, chunk) = table.split(work.rows);
        let n_rows = rows.columns.first().map_or(0, |column| column.len());
        let mut checked = check_columns(table.plan, &rows.columns, self.rules, &mut rows.faults);
        table
            .tally
            .lock()
            .map_err(|_| ReceptionError::Stopped)?
            .rows_read += n_rows as u64;
        if !rows.faults.is_empty() {
            let keep = self.reject(table, &mut rows, chunk.as_ref(), n_rows)?;
            checked = keep_rows(checked, &keep);
        }
        let batch = self.exchange(table.plan, checked)?;
        if batch.num_rows() > 0 {
            self.rows.push(work.table, batch)?;
        }
        let n_checked = self
            .rows_checked
            .fetch_add(n_rows as u64, Ordering::Relaxed);
        (self.reception.progress)(Progress::Checked(n_checked + n_rows as u64));
        Ok(())
    }

    /// Counts the faults, sends their rows to quarantine, and answers which rows stay.
    fn reject(
        &self,
        table: &TableIntake<'_>,
        rows: &mut Rows,
        chunk: Option<&CsvChunk>,
        n_rows: usize,
    ) -> Result<BooleanArray, ReceptionError> {
        // Fields of a row that was cut wrongly stand in the wrong columns: only the cut counts.
        let whole: BTreeSet<usize> = rows
            .faults
            .iter()
            .filter(|fault| fault.column.is_none())
            .map(|fault| fault.row)
            .collect();
        rows.faults
            .retain(|fault| fault.column.is_none() || !whole.contains(&fault.row));
        rows.faults.sort_by_key(|fault| fault.row);
        let mut rejected: Vec<RejectedRow> = Vec::new();
        let mut tally = table.tally.lock().map_err(|_| ReceptionError::Stopped)?;
        for fault in &rows.faults {
            let number = rows.numbers.at(fault.row);
            tally.add(fault.rule, fault.column, number, || rows.shape(*fault));
            match rejected.last_mut() {
                Some(last) if last.row == number => {
                    last.rules.push(',');
                    last.rules.push_str(fault.rule.name());
                }
                _ => rejected.push(RejectedRow {
                    row: number,
                    rules: fault.rule.name().to_owned(),
                    text: rows.text(fault.row, chunk.is_none()),
                }),
            }
        }
        tally.rows_rejected += rejected.len() as u64;
        drop(tally);
        if let Some(chunk) = chunk {
            let numbers: Vec<u64> = rejected.iter().map(|row| row.row).collect();
            for (row, text) in rejected.iter_mut().zip(chunk.texts_of(&numbers)) {
                row.text = text;
            }
        }
        self.quarantine(table, &rejected)?;
        let bad: BTreeSet<usize> = rows.faults.iter().map(|fault| fault.row).collect();
        let keep = BooleanBuffer::collect_bool(n_rows, |row| !bad.contains(&row));
        Ok(BooleanArray::new(keep, None))
    }

    fn quarantine(
        &self,
        table: &TableIntake<'_>,
        rows: &[RejectedRow],
    ) -> Result<(), ReceptionError> {
        let delivery = self.delivery(table)?.delivery;
        let mut writer = table
            .quarantine
            .lock()
            .map_err(|_| ReceptionError::Stopped)?;
        if writer.is_none() {
            let key = self.made_key(quarantine::KEY_KIND, delivery.to_string())?;
            let folder = self.work.path().join(format!("quarantine-{delivery}"));
            *writer = Some(QuarantineWriter::create(
                &folder,
                delivery,
                &table.plan.table,
                &key,
            )?);
        }
        match writer.as_mut() {
            Some(writer) => writer.write(rows),
            None => Ok(()),
        }
    }

    /// A key of this reception; made at first use.
    pub(super) fn made_key(
        &self,
        kind: &'static str,
        id: String,
    ) -> Result<DataKey, ReceptionError> {
        let mut made = self.keys.lock().map_err(|_| ReceptionError::Stopped)?;
        let keys = self.reception.lake.keys();
        if made.0.contains(&(kind, id.clone())) {
            return Ok(keys.load(kind, &id)?);
        }
        let key = keys.create(kind, &id, self.reception.entropy)?;
        made.0.insert((kind, id));
        Ok(key)
    }

    pub(super) fn delivery(
        &self,
        table: &TableIntake<'_>,
    ) -> Result<&Delivery<'a>, ReceptionError> {
        self.deliveries
            .get(table.delivery)
            .ok_or(ReceptionError::Stopped)
    }

    /// Identity numbers and keys become numbers: from here on nobody can be recognised.
    fn exchange(
        &self,
        plan: &TablePlan,
        checked: Vec<Checked>,
    ) -> Result<RecordBatch, ReceptionError> {
        let mut vault = self.vault.lock().map_err(|_| ReceptionError::Stopped)?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(checked.len());
        for (column, values) in plan.columns.iter().zip(checked) {
            columns.push(match (values, &column.content) {
                (Checked::Identities(identities), _) => {
                    numbers(&vault.exchange(&identities, self.reception.entropy)?)
                }
                (Checked::Keys(keys), Content::Key { domain }) => {
                    numbers(&vault.exchange_keys(domain, &keys)?)
                }
                (Checked::Values(values), _) => values,
                (Checked::Keys(_), _) => return Err(ReceptionError::Stopped),
            });
        }
        drop(vault);
        Ok(RecordBatch::try_new(Arc::clone(&plan.schema), columns)?)
    }

    /// Work from batches.
    pub(super) fn batches(&'a self, source: &'a dyn BatchSource) -> impl WorkSource + 'a {
        Batches {
            intake: self,
            source,
        }
    }
}

fn numbers(values: &[u32]) -> ArrayRef {
    if values.contains(&NOBODY) {
        let numbers = values
            .iter()
            .map(|number| (*number != NOBODY).then_some(*number));
        return Arc::new(numbers.collect::<UInt32Array>());
    }
    Arc::new(UInt32Array::from(values.to_vec()))
}

impl TableIntake<'_> {
    fn split(&self, rows: WorkRows) -> (Rows, Option<CsvChunk>) {
        match rows {
            WorkRows::Columns { columns, first_row } => {
                let n_rows = columns.first().map_or(0, |column| column.len());
                let counted = self.next_row.fetch_add(n_rows as u64, Ordering::Relaxed);
                let rows = Rows {
                    columns,
                    numbers: RowNumbers::From(first_row.unwrap_or(counted)),
                    faults: Vec::new(),
                };
                (rows, None)
            }
            WorkRows::Csv {
                chunk,
                places,
                n_fields,
            } => {
                let split = chunk.split(&places, n_fields);
                let whole_row = |rule| {
                    move |row| Fault {
                        row,
                        rule,
                        column: None,
                    }
                };
                let wrong_count = split
                    .wrong_count
                    .into_iter()
                    .map(whole_row(Rule::FieldCount));
                let no_text = split.no_text.into_iter().map(whole_row(Rule::Encoding));
                let rows = Rows {
                    columns: split.columns,
                    numbers: RowNumbers::Listed(split.rows),
                    faults: wrong_count.chain(no_text).collect(),
                };
                (rows, Some(chunk))
            }
        }
    }
}

impl Rows {
    fn shape(&self, fault: Fault) -> String {
        let column = fault.column.and_then(|at| self.columns.get(at));
        column.map_or_else(String::new, |column| {
            mask_shape(&value_text(column, fault.row))
        })
    }

    /// The row's values, for quarantine, where no delivered text is at hand.
    fn text(&self, row: usize, wanted: bool) -> String {
        if !wanted {
            return String::new();
        }
        let values: Vec<String> = self.columns.iter().map(|c| value_text(c, row)).collect();
        values.join(";")
    }
}

fn value_text(column: &ArrayRef, row: usize) -> String {
    if row >= column.len() {
        return String::new();
    }
    array_value_to_string(column, row).unwrap_or_default()
}

struct Batches<'a> {
    intake: &'a Intake<'a>,
    source: &'a dyn BatchSource,
}

impl WorkSource for Batches<'_> {
    fn next_work(&self) -> Result<Option<Vec<Work>>, ReceptionError> {
        let Some(batches) = self.source.next_batches() else {
            return Ok(None);
        };
        let mut pieces = Vec::with_capacity(batches.len());
        for batch in batches {
            let wanted = |table: &TableIntake<'_>| {
                let register = self.intake.deliveries.get(table.delivery);
                table.plan.table == batch.table
                    && register.is_some_and(|d| d.register.id == batch.register)
            };
            let Some(at) = self.intake.tables.iter().position(wanted) else {
                return Err(ReceptionError::UnknownTable {
                    register: batch.register,
                    table: batch.table,
                    meant: String::new(),
                });
            };
            let plan = self.intake.tables.get(at).map(|table| table.plan);
            let plan = plan.ok_or(ReceptionError::Stopped)?;
            let failed = |fault| {
                let name = format!("{}/{}", batch.register, batch.table);
                ReceptionError::in_file(std::path::Path::new(&name), fault)
            };
            let names: Vec<String> = batch
                .rows
                .schema()
                .fields()
                .iter()
                .map(|f| f.name().clone())
                .collect();
            let places = match_heading(plan, &names).map_err(|f| failed(FileFault::Heading(f)))?;
            let columns = normalise(plan, &batch.rows, &places).map_err(failed)?;
            pieces.push(Work {
                table: at,
                rows: WorkRows::Columns {
                    columns,
                    first_row: None,
                },
            });
        }
        Ok(Some(pieces))
    }
}

impl Drop for Intake<'_> {
    fn drop(&mut self) {
        // Whatever was not committed: its keys open nothing that exists any more.
        let made = self.keys.get_mut().unwrap_or_else(PoisonError::into_inner);
        for (kind, id) in std::mem::take(&mut made.0) {
            if let Err(error) = self.reception.lake.keys().destroy(kind, &id) {
                tracing::warn!(key.kind = kind, error = %error, "a key of a failed delivery could not be destroyed");
            }
        }
    }
}
