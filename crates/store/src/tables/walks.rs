//! Orders of sorted lists, kept while somebody walks them by cursor (RFC 9865).

use muster_model::{ConnectionId, Timestamp, WalkId};

use crate::{Conn, Expect, StoreError, Tx, vals};

impl Conn<'_> {
    /// Until when a connection's walk is kept; `None` if there is no such walk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn walk_expiry(&mut self, connection: ConnectionId, walk: WalkId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT expires FROM walks WHERE connection = ?1 AND id = ?2";
        self.opt(sql, vals![connection, walk], |row| Ok(Timestamp(row.get(0)?)))
    }

    /// One slice of a connection's walk, as it was stored; `None` behind its end, or if there is no such walk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn walk_slice(
        &mut self,
        connection: ConnectionId,
        walk: WalkId,
        number: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT s.places FROM walks w JOIN walk_slices s ON s.walk = w.id \
                   WHERE w.connection = ?1 AND w.id = ?2 AND s.number = ?3";
        self.opt(sql, vals![connection, walk, number], |row| row.get(0))
    }

    /// How many walks a connection has.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn walks(&mut self, connection: ConnectionId) -> Result<i64, StoreError> {
        self.one("SELECT count(*) FROM walks WHERE connection = ?1", vals![connection], |row| row.get(0))
    }

    /// A connection's oldest walk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_walk(&mut self, connection: ConnectionId) -> Result<Option<WalkId>, StoreError> {
        let sql = "SELECT id FROM walks WHERE connection = ?1 ORDER BY id LIMIT 1";
        self.opt(sql, vals![connection], |row| Ok(WalkId(row.get(0)?)))
    }

    /// A walk of any connection that was to be kept until before `now`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn expired_walk(&mut self, now: Timestamp) -> Result<Option<(ConnectionId, WalkId)>, StoreError> {
        let sql = "SELECT connection, id FROM walks WHERE expires < ?1 ORDER BY expires LIMIT 1";
        self.opt(sql, vals![now], |row| Ok((ConnectionId(row.get(0)?), WalkId(row.get(1)?))))
    }
}

impl Tx<'_> {
    /// Begins a walk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_walk(
        &mut self,
        connection: ConnectionId,
        walk: WalkId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO walks (connection, id, expires) VALUES (?1, ?2, ?3)";
        self.put(sql, vals![connection, walk, expires], Expect::Any)
    }

    /// Adds a slice to a walk that this transaction began or holds ([`Tx::keep_walk`]).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_walk_slice(&mut self, walk: WalkId, number: i64, places: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO walk_slices (walk, number, places) VALUES (?1, ?2, ?3)";
        self.put(sql, vals![walk, number, places.to_vec()], Expect::Any)
    }

    /// Keeps a walk until then, and holds it until the end of the transaction; whether it is still there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keep_walk(
        &mut self,
        connection: ConnectionId,
        walk: WalkId,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE walks SET expires = ?3 WHERE connection = ?1 AND id = ?2";
        Ok(self.exec(sql, vals![connection, walk, expires])? == 1)
    }

    /// Ends a walk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_walk(&mut self, connection: ConnectionId, walk: WalkId) -> Result<(), StoreError> {
        // Whoever adds a slice holds the walk, so none is added behind this.
        if self.exec("DELETE FROM walks WHERE connection = ?1 AND id = ?2", vals![connection, walk])? == 1 {
            self.put("DELETE FROM walk_slices WHERE walk = ?1", vals![walk], Expect::Any)?;
        }
        Ok(())
    }
}
