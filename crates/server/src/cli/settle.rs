//! `sund approve` and `sund withdraw`: a register version into use, and out of use.

use base::VersionId;
use clap::Args;

use super::{Context, Failure, Outcome, field};
use crate::control::Order;

/// Which version to take into use.
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// The register, by its id in the catalogue.
    #[arg(value_name = "REGISTER")]
    register: String,
    /// The version, as `sund registers` lists it.
    #[arg(value_name = "VERSION")]
    version: VersionId,
}

/// Which version to take out of use.
#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// The register, by its id in the catalogue.
    #[arg(value_name = "REGISTER")]
    register: String,
    /// The version, as `sund registers` lists it.
    #[arg(value_name = "VERSION")]
    version: VersionId,
    /// Why; it is published.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Takes a version into use.
pub(crate) async fn approve(args: ApproveArgs, context: &Context) -> Result<Outcome, Failure> {
    settle(args.register, args.version, None, context).await
}

/// Takes a version out of use.
pub(crate) async fn withdraw(args: WithdrawArgs, context: &Context) -> Result<Outcome, Failure> {
    settle(args.register, args.version, Some(args.reason), context).await
}

async fn settle(
    register: String,
    version: VersionId,
    withdraw_because: Option<String>,
    context: &Context,
) -> Result<Outcome, Failure> {
    let order = Order::Settle {
        register,
        version,
        withdraw_because,
    };
    let report = context.perform(order, |_| {}).await?;
    context.printer.line(format_args!(
        "`{}`, version {}: {}",
        field(&report, "/register"),
        field(&report, "/version"),
        field(&report, "/state")
    ));
    Ok(Outcome::held(report))
}
