//! Tables that come from no register: which control belongs to which case, and who is related to whom.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use catalogue::Text;
use catalogue::register::{Coarsening, ColumnRole};
use catalogue::selection::{Kinship, Selection};
use linkage::{Permutation, PersonNumber, PseudonymKey};

use super::descriptor::ExtractField;
use super::population::Population;
use super::tables::{Heading, person_field};
use super::transform::{PERSON, permutation};
use super::{ExtractError, Run};
use crate::shuffle::Shuffle;
use crate::storage::StorageError;

/// Rows made at a time.
const BATCH_ROWS: usize = 65_536;

/// A table beside those of the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Companion {
    /// One row for each control of each case.
    Controls,
    /// One row for each relative of each person of the population.
    Relatives,
}

impl Companion {
    /// Those that a selection asks for.
    pub(crate) fn of(selection: &Selection) -> Vec<Self> {
        let controls = selection.controls.as_ref().map(|_| Self::Controls);
        let relatives = (!selection.relatives.is_empty()).then_some(Self::Relatives);
        controls.into_iter().chain(relatives).collect()
    }

    /// Its name in the extract. No register is called so.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Controls => "sund_controls",
            Self::Relatives => "sund_relatives",
        }
    }

    /// Its name and columns.
    pub(crate) fn heading(self) -> Heading {
        let (other, title) = match self {
            Self::Controls => (
                "case_person",
                Text::new(
                    "Pseudonym for den, der er kontrol for",
                    "Pseudonym of the case",
                ),
            ),
            Self::Relatives => (
                "related_to",
                Text::new(
                    "Pseudonym for den, der er pårørende til",
                    "Pseudonym of whom the person is related to",
                ),
            ),
        };
        let mut columns = vec![
            Field::new(PERSON, DataType::Int64, false),
            Field::new(other, DataType::Int64, false),
        ];
        let field = |name: &str, kind: &str, title, role: &str| ExtractField {
            name: name.to_owned(),
            field_type: kind.to_owned(),
            title,
            role: role.to_owned(),
            coarsening: Coarsening::None,
        };
        let mut fields = vec![person_field(), field(other, "integer", title, "key")];
        if self == Self::Relatives {
            columns.push(Field::new("kinship", DataType::Utf8, false));
            let title = Text::new("Slægtskab: forælder, søskende eller barn", "Kinship");
            fields.push(field("kinship", "string", title, "value"));
        }
        Heading {
            name: self.name().to_owned(),
            schema: Arc::new(Schema::new(columns)),
            fields,
            sort_date: None,
        }
    }

    /// Hands its rows to the shuffle.
    pub(super) fn collect(
        self,
        run: &Run<'_>,
        population: &Population,
        shuffle: &Shuffle,
    ) -> Result<(), ExtractError> {
        let heading = self.heading();
        let key = PseudonymKey::from_bytes(run.search.keys.pseudonyms.expose());
        let persons = permutation(&key, &ColumnRole::Person).ok_or(StorageError::Damaged)?;
        let push = |columns: Vec<ArrayRef>| -> Result<(), ExtractError> {
            run.search.check_cancel()?;
            let batch = RecordBatch::try_new(Arc::clone(&heading.schema), columns)
                .map_err(StorageError::from)?;
            Ok(shuffle.push(0, batch)?)
        };
        match self {
            Self::Controls => {
                for some in population.controls.chunks(BATCH_ROWS) {
                    push(vec![
                        shown(&persons, some.iter().map(|pair| pair.control)),
                        shown(&persons, some.iter().map(|pair| pair.case)),
                    ])?;
                }
            }
            Self::Relatives => {
                for some in population.relatives.chunks(BATCH_ROWS) {
                    let kinships = some.iter().map(|pair| kinship(pair.kinship));
                    push(vec![
                        shown(&persons, some.iter().map(|pair| pair.relative)),
                        shown(&persons, some.iter().map(|pair| pair.related_to)),
                        Arc::new(StringArray::from_iter_values(kinships)),
                    ])?;
                }
            }
        }
        Ok(())
    }
}

fn shown(persons: &Permutation, numbers: impl Iterator<Item = PersonNumber>) -> ArrayRef {
    let numbers: UInt32Array = numbers.map(PersonNumber::value).map(Some).collect();
    Arc::new(persons.pseudonymise(&numbers).into_inner())
}

/// What a relative is to the person of the population.
const fn kinship(kinship: Kinship) -> &'static str {
    match kinship {
        Kinship::Parents => "parent",
        Kinship::Siblings => "sibling",
        Kinship::Children => "child",
    }
}
