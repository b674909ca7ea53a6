//! `muster session`: its words.

use clap::Subcommand;

use crate::admin::{Request, SessionRequest};

/// What about sessions.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SessionCommand {
    /// Where a person, or everybody in an organization, is signed in, through what, and until when.
    #[command(after_help = "\
Examples:
  muster session list ada@example.com
  muster session list --organization moby --limit 500
  muster session list --own --server https://muster.example.com")]
    List {
        /// The account's email, username or id.
        #[arg(required_unless_present_any = ["organization", "own"], conflicts_with = "organization")]
        who: Option<String>,
        /// Your own; over a server.
        #[arg(long, conflicts_with_all = ["who", "organization"])]
        own: bool,
        /// All members of this organization.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
        /// The session that the page before ended with.
        #[arg(long, value_name = "PLACE", requires = "organization")]
        after: Option<String>,
        /// How many are shown at most, by person.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// How a person tried to sign in here without an identity provider: passwords, passkeys, codes, links, and how it ended.
    #[command(after_help = "\
Example:
  muster session attempts ada@example.com      # then, for each decision: muster requests show TRACEID

What came through a connection is on that one's log: muster requests list --connection okta --user ada@example.com")]
    Attempts {
        /// The account's email, username or id.
        who: String,
        /// How many are shown at most, newest first.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Sign a person out, everywhere or in one place, or everybody in an organization, at once on every node.
    #[command(after_help = "\
Examples:
  muster session end ada@example.com
  muster session end --organization moby
  muster session end ada@example.com --session 0190f5fe-7c2a-7000-8000-0123456789ab
  muster session end --own --server https://muster.example.com

Over a server, only people whose address is of a domain that you hold: the access of others to your organization ends by
removing the member.

Whoever may sign in can do so again: take the access away at the identity provider, or remove the member.")]
    End {
        /// The account's email, username or id.
        #[arg(required_unless_present_any = ["organization", "own"], conflicts_with = "organization")]
        who: Option<String>,
        /// Yourself; over a server.
        #[arg(long, conflicts_with_all = ["who", "organization"])]
        own: bool,
        /// Only this one.
        #[arg(long, value_name = "ID", conflicts_with = "organization")]
        session: Option<String>,
        /// All members of this organization, everywhere.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
    },
}

impl SessionCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        Request::Session(match self.clone() {
            Self::List { organization: Some(organization), after, limit, .. } => {
                SessionRequest::ListIn { organization, after, limit: usize::try_from(limit).unwrap_or(usize::MAX) }
            }
            Self::List { own: true, .. } => SessionRequest::ListOwn,
            Self::End { own: true, session, .. } => SessionRequest::EndOwn { session },
            Self::List { who, .. } => SessionRequest::List { who: who.unwrap_or_default() },
            Self::End { organization: Some(organization), .. } => SessionRequest::EndIn { organization },
            Self::Attempts { who, limit } => SessionRequest::Attempts { who, limit },
            Self::End { who, session, .. } => SessionRequest::End { who: who.unwrap_or_default(), session },
        })
    }
}
