//! Lists of directory users and groups: pages by id, and candidates for a filter.
//!
//! SQL narrows by what is indexed, as a superset; the caller's evaluator decides about each candidate. So every filter
//! means the same on both engines, whose notions of letter case differ.

use std::ops::ControlFlow;

use muster_model::{ConnectionId, DirectoryGroup, DirectoryUser};
use uuid::Uuid;

use super::{directory_groups, directory_users};
use crate::{Conn, Row, StoreError, Val, vals};

/// The resources whose lists are read, in the order in which a list of both has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listed {
    /// Directory users.
    Users,
    /// Directory groups.
    Groups,
}

/// One indexed condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The id is this.
    Id(Uuid),
    /// `userName` or `displayName` is this, folded to lower case.
    Name(String),
    /// `userName` or `displayName` starts with this, folded to lower case.
    NamePrefix(String),
    /// `externalId` is this.
    ExternalId(String),
    /// One of `emails`, or the `userName`, is this, folded to lower case. Users only.
    Email(String),
    /// In this group (users), or naming this member (groups).
    Membership(Uuid),
}

/// Which resources may match a filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidates {
    /// Those for which one of these holds; `None` is all.
    pub any_of: Option<Vec<Key>>,
    /// Only users that are, or are not, active.
    pub active: Option<bool>,
}

impl Candidates {
    /// Whether there is at most one, whatever the directory holds.
    #[must_use]
    pub fn are_one(&self) -> bool {
        matches!(self.any_of.as_deref(), Some([Key::Id(_) | Key::Name(_)]))
    }

    /// Whether finding them reads few rows in any directory that means well: a few values that are unique there.
    #[must_use]
    pub fn are_few(&self) -> bool {
        let unique = |key: &Key| matches!(key, Key::Id(_) | Key::Name(_) | Key::Email(_) | Key::ExternalId(_));
        self.any_of.as_ref().is_some_and(|keys| keys.len() <= 10 && keys.iter().all(unique))
    }

    /// The conditions, and their values after `?1`, the connection.
    fn condition(&self, listed: Listed) -> (String, Vec<Val>) {
        let mut vals = Vec::new();
        let mut sql = String::new();
        if let Some(active) = self.active.filter(|_| listed == Listed::Users) {
            vals.push(active.into());
            sql.push_str(" AND active = ?2");
        }
        let Some(keys) = &self.any_of else { return (sql, vals) };
        let conditions: Vec<String> = keys.iter().map(|key| key.condition(listed, &mut vals)).collect();
        let any = if conditions.is_empty() { "1 = 0".to_owned() } else { conditions.join(" OR ") };
        (format!("{sql} AND ({any})"), vals)
    }
}

impl Key {
    fn condition(&self, listed: Listed, vals: &mut Vec<Val>) -> String {
        let name = match listed {
            Listed::Users => "user_name_key",
            Listed::Groups => "display_name_key",
        };
        let mut bind = |val: Val| {
            vals.push(val);
            format!("?{}", vals.len() + 1)
        };
        match self {
            Self::Id(id) => format!("id = {}", bind((*id).into())),
            Self::Name(key) => format!("{name} = {}", bind(key.into())),
            Self::NamePrefix(prefix) => match successor(prefix) {
                Some(next) => {
                    let (from, to) = (bind(prefix.into()), bind(next.into()));
                    format!("({name} >= {from} AND {name} < {to})")
                }
                None => "1 = 1".to_owned(),
            },
            Self::ExternalId(id) => format!("external_id = {}", bind(id.into())),
            Self::Email(key) if listed == Listed::Users => {
                let key = bind(key.into());
                format!(
                    "(user_name_key = {key} OR id IN (SELECT directory_user FROM directory_emails \
                     WHERE connection = ?1 AND value_key = {key}))"
                )
            }
            Self::Email(_) => "1 = 1".to_owned(),
            Self::Membership(id) => {
                let id = bind((*id).into());
                let (of, given) = match listed {
                    Listed::Users => ("member", "directory_group"),
                    Listed::Groups => ("directory_group", "member"),
                };
                format!("id IN (SELECT {of} FROM directory_group_members WHERE {given} = {id})")
            }
        }
    }
}

