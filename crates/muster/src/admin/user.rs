//! People: who somebody is, what they have besides a password, and erasing them (ACC-2).

use muster_engine::{
    EngineError,
    credentials::factors,
    erasure::{self, Erasure, Progress},
};
use muster_model::{Account, AccountId, AccountState, Actor, Factor, Timestamp};
use muster_store::{Conn, Database};
use serde::{Deserialize, Serialize};

use super::{AdminError, Answer, Application, Installation, named};

/// What about people.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserRequest {
    /// Who is this?
    Find {
        /// An email or an account's id.
        who: String,
    },
    /// All of them, a page at a time.
    List {
        /// Only those whose username or address begins with this; then there is one page.
        #[serde(default)]
        search: Option<String>,
        /// The account after which the page begins.
        after: Option<String>,
        /// How many a page holds at most.
        limit: u32,
    },
    /// One of them.
    Show {
        /// An email, a username or an account's id.
        who: String,
    },
    /// Erase somebody.
    Erase {
        /// Whose account.
        account: AccountId,
    },
    /// What somebody has besides a password.
    Factors {
        /// An email or an account's id.
        who: String,
        /// Remove it all.
        reset: bool,
    },
    /// Who was erased, and how far that is.
    Erasures {
        /// How many are shown at most.
        limit: u32,
    },
}

/// Somebody, before an erasure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) email: Option<String>,
    pub(crate) username: String,
    pub(crate) full_name: String,
    /// Organizations and roles.
    pub(crate) memberships: Vec<String>,
}

/// Accounts, by id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<AccountLine>,
    /// What to go on after, if there are more.
    pub(crate) next: Option<String>,
}

/// One account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountLine {
    #[serde(flatten)]
    pub(crate) person: Person,
    /// Whether the email is known to be the person's (ACC-1).
    pub(crate) email_confirmed: bool,
    /// `active` or `disabled`; `erased` where only the id remains.
    pub(crate) state: String,
    pub(crate) created: String,
}

/// What somebody has besides a password, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Factors {
    pub(crate) account: AccountId,
    pub(crate) factors: Vec<FactorLine>,
    /// Whether they were removed just now.
    pub(crate) reset: bool,
}

/// An authenticator app, recovery codes or a passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FactorLine {
    /// `totp`, `recovery` or `passkey`.
    pub(crate) kind: String,
    /// What the person calls it.
    pub(crate) name: String,
    pub(crate) set_up: String,
    pub(crate) last_used: Option<String>,
    /// Of recovery codes, how many are left.
    pub(crate) left: Option<u32>,
}

/// Erasures, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Erasures {
    pub(crate) erasures: Vec<ErasureLine>,
    /// How many of all cannot go on until a data key is back.
    pub(crate) stuck: u64,
}

/// One erasure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ErasureLine {
    pub(crate) account: AccountId,
    /// `erasing` while records of others are searched, `stuck` while that cannot go on, `erased` when nothing is left.
    pub(crate) state: String,
    pub(crate) begun: String,
    pub(crate) done: Option<String>,
    /// How far it is.
    pub(crate) stage: String,
    /// When it goes on, while it waits for what was being written.
    pub(crate) goes_on: Option<String>,
}

pub(super) fn run(installation: &Installation, request: UserRequest) -> Result<Answer, AdminError> {
    match request {
        UserRequest::Find { who } => find(installation, &who).map(Answer::Person),
        UserRequest::List { search: Some(search), limit, .. } => {
            found(installation, &search, limit).map(Answer::Accounts)
        }
        UserRequest::List { search: None, after, limit } => {
            all(installation, after.as_deref(), limit).map(Answer::Accounts)
        }
        UserRequest::Show { who } => {
            let account = named::account(installation, &who)?;
            let line = move |conn: &mut Conn<'_>| account_line(conn, account.clone());
            let line = installation.store.snapshot_blocking::<_, EngineError, _>(line)?;
            Ok(Answer::Accounts(Accounts { accounts: vec![line], next: None }))
        }
        UserRequest::Factors { who, reset } => factors(installation, &who, reset).map(Answer::Factors),
        UserRequest::Erase { account } => erase(installation, account).map(Answer::Erasures),
        UserRequest::Erasures { limit } => {
            let erasures = list(installation, i64::from(limit))?;
            Ok(Answer::Erasures(Erasures {
                erasures: erasures.iter().map(|erasure| line(erasure, None)).collect(),
                stuck: installation.store.read_blocking(erasure::stuck)?,
            }))
        }
    }
}

pub(super) fn find(installation: &Installation, who: &str) -> Result<Person, AdminError> {
    let wanted = who.trim().to_owned();
    let id = wanted.parse::<AccountId>().ok();
    let email = if id.is_none() && wanted.contains('@') { Some(named::email(&wanted)?) } else { None };
    let found = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        let account = match (id, &email) {
            (Some(id), _) => conn.account(id)?,
            (None, Some(email)) => conn.account_by_email(email)?,
            (None, None) => conn.account_by_username(&wanted.to_lowercase())?,
        };
        let account = account.filter(|account| account.state != AccountState::Erased);
        account.map(|account| person(conn, account)).transpose()
    })?;
    found.ok_or_else(|| AdminError::Missing {
        kind: "account",
        name: who.to_owned(),
        hint: "name an email, a username or an account's id; `muster user erasures` lists who was erased".to_owned(),
    })
}

