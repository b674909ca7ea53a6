//! When the records of domains are looked for, and what was seen (ORG-4).

use muster_model::{DomainId, Timestamp};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

/// How looking for a domain's record goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainCheck {
    /// Whose record.
    pub domain: DomainId,
    /// When the value that is looked for was given out.
    pub begun: Timestamp,
    /// When it is looked for next; `None`: only when somebody asks.
    pub due: Option<Timestamp>,
    /// Until when whoever looks now has time for that; `None` if nobody does.
    pub busy_until: Option<Timestamp>,
    /// When it was last looked for.
    pub checked: Option<Timestamp>,
    /// What was seen then, in words.
    pub outcome: Option<String>,
}

const COLUMNS: &str = "domain, begun, due, busy_until, checked, outcome";

fn read(row: &Row<'_>) -> Result<DomainCheck, StoreError> {
    let time = |at: Option<i64>| at.map(Timestamp);
    Ok(DomainCheck {
        domain: DomainId(row.get(0)?),
        begun: Timestamp(row.get(1)?),
        due: time(row.get(2)?),
        busy_until: time(row.get(3)?),
        checked: time(row.get(4)?),
        outcome: row.get(5)?,
    })
}

impl Conn<'_> {
    /// How looking for a domain's record goes; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain_check(&mut self, domain: DomainId) -> Result<Option<DomainCheck>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM domain_checks WHERE domain = ?1{}", self.for_update());
        self.opt(&sql, vals![domain], read)
    }

    /// A domain whose record is to be looked for by now, and that nobody looks for; one look into an index.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn due_domain_check(&mut self, now: Timestamp) -> Result<Option<DomainId>, StoreError> {
        let sql = "SELECT domain FROM domain_checks \
                   WHERE due <= ?1 AND (busy_until IS NULL OR busy_until <= ?1) ORDER BY due LIMIT 1";
        self.opt(sql, vals![now], |row| Ok(DomainId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Keeps how looking for a domain's record goes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn put_domain_check(&mut self, row: &DomainCheck) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO domain_checks (domain, begun, due, busy_until, checked, outcome) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (domain) DO UPDATE SET begun = excluded.begun, \
             due = excluded.due, busy_until = excluded.busy_until, checked = excluded.checked, \
             outcome = excluded.outcome",
            vals![row.domain, row.begun, row.due, row.busy_until, row.checked, row.outcome.as_deref()],
            Expect::One,
        )
    }
}
