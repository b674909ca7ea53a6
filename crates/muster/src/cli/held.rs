//! `muster held`: what the mass-change guard holds (MIG-3).

use clap::{Args, Subcommand};
use muster_model::HeldChangeId;

use crate::admin::HeldRequest;

/// How many held requests a list shows without being asked.
pub(crate) const HELD_SHOWN: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct HeldOf {
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    connection: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HeldCommand {
    /// List what waits for a decision, in the order in which it came.
    #[command(
        after_help = "Examples:\n  muster held list --connection okta\n  muster held list --connection okta --all"
    )]
    List {
        #[command(flatten)]
        of: HeldOf,
        /// Also what was decided.
        #[arg(long)]
        all: bool,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = HELD_SHOWN)]
        limit: usize,
    },
    /// Show one request: what was sent, and what it would end.
    #[command(after_help = "Example:\n  muster held show --connection okta 0190f5fe-7c2a-7000-8000-0123456789ab")]
    Show {
        #[command(flatten)]
        of: HeldOf,
        /// Its id, as `list` shows it.
        id: HeldChangeId,
    },
    /// Do what is held, in the order in which it came, except where the resource was written since; for a day, as much
    /// again may end.
    #[command(
        after_help = "Examples:\n  muster held approve --connection okta\n  muster held approve --connection okta --lift 5000 --yes"
    )]
    Approve {
        #[command(flatten)]
        of: HeldOf,
        /// Only these; all without.
        ids: Vec<HeldChangeId>,
        /// How many memberships and team grants may end beyond the limit for a day; as many as are approved without.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=1_000_000_000))]
        lift: Option<i64>,
        /// Without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Discard what is held; for a day, nothing ends through these resources without approval.
    #[command(after_help = "Example:\n  muster held reject --connection okta")]
    Reject {
        #[command(flatten)]
        of: HeldOf,
        /// Only these; all without.
        ids: Vec<HeldChangeId>,
        /// Without asking.
        #[arg(long)]
        yes: bool,
    },
}

impl HeldCommand {
    /// The connection's name.
    pub(crate) fn connection(&self) -> &str {
        match self {
            Self::List { of, .. } | Self::Show { of, .. } | Self::Approve { of, .. } | Self::Reject { of, .. } => {
                &of.connection
            }
        }
    }

    /// Whether nobody is to be asked.
    pub(crate) fn is_sure(&self) -> bool {
        matches!(self, Self::Approve { yes: true, .. } | Self::Reject { yes: true, .. })
    }

    pub(crate) fn request(&self) -> HeldRequest {
        match self {
            Self::List { all, limit, .. } => HeldRequest::List { all: *all, limit: *limit },
            Self::Show { id, .. } => HeldRequest::Show { id: *id },
            Self::Approve { ids, lift, .. } => HeldRequest::Approve { ids: ids.clone(), lift: *lift },
            Self::Reject { ids, .. } => HeldRequest::Reject { ids: ids.clone() },
        }
    }
}
