//! The crate against files of others, results of another engine, and the catalogue of the repository.

#[cfg(test)]
mod files_of_others;
#[cfg(test)]
mod import;
#[cfg(test)]
mod our_catalogue;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod published_results;
#[cfg(test)]
mod support;
