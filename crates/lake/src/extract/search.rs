//! The search for a population: what it is found with, and its work in parallel.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::plan::Plan;
use super::{ExtractError, PermitKeys};
use crate::storage::StorageError;

/// What every step of a search works with.
pub(super) struct Search<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) keys: &'a PermitKeys,
    pub(super) threads: usize,
    pub(super) cancel: &'a AtomicBool,
}

impl Search<'_> {
    pub(super) fn check_cancel(&self) -> Result<(), ExtractError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(ExtractError::Cancelled);
        }
        Ok(())
    }

    /// Does `n` pieces of work with the request's threads; answers come in the order of the pieces.
    pub(super) fn in_parallel<T: Send>(
        &self,
        n: usize,
        work: impl Fn(usize) -> Result<T, ExtractError> + Sync,
    ) -> Result<Vec<T>, ExtractError> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(n));
        let failure: Mutex<Option<ExtractError>> = Mutex::new(None);
        let work_some = || -> Result<(), ExtractError> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= n {
                    return Ok(());
                }
                self.check_cancel()?;
                let answer = work(at)?;
                done.lock()
                    .map_err(|_| StorageError::Stopped)?
                    .push((at, answer));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads.clamp(1, n.max(1)) {
                scope.spawn(|| {
                    if let Err(error) = work_some() {
                        next.store(n, Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(error);
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, answer)| answer).collect())
    }
}
