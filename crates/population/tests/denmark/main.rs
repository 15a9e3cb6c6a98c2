//! The synthetic Denmark as a whole: its registers agree with each other and with
//! published figures.

#[cfg(test)]
mod epidemiology;
#[cfg(test)]
mod integrity;
#[cfg(test)]
mod support;
