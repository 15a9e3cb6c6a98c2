//! One file per register: how a life is written down there.

pub(crate) mod causes;
pub(crate) mod civil;
pub(crate) mod clinic;
pub(crate) mod hospitals;
pub(crate) mod laboratory;
pub(crate) mod medicine;
pub(crate) mod services;
pub(crate) mod statistics;