fn all(installation: &Installation, after: Option<&str>, limit: u32) -> Result<Accounts, AdminError> {
    let after = named::after(after)?;
    let accounts = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        let page = conn.all_accounts(after, i64::from(limit))?.into_iter();
        page.map(|account| account_line(conn, account)).collect::<Result<Vec<_>, _>>()
    })?;
    let is_full = u32::try_from(accounts.len()).is_ok_and(|count| count == limit);
    let next = accounts.last().filter(|_| is_full).map(|last| last.person.account.to_string());
    Ok(Accounts { accounts, next })
}

fn found(installation: &Installation, search: &str, limit: u32) -> Result<Accounts, AdminError> {
    let prefix = search.trim().to_lowercase();
    let accounts = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        let found = conn.accounts_found(&prefix, i64::from(limit))?.into_iter();
        let some = found.take(usize::try_from(limit).unwrap_or(usize::MAX));
        some.map(|account| account_line(conn, account)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(Accounts { accounts, next: None })
}

fn account_line(conn: &mut Conn<'_>, account: Account) -> Result<AccountLine, EngineError> {
    let (email_confirmed, state) = (account.email_confirmed, account.state.as_str().to_owned());
    let created = account.created.to_string();
    Ok(AccountLine { person: person(conn, account)?, email_confirmed, state, created })
}

fn person(conn: &mut Conn<'_>, account: Account) -> Result<Person, EngineError> {
    let mut memberships = Vec::new();
    for membership in conn.memberships_of(account.id)?.iter().filter(|membership| membership.is_active()) {
        if let Some(organization) = conn.organization(membership.organization)? {
            memberships.push(format!("{} ({})", organization.name, membership.role.as_str()));
        }
    }
    Ok(Person {
        account: account.id,
        email: account.email.map(|email| email.to_string()),
        username: account.username,
        full_name: account.full_name,
        memberships,
    })
}

fn factors(installation: &Installation, who: &str, reset: bool) -> Result<Factors, AdminError> {
    let account = find(installation, who)?.account;
    let factors = if reset {
        installation.with_app(async |app| app.reset_factors(account).await)??
    } else {
        installation.store.read_blocking(move |conn| factors::list(conn, account))?
    };
    let line = |factor: &Factor| FactorLine {
        kind: factor.kind.as_str().to_owned(),
        name: if factor.label.is_empty() { factor.kind.name().to_owned() } else { factor.label.clone() },
        set_up: factor.created.to_string(),
        last_used: factor.last_used.map(|at| at.to_string()),
        left: factor.left,
    };
    Ok(Factors { account, factors: factors.iter().map(line).collect(), reset })
}

/// Ends the account, and does what can be done at once of the rest. A server goes on by itself.
fn erase(installation: &Installation, account: AccountId) -> Result<Erasures, AdminError> {
    // Whoever holds the embedded database without being a server is the only one who writes.
    let alone = match &installation.application {
        Application::Serving(_) => false,
        Application::Closed(config) => matches!(config.database(), Database::Sqlite { .. }),
    };
    let (id, goes_on) = installation.with_app(async |app| {
        let erasure = app.erase(account, Actor::Operator).await?;
        let goes_on = loop {
            match app.erase_slice(erasure.id, alone).await? {
                Progress::More => {}
                Progress::Until(at) | Progress::Unopened(at) => break Some(at),
                Progress::Done => break None,
            }
        };
        Ok::<_, muster_http::HttpError>((erasure.id, goes_on))
    })??;
    let erasures = list(installation, 1_000)?;
    let erasures = erasures.iter().filter(|erasure| erasure.id == id);
    let erasures = erasures.map(|erasure| line(erasure, goes_on)).collect();
    Ok(Erasures { erasures, stuck: installation.store.read_blocking(erasure::stuck)? })
}

fn list(installation: &Installation, limit: i64) -> Result<Vec<Erasure>, AdminError> {
    Ok(installation.store.read_blocking(move |conn| erasure::list(conn, limit))?)
}

fn line(erasure: &Erasure, goes_on: Option<Timestamp>) -> ErasureLine {
    ErasureLine {
        account: erasure.account,
        state: match (erasure.done, erasure.is_stuck) {
            (Some(_), _) => "erased",
            (None, true) => "stuck",
            (None, false) => "erasing",
        }
        .to_owned(),
        begun: erasure.begun.to_string(),
        done: erasure.done.map(|at| at.to_string()),
        stage: erasure.stage.to_owned(),
        goes_on: goes_on.map(|at| at.to_string()),
    }
}
