//! Tests of the lake as its users see it. One program, because linking DataFusion takes long.

#[cfg(test)]
mod batches;
#[cfg(test)]
mod common;
#[cfg(test)]
mod extract;
#[cfg(test)]
mod in_order;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod query;
#[cfg(test)]
mod reception;
#[cfg(test)]
mod spec;
