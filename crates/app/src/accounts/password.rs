//! Passwords: argon2id with the library's recommended parameters, off the event loop, few at a time:
//! each takes memory on purpose, and anybody may try to sign in.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use base::Secret;

use tokio::sync::Semaphore;

use crate::Error;

/// Passwords that are worked on at once in this process. Others wait.
const AT_ONCE_MAX: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// The hash of a password, with its salt and parameters in it.
pub(super) async fn hash(
    password: Secret<String>,
    salt: [u8; 16],
) -> Result<Secret<String>, Error> {
    off_loop(move || {
        Argon2::default()
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .map(|hash| Secret::new(hash.to_string()))
            .map_err(|error| Error::internal("hashing a password", &error))
    })
    .await
}

/// Whether a password fits a hash. Without a hash the same work is done, and the answer is no.
pub(super) async fn verify(
    password: Secret<String>,
    hash: Option<Secret<String>>,
) -> Result<bool, Error> {
    off_loop(move || {
        let Some(hash) = hash else {
            let idle =
                Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &[0; 16]);
            drop(idle);
            return Ok(false);
        };
        let parsed = PasswordHash::new(hash.expose())
            .map_err(|error| Error::internal("reading a password hash", &error))?;
        Ok(Argon2::default()
            .verify_password(password.expose().as_bytes(), &parsed)
            .is_ok())
    })
    .await
}

async fn off_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let place = PLACES
        .acquire()
        .await
        .map_err(|error| Error::internal("checking a password", &error))?;
    let working = tokio::task::spawn_blocking(move || {
        // The work goes on when nobody waits for it any more, and holds its place until its end.
        let _place = place;
        work()
    });
    working
        .await
        .map_err(|error| Error::internal("checking a password", &error))?
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn few_passwords_are_worked_on_at_once() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            NOW.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        };
        let all: Vec<_> = (0..12).map(|_| tokio::spawn(off_loop(work))).collect();
        for one in all {
            one.await.unwrap().unwrap();
        }
        assert_eq!(MOST.load(Ordering::SeqCst), AT_ONCE_MAX);
    }
}
