//! Conflicts, plans, adoption, drift.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use muster_model::PlanId;

use crate::admin::{AdoptRequest, AdoptWhat, Request};

#[derive(Debug, Args)]
pub(crate) struct ConflictsArgs {
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// Go on after this account, as the last page said.
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    /// How many accounts a page holds at most.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = page_size())]
    pub(crate) limit: u32,
}

/// How much a list shows at once.
fn page_size() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=10_000)
}

impl ConflictsArgs {
    pub(crate) fn request(&self) -> Request {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        Request::Conflicts { connection: self.connection.clone(), after: self.after.clone(), limit }
    }
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The file, as for `apply`; `-` is the standard input.
    pub(crate) file: Option<PathBuf>,
    /// Remove what the file does not name.
    #[arg(long, requires = "file")]
    pub(crate) prune: bool,
    #[command(subcommand)]
    pub(crate) command: Option<PlanCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// List the plans.
    #[command(after_help = "Example:\n  muster plan list")]
    List,
    /// Show a plan again.
    #[command(after_help = "Example:\n  muster plan show 0190f5fe-7c2a-7000-8000-0123456789ab --from 1000")]
    Show {
        /// The plan's id.
        id: PlanId,
        /// How many people to pass over.
        #[arg(long, value_name = "N", default_value_t = 0)]
        from: usize,
    },
    /// Do what a plan says; refused if that would do something else by now.
    #[command(after_help = "Example:\n  muster plan apply 0190f5fe-7c2a-7000-8000-0123456789ab")]
    Apply {
        /// The plan's id.
        id: PlanId,
    },
    /// Take a plan away.
    #[command(after_help = "Example:\n  muster plan discard 0190f5fe-7c2a-7000-8000-0123456789ab")]
    Discard {
        /// The plan's id.
        id: PlanId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// Only members of this organization.
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
    /// Only these people; without, everybody whom nothing hinders.
    #[arg(value_name = "EMAIL")]
    pub(crate) emails: Vec<String>,
    /// Only list who could be adopted.
    #[arg(long, conflicts_with_all = ["emails", "plan", "yes"])]
    pub(crate) list: bool,
    /// Only make a plan.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) plan: bool,
    /// Adopt without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Go on after this directory user, as the last page of the list said.
    #[arg(long, value_name = "ID", requires = "list")]
    pub(crate) after: Option<String>,
    /// How many people a page of the list holds at most.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = page_size())]
    pub(crate) limit: u32,
}

impl AdoptArgs {
    pub(crate) fn request(&self) -> AdoptRequest {
        let what = if self.list {
            let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
            AdoptWhat::List { after: self.after.clone(), limit }
        } else {
            AdoptWhat::Plan { emails: self.emails.clone() }
        };
        AdoptRequest { connection: self.connection.clone(), organization: self.organization.clone(), what }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// Mend what has drifted.
    #[arg(long)]
    pub(crate) repair: bool,
    /// Go on after this directory user, as the last check said.
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
}

impl DriftArgs {
    pub(crate) fn request(&self) -> Request {
        Request::Drift { connection: self.connection.clone(), after: self.after.clone(), repair: self.repair }
    }
}
