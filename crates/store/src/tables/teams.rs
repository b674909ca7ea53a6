//! Teams, under every name they have had.

use muster_model::{AccountId, OrganizationId, Team, TeamId, Timestamp};

use super::{beyond, pad, placeholders};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "t.id, t.organization, t.name, t.number, t.ended, t.version, t.description";

fn team(row: &Row<'_>) -> Result<Team, StoreError> {
    Ok(Team {
        id: TeamId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        name: row.get(2)?,
        number: row.get(3)?,
        ended: row.get::<Option<i64>>(4)?.map(Timestamp),
        version: row.get(5)?,
        description: row.get(6)?,
    })
}

impl Conn<'_> {
    /// The team that has, or had, this name (GRP-5); a deleted one too.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_by_name(&mut self, organization: OrganizationId, name: &str) -> Result<Option<Team>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM team_names n JOIN teams t ON t.id = n.team WHERE n.organization = ?1 AND n.name = ?2"
        );
        self.opt(&sql, vals![organization, name], team)
    }

    /// A team of this organization.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team(&mut self, organization: OrganizationId, id: TeamId) -> Result<Option<Team>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM teams t WHERE t.id = ?2 AND t.organization = ?1");
        self.opt(&sql, vals![organization, id], team)
    }

    /// What a team is called, as `organization:team`; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_name(&mut self, id: TeamId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT o.name || ':' || t.name FROM teams t JOIN organizations o ON o.id = t.organization \
                   WHERE t.id = ?1";
        self.opt(sql, vals![id], |row| row.get(0))
    }

    /// The teams of an organization that are alive, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams(&mut self, organization: OrganizationId) -> Result<Vec<Team>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM teams t WHERE t.organization = ?1 AND t.ended IS NULL ORDER BY t.name");
        self.query(&sql, vals![organization], team)
    }

    /// A page of the teams of an organization that are alive and whose names begin with `prefix`, by name, from `after` on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams_page(
        &mut self,
        organization: OrganizationId,
        prefix: &str,
        after: &str,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<Team>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM team_names n JOIN teams t ON t.id = n.team AND t.name = n.name \
             WHERE n.organization = ?1 AND n.name > ?2 AND n.name >= ?3 AND n.name < ?4 AND t.ended IS NULL \
             ORDER BY n.name LIMIT ?5 OFFSET ?6"
        );
        let vals = vals![organization, after, prefix, beyond(prefix), limit, skip];
        self.query(&sql, vals, team)
    }

    /// How many of an organization's teams are alive and have names that begin with `prefix`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams_count(&mut self, organization: OrganizationId, prefix: &str) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM teams WHERE organization = ?1 AND name >= ?2 AND name < ?3 AND ended IS NULL";
        self.one(sql, vals![organization, prefix, beyond(prefix)], |row| row.get(0))
    }

    /// The teams in which somebody is in an organization, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams_of(&mut self, organization: OrganizationId, account: AccountId) -> Result<Vec<Team>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT {COLUMNS} FROM grants g JOIN teams t ON t.id = g.team \
             WHERE g.account = ?2 AND g.organization = ?1 AND NOT g.asleep AND t.ended IS NULL ORDER BY t.name"
        );
        self.query(&sql, vals![organization, account], team)
    }

    /// The names of the teams in which these accounts are in an organization, by account and name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn team_names_of(
        &mut self,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, String)>, StoreError> {
        let mut vals = vec![organization.into()];
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT DISTINCT g.account, t.name FROM grants g JOIN teams t ON t.id = g.team \
             WHERE g.organization = ?1 AND g.account IN {} AND NOT g.asleep AND t.ended IS NULL \
             ORDER BY g.account, t.name",
            placeholders(2, accounts.len())
        );
        self.query(&sql, vals, |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
    }

    /// Every team of an organization, deleted ones too, by number.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams_ever(&mut self, organization: OrganizationId) -> Result<Vec<Team>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM teams t WHERE t.organization = ?1 ORDER BY t.number");
        self.query(&sql, vals![organization], team)
    }
}

impl Tx<'_> {
    /// The next number for a team of this organization. Holds the organization's row.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn next_team_number(&mut self, organization: OrganizationId) -> Result<i64, StoreError> {
        let sql = "UPDATE organizations SET next_team = next_team + 1 WHERE id = ?1 RETURNING next_team - 1";
        let numbers = self.query_returning(sql, vals![organization], |row| row.get(0))?;
        numbers.first().copied().ok_or(StoreError::Stale)
    }

    /// Adds a team under its name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if a team of this organization has or had the name.
    pub fn insert_team(&mut self, team: &Team, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO teams (id, organization, name, description, number, created, ended, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)",
            vals![team.id, team.organization, &team.name, &team.description, team.number, at, team.version],
            Expect::Any,
        )?;
        self.insert_team_name(team)
    }

    /// Gives a team its present name for ever.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if another team of this organization has or had it.
    pub fn insert_team_name(&mut self, team: &Team) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO team_names (organization, name, team) VALUES (?1, ?2, ?3)",
            vals![team.organization, &team.name, team.id],
            Expect::Any,
        )
    }

    /// Stores a team whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_team(&mut self, team: &Team) -> Result<(), StoreError> {
        self.put(
            "UPDATE teams SET name = ?3, description = ?4, ended = ?5, version = ?6 \
             WHERE id = ?2 AND organization = ?1 AND version = ?7",
            vals![
                team.organization,
                team.id,
                &team.name,
                &team.description,
                team.ended,
                team.version,
                team.version - 1,
            ],
            Expect::One,
        )
    }
}
