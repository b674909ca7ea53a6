//! `muster user`: its words.

use clap::Subcommand;

/// What about people.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Every account, a page at a time, in the order in which they were made.
    #[command(after_help = "\
Examples:
  muster user list --search ada
  muster user list --limit 1000 --json | jq '.accounts[].email'")]
    List {
        /// Those whose username or address begins with this.
        #[arg(long, value_name = "TEXT", conflicts_with = "after")]
        search: Option<String>,
        /// The account that the page before ended with.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many are shown at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Who somebody is, and where.
    #[command(after_help = "\
Example:
  muster user show ada@example.com

Why somebody is where they are: muster explain ada@example.com")]
    Show {
        /// The account's email, username or id.
        who: String,
    },
    /// Erase a person: the account and all that it has ends at once, and whatever says who it was becomes a tombstone.
    #[command(after_help = "\
Examples:
  muster user erase ada@example.com
  muster user erase 0190f5fe-7c2a-7000-8000-0123456789ab --yes --json

Ids and structure stay; the next sign-in or push makes a new account. The last owner of an organization hands it over
first. Backups, and logs outside Muster, are yours to see to.")]
    Erase {
        /// The account's email, username or id.
        who: String,
        /// Without asking.
        #[arg(long)]
        yes: bool,
    },
    /// What somebody has besides a password: authenticator app, recovery codes, passkeys.
    #[command(after_help = "\
Examples:
  muster user factors ada@example.com
  muster user factors ada@example.com --reset

Reset them for somebody who has lost them, and only when you are sure who asks: from then on the password alone lets in.
The person is told by mail.")]
    Factors {
        /// The account's email, username or id.
        who: String,
        /// Remove them all.
        #[arg(long)]
        reset: bool,
    },
    /// Who was erased, and whether records of others still name them.
    #[command(
        after_help = "Example:\n  muster user erasures --json | jq '.erasures[] | select(.state == \"erasing\")'"
    )]
    Erasures {
        /// How many are shown at most, newest first.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}
