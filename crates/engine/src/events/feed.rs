//! The feed: what happened after a place, for those who cannot be sent it.

use std::{fmt, str::FromStr};

use muster_model::{ledger::LedgerRow, webhook};
use muster_store::Conn;

use super::{Told, kept, named, told::tell};
use crate::{
    EngineError, Refusal,
    activity::{NoPlace, Reader, Scope},
};

/// How many rows are read with one statement.
const SLICE: i64 = 100;
/// How many numbers are looked through for one answer: where little concerns whoever asks, an answer may be empty and say how to go on.
const LOOKED_THROUGH: i64 = 5_000;

/// How far somebody has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Everything with smaller numbers was read.
    seq: i64,
    /// How many changes of that row were read.
    read: i64,
}

impl Position {
    /// Before everything.
    pub const START: Self = Self { seq: 1, read: 0 };
}

/// As `after` has it: the row and the change that were read last, or the row alone if all of it was read.
impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.read {
            0 => write!(formatter, "{}", self.seq - 1),
            read => write!(formatter, "{}.{}", self.seq, read - 1),
        }
    }
}

impl FromStr for Position {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let number = |text: &str| match text.parse::<u32>() {
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(i64::from(number)),
            _ => Err(NoPlace),
        };
        let seq = |text: &str| match text.parse::<i64>() {
            Ok(seq) if (0..i64::MAX).contains(&seq) && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(seq),
            _ => Err(NoPlace),
        };
        match text.split_once('.') {
            Some((row, change)) => Ok(Self { seq: seq(row)?, read: number(change)? + 1 }),
            None => Ok(Self { seq: seq(text)? + 1, read: 0 }),
        }
    }
}

impl Told {
    /// Where whoever was told this goes on.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { seq: self.key.seq, read: self.key.number + 1 }
    }
}

/// A part of what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// In the order in which it came to be known.
    pub events: Vec<Told>,
    /// Where to go on.
    pub next: Position,
    /// Whether there is more by now.
    pub more: bool,
}

/// What happened after a position that concerns a scope, at most `limit` changes of these events, or of all.
///
/// # Errors
///
/// Refused if what follows the position is not kept any more, or nothing was ever there, and for what is no event; the store's.
pub fn feed(
    conn: &mut Conn<'_>,
    scope: Scope,
    events: &[String],
    after: Option<Position>,
    limit: usize,
) -> Result<Feed, EngineError> {
    let events = named(events.to_vec())?;
    let (oldest, newest) = kept(conn)?;
    let start = Position { seq: oldest, read: 0 };
    let mut next = after.unwrap_or(start);
    if next.seq > newest + 1 {
        return Err(outside("there is no such place: begin anew without `after`"));
    }
    if after.is_some() && next < start {
        let text = "what followed it is not kept any more: read how things stand, then begin anew without `after`";
        return Err(outside(text));
    }
    let mut reader = Reader::new(conn, scope)?;
    let subjects = reader.subjects();
    let mut told: Vec<Told> = Vec::new();
    let last = newest.min(next.seq + LOOKED_THROUGH - 1);
    while next.seq <= last {
        let rows = conn.events(subjects.as_deref(), next.seq, last, SLICE)?;
        let is_last = rows.len() < usize::try_from(SLICE).unwrap_or(usize::MAX);
        for (seq, row) in rows {
            let skipped = if seq == next.seq { next.read } else { 0 };
            let room = limit - told.len();
            // One more than there is room for tells that there is more.
            let wanted = concerning(conn, &mut reader, &events, (&row, skipped), room + 1)?;
            if wanted.len() > room {
                let taken = wanted.get(..room).unwrap_or_default();
                told.extend(tell(conn, &mut reader, scope, (seq, &row), taken)?);
                let next = told.last().map_or(next, Told::position);
                return Ok(Feed { events: told, next, more: true });
            }
            told.extend(tell(conn, &mut reader, scope, (seq, &row), &wanted)?);
            next = Position { seq: seq + 1, read: 0 };
        }
        if is_last {
            next = Position { seq: last + 1, read: 0 }.max(next);
        }
    }
    Ok(Feed { events: told, next, more: last < newest })
}

/// The numbers of a row's changes that are wanted and concern the reader, from one on, at most so many.
fn concerning(
    conn: &mut Conn<'_>,
    reader: &mut Reader,
    events: &[String],
    (row, from): (&LedgerRow, i64),
    limit: usize,
) -> Result<Vec<usize>, EngineError> {
    let mut wanted = Vec::new();
    for (number, change) in row.changes.iter().enumerate().skip(usize::try_from(from).unwrap_or(0)) {
        if webhook::takes(events, change.event) && reader.concerns(conn, row, change)? {
            wanted.push(number);
            if wanted.len() == limit {
                break;
            }
        }
    }
    Ok(wanted)
}

fn outside(text: &str) -> EngineError {
    Refusal::Field { key: "after".to_owned(), text: text.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_are_written() {
        for text in ["0", "7", "7.0", "7.12"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        assert!("7".parse::<Position>().unwrap() > "7.3".parse().unwrap());
        assert!("7.3".parse::<Position>().unwrap() < "8".parse().unwrap());
        for text in ["", ".", "7.", "-1", "+1", "1.-1", "1.2.3", "9223372036854775807", "1e3", " 1"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
