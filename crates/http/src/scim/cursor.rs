//! Cursors (RFC 9865): a place in a list, sealed.
//!
//! A cursor is the bytes of a [`Mark`], encrypted and authenticated with the data key that also seals the request log,
//! bound to the connection. So it tells nothing to who holds it, opens only for the connection and the query that it was
//! made for, and is good on every node.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_crypto::{Place as Sealed, SealError, Sealer};
use muster_engine::search::{Place, Start, Walked};
use muster_model::{ConnectionId, Timestamp, WalkId};
use muster_scim::{
    RequestError, ResourceType,
    list::{self, ListQuery, Mark, MarkPlace},
};
use uuid::Uuid;

use super::looking::{listed, resource_type};

/// Where the page of a cursor begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// In a list by id.
    ById(Start),
    /// In a sorted list, whose order is kept.
    Sorted(Walked),
}

/// Makes and opens the cursors of one walk.
pub(super) struct Cursors<'s> {
    sealer: &'s Sealer,
    connection: ConnectionId,
    query: [u8; 16],
    count: u32,
}

impl<'s> Cursors<'s> {
    pub(super) fn new(sealer: &'s Sealer, connection: ConnectionId, query: &ListQuery, types: &[ResourceType]) -> Self {
        let digest = muster_crypto::sha256(query.canonical(types).as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self { sealer, connection, query: short, count: query.page.count() }
    }

    /// The cursor of the page behind `place`, good until `expires`.
    pub(super) fn after(&self, place: Place, total: i64, expires: Timestamp) -> Result<String, SealError> {
        let place = MarkPlace::Behind { resource_type: resource_type(place.listed), id: place.id.as_u128() };
        self.seal(place, total, expires)
    }

    /// The cursor of this page of a sorted list, good until `expires`.
    pub(super) fn walked(&self, walked: Walked, expires: Timestamp) -> Result<String, SealError> {
        let place = MarkPlace::Kept { walk: walked.walk.0.as_u128(), position: walked.position };
        self.seal(place, walked.total, expires)
    }

    fn seal(&self, place: MarkPlace, total: i64, expires: Timestamp) -> Result<String, SealError> {
        let mark = Mark { query: self.query, count: self.count, expires: expires.0, total, place };
        Ok(URL_SAFE_NO_PAD.encode(self.sealer.seal(&self.place(), &mark.to_bytes())?))
    }

    /// Where the page of a cursor begins.
    pub(super) fn open(&self, cursor: &str, now: Timestamp) -> Result<Opened, RequestError> {
        let mark = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|sealed| self.sealer.open(&self.place(), &sealed).ok())
            .and_then(|bytes| Mark::from_bytes(&bytes))
            .filter(|mark| mark.query == self.query)
            .ok_or_else(list::invalid_cursor)?;
        if mark.expires < now.0 {
            return Err(list::expired_cursor());
        }
        if mark.count != self.count {
            return Err(list::invalid_count());
        }
        Ok(match mark.place {
            MarkPlace::Behind { resource_type, id } => {
                let place = Place { listed: listed(resource_type), id: Uuid::from_u128(id) };
                Opened::ById(Start::After { place, total: Some(mark.total) })
            }
            MarkPlace::Kept { walk, position } => {
                Opened::Sorted(Walked { walk: WalkId(Uuid::from_u128(walk)), position, total: mark.total })
            }
        })
    }

    fn place(&self) -> Sealed {
        Sealed { table: "cursors", column: "place", row: self.connection.0 }
    }
}

#[cfg(test)]
mod tests {
    use muster_crypto::DataKey;
    use muster_scim::{Notes, ScimType, schema::Capabilities};
    use muster_store::Listed;

    use super::*;

    const USER: &[ResourceType] = &[ResourceType::User];

    fn query(pairs: &[(&str, &str)]) -> ListQuery {
        let capabilities = Capabilities { cursor_timeout: Some(1), ..Capabilities::default() };
        ListQuery::from_pairs(pairs.iter().copied(), USER, &capabilities, &mut Notes::default()).unwrap()
    }

    #[test]
    fn scim_2_a_cursor_is_bound_to_its_connection_its_query_and_its_time() {
        let sealer = Sealer::new(&[DataKey::generate(1).unwrap()]).unwrap();
        let (okta, entra) = (ConnectionId(Uuid::from_u128(1)), ConnectionId(Uuid::from_u128(2)));
        let asked = query(&[("cursor", ""), ("count", "2"), ("sortBy", "title")]);
        let cursors = Cursors::new(&sealer, okta, &asked, USER);
        let place = Place { listed: Listed::Users, id: Uuid::from_u128(7) };
        let cursor = cursors.after(place, 9, Timestamp(10)).unwrap();
        let opened = cursors.open(&cursor, Timestamp(10));
        assert_eq!(opened, Ok(Opened::ById(Start::After { place, total: Some(9) })));
        let walked = Walked { walk: WalkId(Uuid::from_u128(8)), position: 3, total: 9 };
        let cursor = cursors.walked(walked, Timestamp(10)).unwrap();
        assert!(cursor.len() < muster_scim::limits::CURSOR_BYTES / 2, "{} bytes", cursor.len());
        assert_eq!(cursors.open(&cursor, Timestamp(10)), Ok(Opened::Sorted(walked)));
        let why = |cursors: &Cursors<'_>, cursor: &str, now| {
            cursors.open(cursor, Timestamp(now)).unwrap_err().scim_type().unwrap()
        };
        assert_eq!(why(&cursors, &cursor, 11), ScimType::ExpiredCursor);
        assert_eq!(why(&Cursors::new(&sealer, entra, &asked, USER), &cursor, 1), ScimType::InvalidCursor);
        assert_eq!(why(&Cursors::new(&sealer, okta, &asked, ResourceType::ALL), &cursor, 1), ScimType::InvalidCursor);
        for (pairs, scim_type) in [
            (vec![("cursor", ""), ("count", "3"), ("sortBy", "title")], ScimType::InvalidCount),
            (vec![("cursor", ""), ("count", "2"), ("sortBy", "userName")], ScimType::InvalidCursor),
            (vec![("cursor", ""), ("count", "2")], ScimType::InvalidCursor),
        ] {
            assert_eq!(why(&Cursors::new(&sealer, okta, &query(&pairs), USER), &cursor, 1), scim_type, "{pairs:?}");
        }
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character has two bits that no byte holds.
            assert!(cursors.open(&changed, Timestamp(1)).is_err() || at + 1 == cursor.len(), "character {at}");
        }
    }
}
