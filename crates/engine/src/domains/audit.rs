//! The domain audit: who has a confirmed address of a verified domain, and is no member (ORG-6).

use std::collections::BTreeSet;

use muster_model::{AccountId, AccountState, DomainState, Email, Membership, domain::Holder};
use muster_store::Conn;

use super::{find, holder};
use crate::{EngineError, Refusal};

/// Accounts read with one statement.
const SLICE: i64 = 500;
/// The most slices that one page reads: where nearly everybody is a member, a page may be short, and says how to go on.
const SLICES: usize = 20;

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Whose account.
    pub account: AccountId,
    /// The full name; empty if nobody said one.
    pub full_name: String,
    /// The username.
    pub username: String,
    /// The address.
    pub email: Option<Email>,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By the age of their accounts.
    pub people: Vec<Audited>,
    /// The account after which the next page begins; `None` after the last one.
    pub next: Option<AccountId>,
}

/// A page of those who have a confirmed address of a holder's verified domain and are members of none of its organizations,
/// after the account `after`. Whose account is from before the domain passed to this holder is not shown: it is the former
/// holder's (ORG-4, TEN-3).
///
/// # Errors
///
/// Refused for a domain that is not verified; as [`find`].
pub fn audit(
    conn: &mut Conn<'_>,
    holder: Holder,
    name: &str,
    after: AccountId,
    limit: usize,
) -> Result<Page, EngineError> {
    let domain = find(conn, holder, name)?.domain;
    if domain.state != DomainState::Verified {
        let text = format!("`{}` is not verified: nobody but its holder may see who has an address there", domain.name);
        return Err(Refusal::Invalid(text).into());
    }
    let organizations = holder::organizations(conn, holder)?;
    let passed = conn.domain_holding(&domain.name)?.and_then(|holding| holding.passed);
    let (mut people, mut after) = (Vec::new(), after);
    for _ in 0..SLICES {
        let slice = conn.accounts_of_domain(&domain.name, after, SLICE)?;
        let ids: Vec<AccountId> = slice.iter().map(|account| account.id).collect();
        let mut members = BTreeSet::new();
        for organization in organizations.iter().filter(|_| !ids.is_empty()) {
            let memberships = conn.memberships_in(*organization, &ids)?.into_iter();
            members.extend(memberships.filter(Membership::is_active).map(|membership| membership.account));
        }
        let is_last = ids.len() < usize::try_from(SLICE).unwrap_or(usize::MAX);
        for account in slice {
            if people.len() == limit {
                return Ok(Page { people, next: Some(after) });
            }
            after = account.id;
            let is_former_holders = passed.is_some_and(|passed| account.email_since < passed);
            let counts = account.email_confirmed && account.state == AccountState::Active && !is_former_holders;
            if counts && !members.contains(&account.id) {
                let (id, full_name, username) = (account.id, account.full_name, account.username);
                people.push(Audited { account: id, full_name, username, email: account.email });
            }
        }
        if is_last {
            return Ok(Page { people, next: None });
        }
    }
    Ok(Page { people, next: Some(after) })
}
