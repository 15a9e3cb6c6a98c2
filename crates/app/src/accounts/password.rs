//! Passwords: argon2id with the library's recommended parameters, off the event loop.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use base::Secret;

use crate::Error;

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
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("checking a password", &error))?
}
