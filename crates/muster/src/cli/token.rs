//! `muster token`: its words.

use clap::{Args, Subcommand};
use muster_model::{TokenId, token::Scope};

use crate::admin::{AccessTokenRequest, AdminError, Request, TokenHolder, TokenRequest};

/// What about tokens: a connection's SCIM tokens, or the access tokens of a person or an organization.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one more token; it is shown once.
    #[command(after_help = "\
Examples:
  TOKEN=$(muster token create okta --label \"Okta, production\" --days 365)
  muster token create --organization moby --scope members:read,teams:write --days 90
  muster token create --user ada@example.com --scope all")]
    Create {
        /// The connection's name.
        connection: Option<String>,
        #[command(flatten)]
        whose: Whose,
        /// What people call the token.
        #[arg(long, default_value = "made by hand")]
        label: String,
        /// What an access token may be used for, such as `members:read`; or `all`.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', value_parser = scopes)]
        scope: Vec<ScopeWord>,
        /// How many days it works; for ever without.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
    },
    /// List the tokens; their secrets are not known any more.
    #[command(after_help = "Examples:\n  muster token list okta\n  muster token list --organization moby")]
    List {
        /// The connection's name.
        connection: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Make a new token of a connection, and let the others end.
    #[command(after_help = "Example:\n  TOKEN=$(muster token rotate okta --overlap 48)")]
    Rotate {
        /// The connection's name.
        connection: String,
        /// How many hours the others go on working; 0 ends them at once.
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=8_760))]
        overlap: u32,
    },
    /// End a token at once.
    #[command(after_help = "\
Examples:
  muster token revoke okta 0190f5fe-7c2a-7000-8000-0123456789ab
  muster token revoke --organization moby 0190f5fe-7c2a-7000-8000-0123456789ab")]
    Revoke {
        /// The connection's name, unless it is an access token; and the token's id, as `list` shows it.
        #[arg(required = true, num_args = 1..=2, value_names = ["CONNECTION", "ID"])]
        which: Vec<String>,
        #[command(flatten)]
        whose: Whose,
    },
}

/// Whose access tokens; if nobody's, a connection's SCIM tokens are meant.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(crate) struct Whose {
    /// Your own access tokens, on a server.
    #[arg(long)]
    personal: bool,
    /// The access tokens of this account: its email, username or id.
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// The access tokens of this organization.
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
}

/// One scope, or every one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScopeWord {
    All,
    One(Scope),
}

fn scopes(text: &str) -> Result<ScopeWord, String> {
    if text == "all" {
        return Ok(ScopeWord::All);
    }
    Scope::parse(text).map(ScopeWord::One).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::as_str).collect();
        format!("use `all` or some of {}", known.join(", "))
    })
}

impl Whose {
    fn holder(&self) -> Option<TokenHolder> {
        match self {
            Self { personal: true, .. } => Some(TokenHolder::Own),
            Self { user: Some(who), .. } => Some(TokenHolder::User(who.clone())),
            Self { organization: Some(name), .. } => Some(TokenHolder::Organization(name.clone())),
            Self { .. } => None,
        }
    }
}

impl TokenCommand {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// Both a connection and somebody's access tokens are named, or neither is.
    pub(crate) fn request(&self) -> Result<Request, AdminError> {
        match self {
            Self::Create { connection, whose, label, scope, days } => {
                let (label, days) = (label.clone(), *days);
                match meant(connection.as_deref(), whose)? {
                    Meant::Connection(connection) if scope.is_empty() => {
                        Ok(Request::Token { connection, request: TokenRequest::Create { label, days } })
                    }
                    Meant::Connection(_) => Err(wrong("`--scope` is for access tokens: a SCIM token has none")),
                    Meant::Access(_) if scope.is_empty() => {
                        Err(wrong("say what the token may be used for: `--scope members:read,teams:write`, or `all`"))
                    }
                    Meant::Access(holder) => {
                        let is_all = scope.iter().any(|word| matches!(word, ScopeWord::All));
                        let named = scope.iter().filter_map(|word| match word {
                            ScopeWord::One(scope) => Some(*scope),
                            ScopeWord::All => None,
                        });
                        let scopes = if is_all { Scope::ALL.to_vec() } else { named.collect() };
                        let request = AccessTokenRequest::Create { label, scopes, days };
                        Ok(Request::AccessToken { holder, request })
                    }
                }
            }
            Self::List { connection, whose } => Ok(match meant(connection.as_deref(), whose)? {
                Meant::Connection(connection) => Request::Token { connection, request: TokenRequest::List },
                Meant::Access(holder) => Request::AccessToken { holder, request: AccessTokenRequest::List },
            }),
            Self::Rotate { connection, overlap } => {
                let request = TokenRequest::Rotate { overlap: *overlap };
                Ok(Request::Token { connection: connection.clone(), request })
            }
            Self::Revoke { which, whose } => {
                let (connection, id) = match which.as_slice() {
                    [id] => (None, id),
                    [connection, id, ..] => (Some(connection.as_str()), id),
                    [] => return Err(wrong("name the token's id")),
                };
                let id: TokenId = id.parse().map_err(|_| wrong(&format!("`{id}` is not a token's id")))?;
                Ok(match meant(connection, whose)? {
                    Meant::Connection(connection) => {
                        Request::Token { connection, request: TokenRequest::Revoke { id } }
                    }
                    Meant::Access(holder) => {
                        Request::AccessToken { holder, request: AccessTokenRequest::Revoke { id } }
                    }
                })
            }
        }
    }
}

/// Whose tokens a command means.
enum Meant {
    Connection(String),
    Access(TokenHolder),
}

fn meant(connection: Option<&str>, whose: &Whose) -> Result<Meant, AdminError> {
    match (connection, whose.holder()) {
        (Some(connection), None) => Ok(Meant::Connection(connection.to_owned())),
        (None, Some(holder)) => Ok(Meant::Access(holder)),
        (Some(_), Some(_)) => Err(wrong("name a connection, or whose access tokens, not both")),
        (None, None) => {
            Err(wrong("name a connection, or whose access tokens: `--personal`, `--user`, `--organization`"))
        }
    }
}

fn wrong(text: &str) -> AdminError {
    AdminError::Wrong(text.to_owned())
}
