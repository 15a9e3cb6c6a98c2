//! Tests of case handling on the content that ships.

#[cfg(test)]
mod access;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod content;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod form;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod holding;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod permit;
#[cfg(test)]
mod publication;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
