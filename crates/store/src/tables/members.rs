//! Lists of an organization's members, from wherever a page begins at the same cost.
//!
//! A member is whoever takes a seat: `active`, or `kept` (ORG-1).

use muster_model::{AccountId, Membership, OrganizationId, Role, Timestamp};

use super::{
    Counter, beyond,
    memberships::{COLUMNS, membership},
    pad, placeholders,
};
use crate::{Conn, StoreError, Val, vals};

/// By what a member is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKey {
    /// The username.
    Username,
    /// The confirmed address; those that are found by their username as well are passed over.
    Address,
}

/// A search for members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberSearch<'s> {
    /// What is looked at.
    pub key: MemberKey,
    /// What it begins with, in lower case.
    pub prefix: &'s str,
    /// Those with this role, if one is given.
    pub role: Option<Role>,
}

/// At most so many matches of a search are counted.
pub const MEMBERS_COUNTED: i64 = 1_000;

/// Organizations with at most so many members are searched member by member, larger ones match by match.
const SMALL: i64 = 1_000;

const TAKES_SEAT: &str = "m.state IN ('active', 'kept')";
/// Said in so many words, so that the index of the few is used.
const FEW: &str = "m.role <> 'member' AND m.role";

impl Conn<'_> {
    /// A page of members after `after`, by account; those with a role, if one is given.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn members_page(
        &mut self,
        organization: OrganizationId,
        role: Option<Role>,
        after: AccountId,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let mut vals = vals![organization, after, limit, skip].to_vec();
        let which = role.map(|role| {
            vals.push(Val::from(role.as_str()));
            let which = if role == Role::Member { "m.role" } else { FEW };
            format!("AND {which} = ?5")
        });
        let sql = format!(
            "SELECT {} FROM memberships m WHERE m.organization = ?1 AND m.account > ?2 AND {TAKES_SEAT} {} \
             ORDER BY m.account LIMIT ?3 OFFSET ?4",
            columns(),
            which.unwrap_or_default()
        );
        self.query(&sql, vals, membership)
    }

    /// How many members there are; with a role, if one is given.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn members_count(&mut self, organization: OrganizationId, role: Option<Role>) -> Result<i64, StoreError> {
        let all = self.count(organization.0, Counter::Members)?;
        let Some(role) = role else { return Ok(all) };
        let few = "SELECT count(*) FROM memberships m WHERE m.organization = ?1 AND m.role <> 'member'";
        if role == Role::Member {
            let others: i64 = self.one(&format!("{few} AND {TAKES_SEAT}"), vals![organization], |row| row.get(0))?;
            return Ok(all - others);
        }
        self.one(&format!("{few} AND m.role = ?2 AND {TAKES_SEAT}"), vals![organization, role.as_str()], |row| {
            row.get(0)
        })
    }

    /// A page of the members that a search finds after `after`, by what is looked at.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn members_found(
        &mut self,
        organization: OrganizationId,
        search: MemberSearch<'_>,
        after: &str,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let (from, key) = (self.found(organization)?, search.key.column());
        let sql = format!(
            "SELECT {} FROM {from} {} AND a.{key} > ?5 ORDER BY a.{key} LIMIT ?6 OFFSET ?7",
            columns(),
            search.key.matches()
        );
        let (role, end) = (search.role.map(Role::as_str), beyond(search.prefix));
        let vals = vals![organization, search.prefix, end, role, after, limit, skip];
        self.query(&sql, vals, membership)
    }

    /// How many members a search finds; at most [`MEMBERS_COUNTED`] are counted.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn members_found_count(
        &mut self,
        organization: OrganizationId,
        search: MemberSearch<'_>,
    ) -> Result<i64, StoreError> {
        let from = self.found(organization)?;
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} {} LIMIT ?5) found", search.key.matches());
        let (role, end) = (search.role.map(Role::as_str), beyond(search.prefix));
        let vals = vals![organization, search.prefix, end, role, MEMBERS_COUNTED];
        self.one(&sql, vals, |row| row.get(0))
    }

    /// Accounts and memberships in the order in which they are read: an explicit `CROSS JOIN` keeps SQLite to it.
    fn found(&mut self, organization: OrganizationId) -> Result<&'static str, StoreError> {
        let is_small = self.count(organization.0, Counter::Members)? <= SMALL;
        Ok(if is_small { "memberships m CROSS JOIN accounts a" } else { "accounts a CROSS JOIN memberships m" })
    }

    /// When these accounts first and last signed in through connections that cover an organization, by account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sign_ins_in(
        &mut self,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, Timestamp, Timestamp)>, StoreError> {
        let mut vals = vec![organization.into()];
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        // As elsewhere, from the accounts on: the other way reads everybody whom the connections know.
        let sql = format!(
            "SELECT s.account, min(s.created), max(s.last_used) FROM subjects s CROSS JOIN connection_organizations c \
             WHERE s.account IN {} AND c.connection = s.connection AND c.organization = ?1 GROUP BY s.account ORDER BY s.account",
            placeholders(2, accounts.len())
        );
        self.query(&sql, vals, |row| Ok((AccountId(row.get(0)?), Timestamp(row.get(1)?), Timestamp(row.get(2)?))))
    }
}

impl MemberKey {
    fn column(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Address => "email_key",
        }
    }

    fn matches(self) -> String {
        let of = format!(
            "WHERE m.account = a.id AND m.organization = ?1 AND {TAKES_SEAT} \
             AND m.role = coalesce(?4, m.role)"
        );
        match self {
            Self::Username => format!("{of} AND a.username >= ?2 AND a.username < ?3"),
            Self::Address => format!(
                "{of} AND a.email_key >= ?2 AND a.email_key < ?3 AND a.email_confirmed \
                 AND NOT (a.username >= ?2 AND a.username < ?3)"
            ),
        }
    }
}

fn columns() -> String {
    COLUMNS.split(',').map(|column| format!("m.{}", column.trim())).collect::<Vec<_>>().join(", ")
}
