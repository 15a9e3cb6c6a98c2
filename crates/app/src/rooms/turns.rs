//! Whose query runs: each may take memory and threads up to its permit's limits, so few run at once,
//! and one person has one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base::{AccountId, ErrorClass};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Error;

/// Queries that run at once in this process. Others wait their turn.
const AT_ONCE_MAX: usize = 4;

/// Turns at the engine.
#[derive(Debug)]
pub(crate) struct Turns {
    places: Semaphore,
    people: Mutex<BTreeSet<AccountId>>,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _own: Own<'a>,
    _place: SemaphorePermit<'a>,
}

/// That a person has a query running or waiting.
#[derive(Debug)]
struct Own<'a> {
    turns: &'a Turns,
    person: AccountId,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE_MAX),
            people: Mutex::default(),
        }
    }
}

impl Turns {
    /// Takes a turn, waiting for a place. A person who has one already is told so.
    pub(crate) async fn begin(&self, person: AccountId) -> Result<Turn<'_>, Error> {
        let own = self.enter(person)?;
        let place = self
            .places
            .acquire()
            .await
            .map_err(|error| Error::internal("waiting for the engine", &error))?;
        Ok(Turn {
            _own: own,
            _place: place,
        })
    }

    fn enter(&self, person: AccountId) -> Result<Own<'_>, Error> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.insert(person) {
            return Ok(Own {
                turns: self,
                person,
            });
        }
        let message = "you have a query running; one runs at a time";
        let error = Error::new(ErrorClass::Limited, "query_running", message);
        Err(error.advise("wait for its answer, then send the next"))
    }
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        let people = &self.turns.people;
        let mut people = people.lock().unwrap_or_else(PoisonError::into_inner);
        people.remove(&self.person);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn person(n: u8) -> AccountId {
        AccountId::from_bytes([n; 16])
    }

    #[tokio::test]
    async fn one_person_has_one_turn_and_few_run_at_once() {
        let turns = Turns::default();
        let mut running = Vec::new();
        for n in 0..u8::try_from(AT_ONCE_MAX).unwrap() {
            running.push(turns.begin(person(n)).await.unwrap());
        }
        let second = turns.begin(person(0)).await.unwrap_err();
        assert_eq!(second.code(), "query_running");
        let moment = Duration::from_millis(20);
        let late = turns.begin(person(200));
        assert!(tokio::time::timeout(moment, late).await.is_err());
        // Who gave up waiting is not taken to be there any more.
        running.pop();
        let turn = turns.begin(person(200)).await.unwrap();
        drop(turn);
        drop(running);
        turns.begin(person(0)).await.unwrap();
    }
}
