//! `muster org`: its words.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use muster_model::Role;

use crate::admin::{MembersRequest, OrganizationRequest, Request};

/// What about organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// Every organization, with its seats and who holds them.
    #[command(after_help = "Example:\n  muster org list --json | jq '.organizations[].name'")]
    List,
    /// One organization, by its present or a former name.
    #[command(after_help = "Example:\n  muster org show moby")]
    Show {
        /// The organization's name.
        organization: String,
    },
    /// Make an organization.
    #[command(after_help = "\
Examples:
  muster org create moby
  muster org create moby --seats 1000
  muster org create moby-labs --company moby-inc       # over a server: for owners of the company")]
    Create {
        /// Its name: lower-case letters, digits, and `-`, `_`, `.` inside.
        name: String,
        /// How many members and invitations fit; without, there is no limit.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
        seats: Option<i64>,
        /// The company that it is to belong to.
        #[arg(long, value_name = "NAME")]
        company: Option<String>,
    },
    /// Give an organization another name; the former one keeps leading to it and is never another's.
    #[command(after_help = "Example:\n  muster org rename moby narwhal")]
    Rename {
        /// The organization's name.
        organization: String,
        /// Its new name.
        to: String,
    },
    /// Set how many members and invitations fit.
    #[command(after_help = "Examples:\n  muster org seats moby 1000\n  muster org seats moby unlimited")]
    Seats {
        /// The organization's name.
        organization: String,
        /// A number, or `unlimited`.
        #[arg(value_parser = seats)]
        seats: Seats,
    },
    /// Who is in an organization, a page at a time.
    #[command(after_help = "\
Examples:
  muster org members moby
  muster org members moby --search ada --invites
  muster org members moby --role owner --json | jq '.members[].email'")]
    Members(MembersArgs),
    /// Give somebody a role; whoever is no member becomes one. Over a server, invite them instead.
    #[command(after_help = "Example:\n  muster org set-role moby ada@example.com owner")]
    SetRole {
        /// The organization's name.
        organization: String,
        /// The account's email, username or id.
        who: String,
        /// `member`, `editor` or `owner`.
        role: Role,
    },
    /// Remove a member.
    #[command(after_help = "\
Examples:
  muster org remove-member moby ada@example.com
  muster org remove-member moby ada@example.com --block

