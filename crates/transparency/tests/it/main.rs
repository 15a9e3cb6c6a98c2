//! The log as its keeper, its mirrors, its readers and its forgers meet it.

#[cfg(test)]
mod forger;
#[cfg(test)]
mod format;
#[cfg(test)]
mod history;
#[cfg(test)]
mod keeper;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod reference;
