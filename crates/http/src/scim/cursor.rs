//! Cursors (RFC 9865): a place in a list, sealed.
//!
//! A cursor is the bytes of a [`Mark`], encrypted and authenticated with the data key that also seals the request log,
//! bound to the connection. So it tells nothing to who holds it, opens only for the connection and the query that it was
//! made for, and is good on every node.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_crypto::{Place as Sealed, SealError, Sealer};
use muster_engine::search::{Place, Start};
use muster_model::{ConnectionId, Timestamp};
use muster_scim::{
    RequestError, ResourceType,
    list::{self, ListQuery, Mark},
    sort::Key,
};
use uuid::Uuid;

use super::looking::{listed, resource_type};

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
    pub(super) fn seal(&self, place: Place<Key>, total: i64, expires: Timestamp) -> Result<String, SealError> {
        let mark = Mark {
            query: self.query,
            count: self.count,
            expires: expires.0,
            total: Some(total),
            resource_type: resource_type(place.listed),
            id: place.id.as_u128(),
            key: place.key,
        };
        Ok(URL_SAFE_NO_PAD.encode(self.sealer.seal(&self.place(), &mark.to_bytes())?))
    }

    /// Where the page of a cursor begins.
    pub(super) fn open(&self, cursor: &str, now: Timestamp) -> Result<Start<Key>, RequestError> {
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
        let place = Place { key: mark.key, listed: listed(mark.resource_type), id: Uuid::from_u128(mark.id) };
        Ok(Start::After { place, total: mark.total })
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
        let key = Some(Key::Text("z".repeat(256)));
        let place = Place { key, listed: Listed::Users, id: Uuid::from_u128(7) };
        let cursor = cursors.seal(place.clone(), 9, Timestamp(10)).unwrap();
        assert!(cursor.len() < muster_scim::limits::CURSOR_BYTES / 2, "{} bytes", cursor.len());
        let opened = cursors.open(&cursor, Timestamp(10));
        assert_eq!(opened, Ok(Start::After { place, total: Some(9) }));
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