Whom a directory has active is added again by its next write, and by the next sign-in where Just-in-Time provisioning is on:
`--block` keeps the person out until an owner adds them.")]
    RemoveMember {
        /// The organization's name.
        organization: String,
        /// The account's email, username or id.
        who: String,
        /// Keep the person out, whatever identity providers say.
        #[arg(long)]
        block: bool,
    },
    /// Who was removed with `--block`, and not let in since.
    #[command(after_help = "Example:\n  muster org blocked moby")]
    Blocked {
        /// The organization's name.
        organization: String,
        /// The account that the page before ended with.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Let somebody in again who was removed with `--block`. It brings nobody back by itself.
    #[command(after_help = "\
Examples:
  muster org unblock moby ada@example.com
  muster org unblock moby ada1234 --server https://muster.example.com     # over a server: by username")]
    Unblock {
        /// The organization's name.
        organization: String,
        /// The account's email, username or id.
        who: String,
    },
    /// Write all members as CSV: who they are, their teams, where they come from, when they signed in.
    #[command(after_help = "\
Examples:
  muster org export-members moby > moby.csv
  muster org export-members moby --out moby.csv")]
    ExportMembers {
        /// The organization's name.
        organization: String,
        /// The file; the standard output without.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Invite people, by address or username, from the command line or a CSV file.
    #[command(after_help = "\
Examples:
  muster org invite moby ada@example.com bob@example.com --role editor --team writers
  muster org invite moby --csv people.csv --dry-run     # what would become of each; nobody is invited
  muster org invite moby --csv people.csv

The file's first line names its columns: `email`, and if you like `role` and `team`. At most 1,000 people at once. Who cannot
be invited is told, and the others are. Without a mail server the links are shown here.")]
    Invite(InviteArgs),
    /// Who is invited and has not answered.
    #[command(after_help = "Example:\n  muster org invitations moby")]
    Invitations {
        /// The organization's name.
        organization: String,
        /// The invitation that the page before ended with.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Send an invitation again: with a new link, for another 14 days.
    #[command(after_help = "Example:\n  muster org resend moby ada@example.com")]
    Resend {
        /// The organization's name.
        organization: String,
        /// The invited address, or the invitation's id.
        who: String,
    },
    /// Take an invitation back.
    #[command(after_help = "Example:\n  muster org cancel moby ada@example.com")]
    Cancel {
        /// The organization's name.
        organization: String,
        /// The invited address, or the invitation's id.
        who: String,
    },
}

/// Which members.
#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    /// The organization's name.
    organization: String,
    /// Those whose username or address begins with this.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Those with this role.
    #[arg(long)]
    role: Option<Role>,
    /// Also those who are invited.
    #[arg(long)]
    invites: bool,
    /// What the page before ended with.
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// How many are shown at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

/// Whom to invite.
#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// The organization's name.
    pub(crate) organization: String,
    /// Addresses or usernames.
    #[arg(required_unless_present = "csv")]
    pub(crate) who: Vec<String>,
    /// A CSV file of people; `-` is the standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "who")]
    pub(crate) csv: Option<PathBuf>,
    /// The role of whom the file gives none: `member`, `editor` or `owner`.
    #[arg(long, default_value = "member")]
    pub(crate) role: Role,
    /// The team of whom the file gives none; made when missing.
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// Only say what would become of each.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A number of seats, or no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seats(Option<i64>);

fn seats(text: &str) -> Result<Seats, String> {
    match text {
        "unlimited" => Ok(Seats(None)),
        number => match number.parse() {
            Ok(seats) if seats >= 0 => Ok(Seats(Some(seats))),
            _ => Err("use a number from 0, or `unlimited`".to_owned()),
        },
    }
}

impl OrganizationCommand {
    /// What is asked for. Of the two that take files, what asks least.
    pub(crate) fn request(&self) -> Request {
        use OrganizationRequest as Asked;
        let named = Clone::clone;
        Request::Organization(match self {
            Self::List => Asked::List,
            Self::Show { organization } => Asked::Show { organization: named(organization) },
            Self::Create { name, seats, company } => {
                Asked::Create { name: named(name), company: company.clone(), seats: *seats }
            }
            Self::Rename { organization, to } => Asked::Rename { organization: named(organization), to: to.clone() },
            Self::Seats { organization, seats: Seats(seats) } => {
                Asked::Seats { organization: named(organization), seats: *seats }
            }
            Self::Members(args) => Asked::Members(args.request()),
            Self::SetRole { organization, who, role } => {
                Asked::SetRole { organization: named(organization), who: who.clone(), role: *role }
            }
            Self::RemoveMember { organization, who, block } => {
                Asked::RemoveMember { organization: named(organization), who: who.clone(), block: *block }
            }
            Self::Blocked { organization, after, limit } => {
                Asked::Blocked { organization: named(organization), after: after.clone(), limit: *limit }
            }
            Self::Unblock { organization, who } => {
                Asked::Unblock { organization: named(organization), who: who.clone() }
            }
            Self::Invitations { organization, after, limit } => {
                Asked::Invitations { organization: named(organization), after: after.clone(), limit: *limit }
            }
            Self::Resend { organization, who } => Asked::Resend { organization: named(organization), who: who.clone() },
            Self::Cancel { organization, who } => Asked::Cancel { organization: named(organization), who: who.clone() },
            Self::ExportMembers { organization, .. } => {
                Asked::Export { organization: named(organization), after: None }
            }
            Self::Invite(args) => {
                Asked::Invite { organization: named(&args.organization), people: Vec::new(), dry_run: true }
            }
        })
    }
}

impl MembersArgs {
    fn request(&self) -> MembersRequest {
        let Self { organization, search, role, invites, after, limit } = self;
        MembersRequest {
            organization: organization.clone(),
            search: search.clone(),
            role: *role,
            invites: *invites,
            after: after.clone(),
            limit: *limit,
        }
    }
}
