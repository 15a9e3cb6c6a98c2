//! Search over the catalogue as shipped: what people type, and what they should see first.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod intents;
#[cfg(test)]
mod shipped;
