//! The use cases on real parts: a small synthetic Denmark, a folder on disk, the whole story.
//!
//! The modules are marked as tests, so that the lints see their helpers as what they are.

#[cfg(test)]
mod backup;
#[cfg(test)]
mod canary;
mod cases;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod fences;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
