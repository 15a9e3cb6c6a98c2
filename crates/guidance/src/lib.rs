//! From facts about a project to the approvals it needs: why, from whom, in which order, and what
//! is not needed by which rule. The law itself is data under `content/rules/dk`.
//!
//! `guidance` knows no cases and no storage. It reads texts that somebody else loaded, and takes
//! the date as an argument.

mod condition;
mod facts;
mod guide;
mod question;
mod rule;
mod rules;

pub use condition::{Condition, Truth};
pub use facts::{BasketRegister, DONT_KNOW, Facts};
pub use guide::{Approval, Because, Guidance, NotNeeded, Unsettled, UnsettledBecause, guide};
pub use question::{Choice, Question};
pub use rule::{
    ApprovalKind, Citation, Dependency, DependencyKind, Document, Effect, Example, Matter, Price,
    Reading, Rule, TypicalTime,
};
pub use rules::{ExampleFailure, Rules};
