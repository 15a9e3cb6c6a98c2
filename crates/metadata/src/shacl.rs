//! SHACL Core, as far as the profiles under `content/standards` and their relatives use it.
//!
//! A shapes file may hold what no engine of SHACL Core evaluates: a property shape without a path, `sh:shape` in
//! place of `sh:node`. Such rules are evaluated as they are meant, and what they find is marked [`Finding::beyond`]:
//! it is told, and it is no violation.

mod check;
mod compare;
mod messages;
mod moments;
mod path;
mod report;
mod shapes;

pub use check::validate;
pub use path::Path;
pub use report::{Finding, Severity};
pub use shapes::Shapes;
