//! Kept plans (MIG-2).

use muster_model::{ConnectionId, PlanId, Timestamp};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "id, connection, inputs, fingerprints, result, progress, created, applied";

/// One plan as stored; what is packed means something to the engine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Stable id.
    pub id: PlanId,
    /// The one connection that it is about, if it is about one.
    pub connection: Option<ConnectionId>,
    /// What is to be done, packed.
    pub inputs: Vec<u8>,
    /// 32 bytes for each batch.
    pub fingerprints: Vec<u8>,
    /// What that would do, packed.
    pub result: Vec<u8>,
    /// How many batches are done.
    pub progress: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When its last batch was done.
    pub applied: Option<Timestamp>,
}

fn plan(row: &Row<'_>) -> Result<PlanRow, StoreError> {
    Ok(PlanRow {
        id: PlanId(row.get(0)?),
        connection: row.get::<Option<uuid::Uuid>>(1)?.map(ConnectionId),
        inputs: row.get(2)?,
        fingerprints: row.get(3)?,
        result: row.get(4)?,
        progress: row.get(5)?,
        created: Timestamp(row.get(6)?),
        applied: row.get::<Option<i64>>(7)?.map(Timestamp),
    })
}

impl Conn<'_> {
    /// A plan.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn plan(&mut self, id: PlanId) -> Result<Option<PlanRow>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM plans WHERE id = ?1"), vals![id], plan)
    }

    /// A plan, held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn plan_for_update(&mut self, id: PlanId) -> Result<Option<PlanRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM plans WHERE id = ?1{}", self.for_update());
        self.opt(&sql, vals![id], plan)
    }

    /// The newest plans, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn plans(&mut self, limit: i64) -> Result<Vec<PlanRow>, StoreError> {
        self.query(&format!("SELECT {COLUMNS} FROM plans ORDER BY id DESC LIMIT ?1"), vals![limit], plan)
    }

    /// The newest plans about one connection before the plan `before`, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn plans_of(
        &mut self,
        connection: ConnectionId,
        before: PlanId,
        limit: i64,
    ) -> Result<Vec<PlanRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM plans WHERE connection = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        self.query(&sql, vals![connection, before, limit], plan)
    }
}

impl Tx<'_> {
    /// Keeps a plan.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_plan(&mut self, plan: &PlanRow) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO plans (id, connection, inputs, fingerprints, result, progress, created, applied) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            vals![
                plan.id,
                plan.connection,
                plan.inputs.clone(),
                plan.fingerprints.clone(),
                plan.result.clone(),
                plan.progress,
                plan.created,
                plan.applied,
            ],
            Expect::Any,
        )
    }

    /// Stores how far a plan is; `before` is how far it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if somebody else applied a batch meanwhile.
    pub fn update_plan(&mut self, plan: &PlanRow, before: i64) -> Result<(), StoreError> {
        let sql = "UPDATE plans SET progress = ?2, applied = ?3 WHERE id = ?1 AND progress = ?4";
        self.put(sql, vals![plan.id, plan.progress, plan.applied, before], Expect::One)
    }

    /// Takes a plan away.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_plan(&mut self, id: PlanId) -> Result<(), StoreError> {
        self.put("DELETE FROM plans WHERE id = ?1", vals![id], Expect::Any)
    }

    /// Takes the plans away that were made before this.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_plans_before(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.put("DELETE FROM plans WHERE created < ?1", vals![at], Expect::Any)
    }
}
