//! Grants. A team or connection that there is not is the zero id, so that the primary key holds every reason once.

use muster_model::{
    AccountId, Actor, ConnectionId, Grant, GrantId, OrganizationId, RequestId, Rule, TeamId, Timestamp, grant::Origin,
};
use uuid::Uuid;

use super::{Counter, pad, placeholders, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "grants";
const COLUMNS: &str = "account, organization, team, source, connection, origin_kind, origin, id, rule, actor_kind, \
                       actor, request, given, asleep, version";
const KEY: &str = "account = ?1 AND organization = ?2 AND team = ?3 AND source = ?4 AND connection = ?5 \
                   AND origin_kind = ?6 AND origin = ?7";

fn grant(row: &Row<'_>) -> Result<Grant, StoreError> {
    let (kind, origin): (i64, Uuid) = (row.get(5)?, row.get(6)?);
    let some = |id: Uuid| if id.is_nil() { None } else { Some(id) };
    Ok(Grant {
        account: AccountId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        team: some(row.get(2)?).map(TeamId),
        source: word(row, 3, TABLE, |text| text.parse().ok())?,
        connection: some(row.get(4)?).map(ConnectionId),
        origin: Origin::from_columns(kind, origin)
            .ok_or_else(|| StoreError::Corrupt { table: TABLE, key: origin.to_string() })?,
        id: GrantId(row.get(7)?),
        rule: word(row, 8, TABLE, |text| text.parse::<Rule>().ok())?,
        actor: Actor::from_parts(&row.get::<String>(9)?, row.get(10)?),
        request: row.get::<Option<Uuid>>(11)?.map(RequestId),
        given: Timestamp(row.get(12)?),
        asleep: row.get(13)?,
        version: row.get(14)?,
    })
}

impl Conn<'_> {
    /// All grants of an account, asleep ones too, by organization.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn grants_of(&mut self, account: AccountId) -> Result<Vec<Grant>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM grants WHERE account = ?1 ORDER BY organization, team, source");
        self.query(&sql, vals![account], grant)
    }

    /// The grants of several accounts in one organization.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn grants_in(
        &mut self,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<Vec<Grant>, StoreError> {
        let mut vals = vec![organization.into()];
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT {COLUMNS} FROM grants WHERE account IN {} AND organization = ?1 ORDER BY account, team, source",
            placeholders(2, accounts.len())
        );
        self.query(&sql, vals, grant)
    }

    /// A page of the accounts after `after` that a connection's directory names, or to whom it gave a grant, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts_of_connection(
        &mut self,
        connection: ConnectionId,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.query(
            "SELECT account FROM directory_users WHERE connection = ?1 AND account > ?2 \
             UNION SELECT account FROM grants WHERE connection = ?1 AND account > ?2 ORDER BY account LIMIT ?3",
            vals![connection, after, limit],
            |row| Ok(AccountId(row.get(0)?)),
        )
    }

    /// Accounts after `after` to which a connection's directory gives something without having a user for them, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts_without_directory_user(
        &mut self,
        connection: ConnectionId,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.query(
            "SELECT DISTINCT g.account FROM grants g WHERE g.connection = ?1 AND g.source = 'scim' AND g.account > ?2 \
             AND NOT EXISTS (SELECT 1 FROM directory_users u WHERE u.account = g.account AND u.connection = ?1) \
             ORDER BY g.account LIMIT ?3",
            vals![connection, after, limit],
            |row| Ok(AccountId(row.get(0)?)),
        )
    }

    /// The accounts of a team's members after `after`, by id, without the first `skip` of them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_members(
        &mut self,
        team: TeamId,
        after: AccountId,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.query(
            "SELECT DISTINCT g.account FROM grants g \
             JOIN memberships m ON m.account = g.account AND m.organization = g.organization AND m.state = 'active' \
             WHERE g.team = ?1 AND NOT g.asleep AND g.account > ?2 ORDER BY g.account LIMIT ?3 OFFSET ?4",
            vals![team, after, limit, skip],
            |row| Ok(AccountId(row.get(0)?)),
        )
    }

    /// Accounts that have a grant for a team, asleep or not, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_grant_holders(&mut self, team: TeamId, limit: i64) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT DISTINCT account FROM grants WHERE team = ?1 ORDER BY account LIMIT ?2";
        self.query(sql, vals![team, limit], |row| Ok(AccountId(row.get(0)?)))
    }

    /// How many members a team has, as it is counted with every change.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_size(&mut self, team: TeamId) -> Result<i64, StoreError> {
        self.count(team.0, Counter::TeamMembers)
    }

    /// How many members a team has, counted one by one; for tests.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_members_counted(&mut self, team: TeamId) -> Result<i64, StoreError> {
        let sql = "SELECT count(DISTINCT g.account) FROM grants g \
                   JOIN memberships m ON m.account = g.account AND m.organization = g.organization \
                   AND m.state = 'active' WHERE g.team = ?1 AND NOT g.asleep";
        self.one(sql, vals![team], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Adds a grant.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if that reason is given already.
    pub fn insert_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let (kind, origin) = grant.origin.columns();
        self.put(
            "INSERT INTO grants (account, organization, team, source, connection, origin_kind, origin, id, rule, \
             actor_kind, actor, request, given, asleep, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            vals![
                grant.account,
                grant.organization,
                zero(grant.team),
                grant.source.as_str(),
                zero(grant.connection),
                kind,
                origin,
                grant.id,
                grant.rule.id(),
                grant.actor.kind(),
                grant.actor.id(),
                grant.request,
                grant.given,
                grant.asleep,
                grant.version,
            ],
            Expect::Any,
        )
    }

    /// Puts a grant to sleep or wakes it; its version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is gone or changed meanwhile.
    pub fn update_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let (kind, origin) = grant.origin.columns();
        self.put(
            &format!("UPDATE grants SET asleep = ?8, version = ?9 WHERE {KEY} AND version = ?10"),
            vals![
                grant.account,
                grant.organization,
                zero(grant.team),
                grant.source.as_str(),
                zero(grant.connection),
                kind,
                origin,
                grant.asleep,
                grant.version,
                grant.version - 1,
            ],
            Expect::One,
        )
    }

    /// Ends a grant.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is gone already.
    pub fn delete_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let (kind, origin) = grant.origin.columns();
        self.put(
            &format!("DELETE FROM grants WHERE {KEY}"),
            vals![
                grant.account,
                grant.organization,
                zero(grant.team),
                grant.source.as_str(),
                zero(grant.connection),
                kind,
                origin,
            ],
            Expect::One,
        )
    }
}

/// The id, or zero for none.
fn zero(id: Option<impl Into<Uuid>>) -> Uuid {
    id.map_or(Uuid::nil(), Into::into)
}
