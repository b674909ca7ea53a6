//! What ended within the hour (MIG-3): one row for each organization, held by whoever adds to it.

use muster_model::{
    OrganizationId,
    guard::{EndingWindow, Endings},
};

use super::{from_json, json};
use crate::{Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "ending_windows";
const COLUMNS: &str = "minute, population, memberships, team_grants, earlier, lifts";

fn window(row: &Row<'_>) -> Result<EndingWindow, StoreError> {
    Ok(EndingWindow {
        minute: row.get(0)?,
        population: row.get(1)?,
        endings: Endings { memberships: row.get(2)?, team_grants: row.get(3)? },
        earlier: from_json(row, 4, TABLE)?,
        lifts: from_json(row, 5, TABLE)?,
    })
}

impl Tx<'_> {
    /// Adds to the newest minute of an organization's window, which is `minute` if there was none, and answers the
    /// window. It is held until the end of the transaction: nobody else can add meanwhile, on any node.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn add_endings(
        &mut self,
        organization: OrganizationId,
        minute: i64,
        endings: Endings,
    ) -> Result<EndingWindow, StoreError> {
        let sql = format!(
            "INSERT INTO ending_windows (organization, minute, population, memberships, team_grants, earlier, lifts) \
             VALUES (?1, ?2, NULL, ?3, ?4, '[]', '[]') ON CONFLICT (organization) DO UPDATE \
             SET memberships = ending_windows.memberships + excluded.memberships, \
             team_grants = ending_windows.team_grants + excluded.team_grants RETURNING {COLUMNS}"
        );
        let vals = vals![organization, minute, endings.memberships, endings.team_grants];
        let rows = self.query_returning(&sql, vals, window)?;
        rows.into_iter().next().ok_or_else(|| StoreError::other("an insertion that always has a row had none"))
    }

    /// Stores a window that this transaction holds.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn update_ending_window(
        &mut self,
        organization: OrganizationId,
        window: &EndingWindow,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE ending_windows SET minute = ?2, population = ?3, memberships = ?4, team_grants = ?5, earlier = ?6, \
             lifts = ?7 WHERE organization = ?1",
            vals![
                organization,
                window.minute,
                window.population,
                window.endings.memberships,
                window.endings.team_grants,
                json(&window.earlier)?,
                json(&window.lifts)?,
            ],
            Expect::One,
        )
    }
}
