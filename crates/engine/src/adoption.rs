//! Adoption (MIG-1): members whom the directory names but does not manage (SCIM-6), and taking them under management.

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, Connection, DirectoryUser, DirectoryUserId, Email, OrganizationId, Role, Source, Timestamp,
};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};

use crate::{
    EngineError, Env, Refusal,
    directory::{self, Documents},
    standing::Standing,
};

/// How many members one transaction adopts at most.
pub const AT_ONCE: usize = 10_000;

/// Directory users read with one statement.
const SLICE: i64 = 200;

/// A page of members who could be adopted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Who; all of one directory user are on one page.
    pub candidates: Vec<Candidate>,
    /// Where the next page goes on; `None` when this is the last one.
    pub next: Option<DirectoryUserId>,
}

/// A membership that a connection's directory has found, and does not manage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The person's SCIM user.
    pub user: DirectoryUserId,
    /// The person's account.
    pub account: AccountId,
    /// Its email.
    pub email: Option<Email>,
    /// Its username.
    pub username: String,
    /// Where.
    pub organization: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
    /// The role there.
    pub role: Role,
    /// What the membership rests on now.
    pub sources: Vec<Source>,
    /// Since when the person is in.
    #[serde(with = "muster_model::time::text")]
    pub joined: Timestamp,
    /// Whether the directory has the person active: adopting somebody whom it has not ends the membership.
    pub active: bool,
    /// What stands in the way.
    pub hindrance: Option<Hindrance>,
}

/// Why a membership is not adopted in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hindrance {
    /// Owners are adopted only when named singly.
    Owner,
    /// The directory has the person inactive: adopting ends the membership, so it takes being named.
    Inactive,
    /// The directory places the person elsewhere; what it does not say, it cannot manage.
    Elsewhere,
}

impl Hindrance {
    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Owner => "an owner: name it singly",
            Self::Inactive => "inactive in the directory: adopting ends the membership; name it to do so",
            Self::Elsewhere => "the directory places this person elsewhere",
        }
    }
}

/// One membership to adopt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The person's SCIM user.
    pub user: DirectoryUserId,
    /// Where.
    pub organization: OrganizationId,
    /// An owner, named singly.
    pub owner: bool,
}

/// The members whom a connection names and does not manage, by directory user: those of at most `limit` users after
/// `after`, in one organization or in all that the connection covers.
///
/// # Errors
///
/// The store's.
pub fn candidates(
    conn: &mut Conn<'_>,
    connection: &Connection,
    documents: &dyn Documents,
    organization: Option<OrganizationId>,
    after: DirectoryUserId,
    limit: usize,
) -> Result<Page, EngineError> {
    let mut page = Page { candidates: Vec::new(), next: None };
    let (mut after, mut people) = (after, 0);
    loop {
        let users = conn.directory_users_after(connection.id, after, SLICE)?;
        let mut found = of_users(conn, connection, documents, organization, &users)?;
        for user in &users {
            if let Some(candidates) = found.remove(&user.id) {
                if people == limit {
                    page.next = Some(after);
                    return Ok(page);
                }
                people += 1;
                page.candidates.extend(candidates);
            }
            after = user.id;
        }
        if i64::try_from(users.len()).unwrap_or(i64::MAX) < SLICE {
            return Ok(page);
        }
    }
}

/// The memberships of people named by address.
///
/// # Errors
///
/// Refused for an address whose person the directory has not pushed, or whose memberships it manages already; the
/// store's.
pub fn named(
    conn: &mut Conn<'_>,
    connection: &Connection,
    documents: &dyn Documents,
    organization: Option<OrganizationId>,
    emails: &[Email],
) -> Result<Vec<Candidate>, EngineError> {
    let mut all = Vec::new();
    for email in emails {
        let account = conn.account_by_email(email)?.ok_or_else(|| EngineError::not_found("account", email))?;
        let users: Vec<DirectoryUser> =
            conn.directory_users_of(account.id)?.into_iter().filter(|user| user.connection == connection.id).collect();
        let name = &connection.name;
        if users.is_empty() {
            let text = format!("`{email}`: the directory of connection `{name}` has not pushed this person yet");
            return Err(Refusal::Invalid(text).into());
        }
        let found: Vec<Candidate> =
            of_users(conn, connection, documents, organization, &users)?.into_values().flatten().collect();
        if found.is_empty() {
            let text = format!("`{email}`: has no membership there that connection `{name}` does not manage already");
            return Err(Refusal::Invalid(text).into());
        }
        all.extend(found);
    }
    Ok(all)
}

