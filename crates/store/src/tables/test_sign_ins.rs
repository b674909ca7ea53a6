//! Test sign-ins: the newest few of each connection (SSO-12).

use muster_model::{ConnectionId, RequestId, Timestamp, TokenId};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

/// How many are kept of a connection.
const KEPT: i64 = 50;

/// A test sign-in that came back from the IdP. What arrived is on the request log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestSignIn {
    /// Its TraceID.
    pub id: RequestId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// The set-up link by which it was tried; `None` for an owner's.
    pub token: Option<TokenId>,
    /// When.
    pub at: Timestamp,
    /// Whether the person would have been let in.
    pub passed: bool,
    /// How many groups were stated; `None` where nothing was said of groups.
    pub groups: Option<i64>,
}

fn test_sign_in(row: &Row<'_>) -> Result<TestSignIn, StoreError> {
    Ok(TestSignIn {
        connection: ConnectionId(row.get(0)?),
        id: RequestId(row.get(1)?),
        token: row.get::<Option<uuid::Uuid>>(2)?.map(TokenId),
        at: Timestamp(row.get(3)?),
        passed: row.get(4)?,
        groups: row.get(5)?,
    })
}

impl Conn<'_> {
    /// The test sign-ins through a connection, the newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn test_sign_ins(&mut self, connection: ConnectionId) -> Result<Vec<TestSignIn>, StoreError> {
        let sql = "SELECT connection, id, token, at, passed, group_count FROM test_sign_ins WHERE connection = ?1 \
                   ORDER BY id DESC LIMIT ?2";
        self.query(sql, vals![connection, KEPT], test_sign_in)
    }
}

impl Tx<'_> {
    /// Keeps a test sign-in, and forgets the oldest.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_test_sign_in(&mut self, one: &TestSignIn) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO test_sign_ins (connection, id, token, at, passed, group_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            vals![one.connection, one.id, one.token, one.at, one.passed, one.groups],
            Expect::Any,
        )?;
        let sql = "DELETE FROM test_sign_ins WHERE connection = ?1 AND id NOT IN \
                   (SELECT id FROM test_sign_ins WHERE connection = ?1 ORDER BY id DESC LIMIT ?2)";
        self.exec(sql, vals![one.connection, KEPT]).map(drop)
    }
}
