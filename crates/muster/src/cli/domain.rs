//! `muster domain`: its words.

use clap::{Args, Subcommand};

use muster_model::Role;

use crate::admin::{DomainRequest, InviteRequest, Request};

/// What about domains.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DomainCommand {
    /// The domains there are, whose they are, and whether they count.
    #[command(after_help = "Examples:\n  muster domain list\n  muster domain list --organization moby --json")]
    List {
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// Claim a domain, or ask for a new proof: shows the TXT record to set, which is then looked for for 72 hours.
    #[command(after_help = "\
Examples:
  muster domain add example.com --organization moby
  muster domain add example.com --company acme --json | jq -r .domains[0].record.value")]
    Add {
        /// The domain.
        domain: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// Look for the record now.
    #[command(after_help = "Example:\n  muster domain check example.com")]
    Check {
        /// The domain.
        domain: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// A domain, its record, and what was seen of it.
    #[command(after_help = "Example:\n  muster domain show example.com")]
    Show {
        /// The domain.
        domain: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// Let existing accounts of the domain join an organization when they next sign in, or no longer.
    #[command(after_help = "\
Examples:
  muster domain auto-provision example.com moby
  muster domain auto-provision example.com off

Nobody gets an account by it. Where people of the domain sign in through a connection, that decides instead.")]
    AutoProvision {
        /// The domain.
        domain: String,
        /// The organization, or `off`.
        into: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// Who has an address of a verified domain and is no member.
    #[command(after_help = "\
Examples:
  muster domain audit example.com
  muster domain audit example.com --csv > people.csv
  muster domain audit example.com --invite --role member --team newcomers")]
    Audit {
        /// The domain.
        domain: String,
        #[command(flatten)]
        holder: HolderArgs,
        /// As CSV: Name, Username, Email.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        #[command(flatten)]
        invite: InviteAuditedArgs,
    },
    /// Remove a domain: what it counts for ends, members stay.
    #[command(after_help = "Example:\n  muster domain remove example.com --organization moby")]
    Remove {
        /// The domain.
        domain: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
}

/// Inviting them.
#[derive(Debug, Clone, Args)]
pub(crate) struct InviteAuditedArgs {
    /// Invite these, a thousand at a time.
    #[arg(long, conflicts_with = "csv")]
    invite: bool,
    /// The organization that they are invited to; needed where a company has the domain.
    #[arg(long, value_name = "NAME", requires = "invite")]
    into: Option<String>,
    /// The role that comes with it: `member`, `editor` or `owner`.
    #[arg(long, default_value = "member", requires = "invite")]
    role: Role,
    /// The team that comes with it; made when missing.
    #[arg(long, value_name = "NAME", requires = "invite")]
    team: Option<String>,
    /// Only say what would become of each.
    #[arg(long, requires = "invite")]
    dry_run: bool,
}

/// Whose domain.
#[derive(Debug, Clone, Args)]
pub(crate) struct HolderArgs {
    /// The organization whose it is; needed where several have it.
    #[arg(long, value_name = "NAME", conflicts_with = "company")]
    pub(crate) organization: Option<String>,
    /// The company whose it is.
    #[arg(long, value_name = "NAME")]
    pub(crate) company: Option<String>,
}

impl DomainCommand {
    /// What is asked for; a list of people begins after the account `after`.
    pub(crate) fn request(&self, after: Option<String>) -> Request {
        let of = |holder: HolderArgs| (holder.organization, holder.company);
        Request::Domain(match self.clone() {
            Self::List { holder } => {
                let (organization, company) = of(holder);
                DomainRequest::List { organization, company }
            }
            Self::Add { domain, holder } => {
                let (organization, company) = of(holder);
                DomainRequest::Add { domain, organization, company }
            }
            Self::Check { domain, holder } => {
                let (organization, company) = of(holder);
                DomainRequest::Check { domain, organization, company }
            }
            Self::Show { domain, holder } => {
                let (organization, company) = of(holder);
                DomainRequest::Show { domain, organization, company }
            }
            Self::AutoProvision { domain, into, holder } => {
                let (organization, company) = of(holder);
                let into = (into != "off").then_some(into);
                DomainRequest::AutoProvision { domain, into, organization, company }
            }
            Self::Audit {
                domain,
                holder,
                csv: _,
                invite: InviteAuditedArgs { invite: true, into, role, team, dry_run },
            } => {
                let (organization, company) = of(holder);
                DomainRequest::Invite(InviteRequest { domain, organization, company, into, role, team, dry_run, after })
            }
            Self::Audit { domain, holder, csv, .. } => {
                let (organization, company) = of(holder);
                DomainRequest::Audit { domain, organization, company, after, csv }
            }
            Self::Remove { domain, holder } => {
                let (organization, company) = of(holder);
                DomainRequest::Remove { domain, organization, company }
            }
        })
    }
}
