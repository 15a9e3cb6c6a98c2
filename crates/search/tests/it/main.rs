//! Search over the catalogue as shipped: what people type, and what they should see first.

mod answers;
mod hostile;
mod intents;
mod shipped;