/// The least text that is greater than every text with this prefix, by code points; `None` when there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

impl Conn<'_> {
    /// Calls `visit` with the users after the id `after`, in order, at most `limit` of them, `skip` of them left out,
    /// until it breaks. What is left out is passed in the index alone, but one by one: keep `skip` small.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_users_page(
        &mut self,
        connection: ConnectionId,
        after: Uuid,
        skip: i64,
        limit: i64,
        mut visit: impl FnMut(DirectoryUser) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let columns = directory_users::COLUMNS;
        let sql = format!(
            "SELECT {columns} FROM directory_users WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3 OFFSET ?4"
        );
        self.visit(&sql, vals![connection, after, limit, skip], |row| Ok(visit(directory_users::directory_user(row)?)))
    }

    /// As [`Conn::directory_users_page`], of groups.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_groups_page(
        &mut self,
        connection: ConnectionId,
        after: Uuid,
        skip: i64,
        limit: i64,
        mut visit: impl FnMut(DirectoryGroup) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let columns = directory_groups::COLUMNS;
        let sql = format!(
            "SELECT {columns} FROM directory_groups WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3 OFFSET ?4"
        );
        self.visit(&sql, vals![connection, after, limit, skip], |row| {
            Ok(visit(directory_groups::directory_group(row)?))
        })
    }

    /// Calls `visit` with every id of a connection after `after`, in order.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each_directory_id(
        &mut self,
        connection: ConnectionId,
        listed: Listed,
        after: Uuid,
        visit: impl FnMut(Uuid) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each_candidate_id(connection, &Candidates::default(), listed, after, visit)
    }

    /// Calls `visit` with the id of each resource that may match, after the id `after` and in order.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn each_candidate_id(
        &mut self,
        connection: ConnectionId,
        candidates: &Candidates,
        listed: Listed,
        after: Uuid,
        mut visit: impl FnMut(Uuid) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each_candidate(connection, candidates, listed, after, "id", |row| Ok(visit(row.get(0)?)))
    }

    /// Calls `visit` with each user that may match, after the id `after` and in order.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each_directory_user(
        &mut self,
        connection: ConnectionId,
        candidates: &Candidates,
        after: Uuid,
        mut visit: impl FnMut(DirectoryUser) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.each_candidate(connection, candidates, Listed::Users, after, directory_users::COLUMNS, |row| {
            visit(directory_users::directory_user(row)?)
        })
    }

    /// Calls `visit` with each group that may match, after the id `after` and in order.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each_directory_group(
        &mut self,
        connection: ConnectionId,
        candidates: &Candidates,
        after: Uuid,
        mut visit: impl FnMut(DirectoryGroup) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.each_candidate(connection, candidates, Listed::Groups, after, directory_groups::COLUMNS, |row| {
            visit(directory_groups::directory_group(row)?)
        })
    }

    fn each_candidate(
        &mut self,
        connection: ConnectionId,
        candidates: &Candidates,
        listed: Listed,
        after: Uuid,
        columns: &str,
        visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let table = match listed {
            Listed::Users => "directory_users",
            Listed::Groups => "directory_groups",
        };
        let (mut condition, values) = candidates.condition(listed);
        let mut vals = vec![connection.into()];
        vals.extend(values);
        if !after.is_nil() {
            vals.push(after.into());
            condition.push_str(&format!(" AND id > ?{}", vals.len()));
        }
        let sql = format!("SELECT {columns} FROM {table} WHERE connection = ?1{condition} ORDER BY id");
        if candidates.are_one() { self.visit(&sql, vals, visit) } else { self.each(&sql, vals, visit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_range() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{D7FF}").as_deref(), Some("\u{E000}"), "surrogates are no characters");
        assert_eq!(successor(""), None);
    }

    #[test]
    fn no_keys_are_no_candidates() {
        let none = Candidates { any_of: Some(vec![]), active: Some(true) };
        assert_eq!(none.condition(Listed::Users).0, " AND active = ?2 AND (1 = 0)");
        let both = Candidates { any_of: Some(vec![Key::Name("a".into()), Key::ExternalId("b".into())]), active: None };
        assert_eq!(both.condition(Listed::Groups).0, " AND (display_name_key = ?2 OR external_id = ?3)");
    }
}
