//! The log, newest first, page by page: the cost of a page follows its length, not the log's.

use std::{fmt, str::FromStr};

use muster_model::{
    Actor, ConnectionId, DirectoryGroupId, DirectoryUserId, LedgerId, TokenId,
    ledger::{Change, Kind, LedgerRow},
    token::TokenKind,
};
use muster_store::Conn;
use uuid::Uuid;

use super::{Entry, Filter, Scope, scope::Sight};
use crate::{EngineError, describe::Names};

/// Ledger rows read with one statement, at most: at first as many as could be wanted, as one row may hold thousands of changes.
const SLICE: i64 = 200;
/// The most slices that one page reads: where a filter takes little, a page may be short, and says how to go on.
const SLICES: usize = 25;

/// Where a page ends: after this change of this row the next one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The row.
    pub row: LedgerId,
    /// How many of its changes, in the order in which they are shown, were read.
    pub read: usize,
}

/// As the address of the next page has it.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.row, self.read)
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (row, read) = text.split_once('.').ok_or(NoPlace)?;
        let row = LedgerId(row.parse().map_err(|_| NoPlace)?);
        Ok(Self { row, read: read.parse().map_err(|_| NoPlace)? })
    }
}

/// A text that is no place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

/// A page of at most `limit` entries, newest first, and where the next one begins; `None` after the last one.
///
/// # Errors
///
/// The store's.
pub fn page(
    conn: &mut Conn<'_>,
    scope: Scope,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<Entry>, Option<Place>), EngineError> {
    let mut reader = Reader::new(conn, scope)?;
    let from = filter.from.map_or(Uuid::nil(), muster_model::Timestamp::first_id);
    let newest = filter.to.map_or(Uuid::max(), muster_model::Timestamp::first_id);
    // The row that was only read in part comes first, once more.
    let mut before = after.map_or(newest, |place| next_above(place.row.0).min(newest));
    let mut entries = Vec::new();
    let mut slice = i64::try_from(limit).unwrap_or(SLICE).saturating_add(1).min(SLICE);
    for _ in 0..SLICES {
        let rows = conn.ledger_page(reader.subjects().as_deref(), before, from, slice)?;
        let is_last = rows.len() < usize::try_from(slice).unwrap_or(usize::MAX);
        slice = (slice * 2).min(SLICE);
        for row in &rows {
            before = row.id.0;
            let read = after.filter(|place| place.row == row.id).map_or(0, |place| place.read);
            for (number, change) in row.changes.iter().enumerate().rev().skip(read) {
                let Some(entry) = reader.wanted(conn, filter, row, number, change)? else { continue };
                if entries.len() == limit {
                    let place = Place { row: row.id, read: row.changes.len() - 1 - number };
                    return Ok((entries, Some(place)));
                }
                entries.push(entry);
            }
        }
        if is_last {
            return Ok((entries, None));
        }
    }
    Ok((entries, Some(Place { row: LedgerId(before), read: usize::MAX })))
}

/// Everything that these rows tell, in their order.
///
/// # Errors
///
/// The store's.
pub(super) fn entries(conn: &mut Conn<'_>, rows: &[LedgerRow]) -> Result<Vec<Entry>, EngineError> {
    let mut reader = Reader::new(conn, Scope::Everything)?;
    let mut entries = Vec::new();
    for row in rows {
        for (number, change) in row.changes.iter().enumerate() {
            entries.push(reader.entry(conn, row, number, change)?);
        }
    }
    Ok(entries)
}

/// The id after this one.
fn next_above(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_add(1))
}

/// What a connection's directory calls a user or group now.
fn directory_name(conn: &mut Conn<'_>, row: &LedgerRow, change: &Change) -> Result<Option<String>, EngineError> {
    let Some(connection) = row.connection else { return Ok(None) };
    Ok(match change.kind {
        Kind::DirectoryUser => conn.directory_user(connection, DirectoryUserId(change.id))?.map(|user| user.user_name),
        Kind::DirectoryGroup => {
            conn.directory_group(connection, DirectoryGroupId(change.id))?.map(|group| group.display_name)
        }
        _ => None,
    })
}

/// Reads changes as somebody sees them.
pub(crate) struct Reader {
    sight: Sight,
    names: Names,
}

impl Reader {
    pub(crate) fn new(conn: &mut Conn<'_>, scope: Scope) -> Result<Self, EngineError> {
        Ok(Self { sight: Sight::of(conn, scope)?, names: Names::default() })
    }

    /// Under which subjects the rows are filed; `None` for every row.
    pub(crate) fn subjects(&self) -> Option<Vec<Uuid>> {
        self.sight.subjects()
    }

    /// Whether a change concerns whoever reads.
    pub(crate) fn concerns(
        &mut self,
        conn: &mut Conn<'_>,
        row: &LedgerRow,
        change: &Change,
    ) -> Result<bool, EngineError> {
        self.sight.takes(conn, row, change)
    }

    /// What an id is called, if anything.
    pub(crate) fn name(&mut self, conn: &mut Conn<'_>, id: Uuid) -> Result<Option<String>, EngineError> {
        self.names.name(conn, id)
    }

    /// A change as an entry, if it is wanted and may be seen.
    fn wanted(
        &mut self,
        conn: &mut Conn<'_>,
        filter: &Filter,
        row: &LedgerRow,
        number: usize,
        change: &Change,
    ) -> Result<Option<Entry>, EngineError> {
        if !filter.takes_action(change.event) || !self.sight.takes(conn, row, change)? {
            return Ok(None);
        }
        let entry = self.entry(conn, row, number, change)?;
        Ok(filter.takes(&entry).then_some(entry))
    }

    /// A change as an entry, with what of it may be seen.
    pub(crate) fn entry(
        &mut self,
        conn: &mut Conn<'_>,
        row: &LedgerRow,
        number: usize,
        change: &Change,
    ) -> Result<Entry, EngineError> {
        let mut described = self.names.describe(conn, change)?;
        if let Some(name) = directory_name(conn, row, change)? {
            described.name = name;
        }
        described.fields.retain(|field| self.sight.shows(change.kind, &field.name));
        Ok(Entry {
            id: row.id,
            number,
            at: row.at,
            action: change.event,
            kind: change.kind,
            target: change.id,
            name: described.name,
            actor: row.actor,
            actor_name: self.actor(conn, row.actor)?,
            source: row.source,
            connection: self.connection(conn, row.connection)?,
            rule: change.rule,
            trace: row.request,
            fields: described.fields,
        })
    }

    fn actor(&mut self, conn: &mut Conn<'_>, actor: Actor) -> Result<String, EngineError> {
        Ok(match actor {
            Actor::Account(id) => self.names.name(conn, id)?.unwrap_or_else(|| id.to_string()),
            // By a set-up link only what is its connection's is done, and whoever reads of that may read whom it is for.
            Actor::Token(id) => match conn.token(TokenKind::SetUp, TokenId(id))? {
                Some((token, _)) => token.label,
                None => actor.kind().to_owned(),
            },
            Actor::System | Actor::Operator => actor.kind().to_owned(),
        })
    }

    fn connection(&mut self, conn: &mut Conn<'_>, id: Option<ConnectionId>) -> Result<Option<String>, EngineError> {
        match id {
            Some(id) if self.sight.names(conn, id)? => self.names.name(conn, id.0),
            _ => Ok(None),
        }
    }
}
