//! How much came through each connection, by day: what charts show without reading the log.

use muster_model::ConnectionId;

use super::{pad, placeholders, word};
use crate::{Conn, Expect, StoreError, Tx, vals};

const TABLE: &str = "traffic";

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficKind {
    /// Somebody who signs in.
    SignIn,
    /// A request of a SCIM client.
    Scim,
}

impl TrafficKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Scim => "scim",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::SignIn, Self::Scim].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// So much of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// The day, in UTC, as the number of days since 1970.
    pub day: i64,
    /// What came.
    pub kind: TrafficKind,
    /// Whether it was refused, or failed.
    pub refused: bool,
    /// How often.
    pub count: i64,
}

impl Conn<'_> {
    /// How much came through these connections together, by day, from a day on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn traffic(&mut self, connections: &[ConnectionId], from: i64) -> Result<Vec<DayCount>, StoreError> {
        if connections.is_empty() {
            return Ok(Vec::new());
        }
        let mut vals = vals![from].to_vec();
        pad(&mut vals, connections.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT day, kind, refused, CAST(sum(count) AS BIGINT) FROM traffic WHERE connection IN {} AND day >= ?1 \
             GROUP BY day, kind, refused ORDER BY day, kind, refused",
            placeholders(2, connections.len())
        );
        self.query(&sql, vals, |row| {
            Ok(DayCount {
                day: row.get(0)?,
                kind: word(row, 1, TABLE, TrafficKind::parse)?,
                refused: row.get(2)?,
                count: row.get(3)?,
            })
        })
    }
}

impl Tx<'_> {
    /// Adds to what came through a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn add_traffic(&mut self, connection: ConnectionId, added: DayCount) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO traffic (connection, day, kind, refused, count) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (connection, day, kind, refused) DO UPDATE SET count = traffic.count + excluded.count",
            vals![connection, added.day, added.kind.as_str(), added.refused, added.count],
            Expect::Any,
        )
    }

    /// Forgets some of what came before a day; how many rows.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_traffic(&mut self, before: i64, limit: i64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM traffic WHERE (connection, day, kind, refused) IN \
                   (SELECT connection, day, kind, refused FROM traffic WHERE day < ?1 LIMIT ?2)";
        self.exec(sql, vals![before, limit])
    }
}