/// Memberships that were pointed at, each by its SCIM user and organization.
///
/// # Errors
///
/// Refused for one that is none to adopt (any more); the store's.
pub fn pointed_at(
    conn: &mut Conn<'_>,
    connection: &Connection,
    documents: &dyn Documents,
    places: &[(DirectoryUserId, OrganizationId)],
) -> Result<Vec<Candidate>, EngineError> {
    let mut all = Vec::with_capacity(places.len());
    for (id, organization) in places {
        let user = conn.directory_user(connection.id, *id)?;
        let user = user.ok_or_else(|| EngineError::not_found("SCIM user", id))?;
        let found = of_users(conn, connection, documents, Some(*organization), std::slice::from_ref(&user))?;
        let Some(candidate) = found.into_values().flatten().next() else {
            let text = format!(
                "`{}`: has no membership there (any more) that connection `{}` does not manage already",
                user.user_name, connection.name
            );
            return Err(Refusal::Invalid(text).into());
        };
        all.push(candidate);
    }
    Ok(all)
}

fn of_users(
    conn: &mut Conn<'_>,
    connection: &Connection,
    documents: &dyn Documents,
    organization: Option<OrganizationId>,
    users: &[DirectoryUser],
) -> Result<BTreeMap<DirectoryUserId, Vec<Candidate>>, EngineError> {
    let ids: Vec<AccountId> = users.iter().filter_map(|user| user.account).collect();
    let accounts: BTreeMap<AccountId, Account> =
        conn.accounts(&ids)?.into_iter().map(|account| (account.id, account)).collect();
    let mut found: BTreeMap<DirectoryUserId, Vec<Candidate>> = BTreeMap::new();
    for covered in &connection.organizations {
        if organization.is_some_and(|only| only != covered.id) {
            continue;
        }
        let mut standings = Standing::load_in(conn, covered.id, &ids)?;
        for user in users {
            let Some(account) = user.account.and_then(|id| accounts.get(&id)) else { continue };
            let Some(standing) = standings.remove(&account.id) else { continue };
            if !standing.is_active() || standing.managed_by(connection.id).is_some() {
                continue;
            }
            let Some(membership) = standing.membership() else { continue };
            let said = documents.statement(user)?;
            let mut sources: Vec<Source> = standing.awake().map(|grant| grant.source).collect();
            sources.sort();
            sources.dedup();
            found.entry(user.id).or_default().push(Candidate {
                user: user.id,
                account: account.id,
                email: account.email.clone(),
                username: account.username.clone(),
                organization: covered.id,
                organization_name: covered.name.clone(),
                role: membership.role,
                sources,
                joined: membership.joined,
                active: user.active,
                hindrance: if directory::placed(connection, &said, &standing).is_none() {
                    Some(Hindrance::Elsewhere)
                } else if membership.is_owner() {
                    Some(Hindrance::Owner)
                } else {
                    (!user.active).then_some(Hindrance::Inactive)
                },
            });
        }
    }
    Ok(found)
}

/// Adopts at most [`AT_ONCE`] members. Answers how many there were to adopt; who has gone or is managed meanwhile is
/// none.
///
/// # Errors
///
/// Refused for too many; what a push would be refused for; the store's.
pub fn adopt(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    documents: &dyn Documents,
    picks: &[Pick],
) -> Result<usize, EngineError> {
    if picks.len() > AT_ONCE {
        let text = format!("at most {AT_ONCE} members are adopted at once, not {}: adopt them in batches", picks.len());
        return Err(Refusal::Invalid(text).into());
    }
    directory::require_scim(connection)?;
    let mut adopted = 0;
    for pick in picks {
        let Some(user) = tx.directory_user(connection.id, pick.user)? else { continue };
        let said = documents.statement(&user)?;
        let done = directory::adopt(tx, env, connection, &user, &said, pick.organization, pick.owner)?;
        adopted += usize::from(done);
    }
    Ok(adopted)
}
