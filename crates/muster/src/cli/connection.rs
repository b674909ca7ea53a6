//! `muster connection`: its words.

use clap::{Subcommand, ValueEnum};

use crate::admin::{ConnectionRequest, KeyRequest, Request};

/// What about connections.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Every connection: how people sign in, whom it covers, what needs looking after.
    #[command(after_help = "Example:\n  muster connection list --json | jq '.connections[] | select(.warnings != [])'")]
    List,
    /// One connection: its identity provider, certificates with their ends, our keys, and what the provider must be told.
    #[command(after_help = "Example:\n  muster connection show okta")]
    Show {
        /// The connection's name.
        connection: String,
    },
    /// Fetch the metadata of a SAML identity provider now, instead of within the hour.
    #[command(after_help = "Example:\n  muster connection refresh okta")]
    Refresh {
        /// The connection's name.
        connection: String,
    },
    /// Make a link for a test sign-in: it shows what arrives and what that would come to, and keeps nothing of it.
    #[command(after_help = "\
Example:
  muster connection test okta            # open the link in a browser, also before the connection is activated

The link is good for 15 minutes. The same record is kept under the TraceID: muster requests show TRACEID")]
    Test {
        /// The connection's name.
        connection: String,
    },
    /// Who would be affected, before enforcement is turned on or Just-in-Time provisioning off.
    #[command(after_help = "\
Examples:
  muster connection affected okta
  muster connection affected okta --json | jq '.by_enforcement.with_password[]'")]
    Affected {
        /// The connection's name.
        connection: String,
    },
    /// Decide who an address is that came with another subject: a sign-in is refused until an owner says so.
    #[command(after_help = "\
Examples:
  muster connection relink okta ada@example.com                # the same person, made anew at the identity provider
  muster connection relink okta ada@example.com --new-person   # somebody else, who gets an account of their own

`muster requests list --connection okta` shows the refused sign-ins. The person signs in again afterwards.")]
    Relink {
        /// The connection's name.
        connection: String,
        /// The email or username of the account that has the address.
        who: String,
        /// It is somebody else: the account loses the address and stays where it is.
        #[arg(long)]
        new_person: bool,
    },
    /// Our keys towards the identity provider.
    #[command(
        subcommand,
        after_help = "\
Examples:
  muster connection key add okta signing --days 7    # in our metadata now, signs in a week
  muster connection key remove okta 3b1f8a02         # by the beginning of its fingerprint"
    )]
    Key(KeyCommand),
}

/// What about keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make one more. It is in our metadata at once; those that are there stay until they are removed.
    Add {
        /// The connection's name.
        connection: String,
        /// What for.
        purpose: Purpose,
        /// In how many days it begins to sign, so that the identity provider can learn it before.
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=365))]
        days: u32,
    },
    /// Remove one, which counts no more.
    Remove {
        /// The connection's name.
        connection: String,
        /// The key's fingerprint, or enough of its beginning.
        fingerprint: String,
    },
}

/// What a key of ours is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Purpose {
    /// Signs our requests.
    Signing,
    /// Opens what is encrypted for us.
    Encryption,
}

impl ConnectionCommand {
    /// What is asked for.
    pub(crate) fn request(&self) -> Request {
        use muster_model::connection::KeyPurpose;
        Request::Connection(match self.clone() {
            Self::List => ConnectionRequest::List,
            Self::Show { connection } => ConnectionRequest::Show { connection },
            Self::Refresh { connection } => ConnectionRequest::Refresh { connection },
            Self::Test { connection } => ConnectionRequest::Test { connection },
            Self::Affected { connection } => ConnectionRequest::Affected { connection },
            Self::Relink { connection, who, new_person } => ConnectionRequest::Relink { connection, who, new_person },
            Self::Key(KeyCommand::Add { connection, purpose, days }) => {
                let purpose = match purpose {
                    Purpose::Signing => KeyPurpose::Signing,
                    Purpose::Encryption => KeyPurpose::Encryption,
                };
                let request = KeyRequest::Add { purpose: purpose.as_str().to_owned(), days };
                ConnectionRequest::Key { connection, request }
            }
            Self::Key(KeyCommand::Remove { connection, fingerprint }) => {
                ConnectionRequest::Key { connection, request: KeyRequest::Remove { fingerprint } }
            }
        })
    }
}
