//! Teams, under every name they have had.

use muster_model::{OrganizationId, Team, TeamId, Timestamp};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "t.id, t.organization, t.name, t.number, t.ended, t.version";

fn team(row: &Row<'_>) -> Result<Team, StoreError> {
    Ok(Team {
        id: TeamId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        name: row.get(2)?,
        number: row.get(3)?,
        ended: row.get::<Option<i64>>(4)?.map(Timestamp),
        version: row.get(5)?,
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
             VALUES (?1, ?2, ?3, '', ?4, ?5, NULL, ?6)",
            vals![team.id, team.organization, &team.name, team.number, at, team.version],
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
            "UPDATE teams SET name = ?3, ended = ?4, version = ?5 WHERE id = ?2 AND organization = ?1 AND version = ?6",
            vals![team.organization, team.id, &team.name, team.ended, team.version, team.version - 1],
            Expect::One,
        )
    }
}
