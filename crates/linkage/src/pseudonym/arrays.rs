//! Pseudonyms for whole Arrow columns. Sorted columns hold runs of one number, permuted once.

use super::{DOMAIN, OutOfDomain, PSEUDONYM_BASE, Permutation};
use arrow::array::{Array, Int64Array, PrimitiveArray, UInt32Array, UInt64Array};
use arrow::datatypes::ArrowPrimitiveType;

/// Values that hold pseudonyms instead of internal numbers. Only a permutation makes them, so that
/// a function which writes an extract can ask for proof that the step was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Pseudonymised<T>(T);

impl<T> Pseudonymised<T> {
    /// The values.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// Gives the values up, and with them the proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl Permutation {
    /// Pseudonyms of a column of person numbers, or of other internal numbers of 32 bits.
    pub fn pseudonymise(&self, numbers: &UInt32Array) -> Pseudonymised<Int64Array> {
        self.permute_runs(numbers, u64::from)
    }

    /// Pseudonyms of a column of internal numbers of 64 bits, all below 2^49.
    pub fn pseudonymise_keys(
        &self,
        numbers: &UInt64Array,
    ) -> Result<Pseudonymised<Int64Array>, OutOfDomain> {
        if numbers.iter().flatten().any(|number| number >= DOMAIN) {
            return Err(OutOfDomain);
        }
        // Places without a value may hold anything; the mask keeps them within the domain.
        Ok(self.permute_runs(numbers, |number| number & (DOMAIN - 1)))
    }

    /// Permutes many numbers below 2^49 in place, into pseudonyms.
    pub fn encrypt_many(&self, numbers: &mut [u64]) -> Result<(), OutOfDomain> {
        if numbers.iter().any(|number| *number >= DOMAIN) {
            return Err(OutOfDomain);
        }
        self.encrypt_many_in_domain(numbers);
        for number in numbers {
            *number += PSEUDONYM_BASE;
        }
        Ok(())
    }

    fn permute_runs<T: ArrowPrimitiveType>(
        &self,
        numbers: &PrimitiveArray<T>,
        widen: impl Fn(T::Native) -> u64,
    ) -> Pseudonymised<Int64Array> {
        let mut distinct = Vec::new();
        let mut lengths = Vec::new();
        for run in numbers.values().chunk_by(|left, right| left == right) {
            distinct.extend(run.first().map(|number| widen(*number)));
            lengths.push(run.len());
        }
        self.encrypt_many_in_domain(&mut distinct);
        let mut pseudonyms = Vec::with_capacity(numbers.len());
        for (number, length) in distinct.into_iter().zip(lengths) {
            let pseudonym = (PSEUDONYM_BASE + number).cast_signed();
            pseudonyms.extend(std::iter::repeat_n(pseudonym, length));
        }
        Pseudonymised(Int64Array::new(pseudonyms.into(), numbers.nulls().cloned()))
    }
}
