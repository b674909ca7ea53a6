//! What a cursor stands for (RFC 9865): where a page ended, in which walk.

use crate::schema::ResourceType;
use crate::sort::Key;

/// The layout of [`Mark::to_bytes`]: its first byte.
const LAYOUT: u8 = 1;
/// How many bytes come before the key.
const HEAD: usize = 1 + 16 + 4 + 8 + 8 + 1 + 16;

/// The place in a list behind which the next page begins, and what the walk is bound to.
///
/// The bytes hold what a resource is sorted by, and can be made by anyone: they are to be encrypted and authenticated
/// before they become a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The digest of the query ([`ListQuery::canonical`](super::ListQuery::canonical)).
    pub query: [u8; 16],
    /// How many resources a page has at most: the same on all pages of a walk.
    pub count: u32,
    /// Until when the cursor is good, in microseconds since 1970 UTC.
    pub expires: i64,
    /// How many resources there were in all when the walk began, if that is not counted again.
    pub total: Option<i64>,
    /// What the last resource of the page is.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: u128,
    /// What it is sorted by, in a list that is sorted.
    pub key: Option<Key>,
}

impl Mark {
    /// The mark as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + 16);
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&self.query);
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        // A total is never negative.
        bytes.extend_from_slice(&self.total.unwrap_or(-1).to_be_bytes());
        bytes.push(match self.resource_type {
            ResourceType::User => 0,
            ResourceType::Group => 1,
        });
        bytes.extend_from_slice(&self.id.to_be_bytes());
        match &self.key {
            None => {}
            Some(Key::Absent) => bytes.push(b'-'),
            Some(Key::Boolean(value)) => bytes.extend_from_slice(&[b'b', u8::from(*value)]),
            Some(Key::Integer(value)) => tagged(&mut bytes, b'i', &value.to_be_bytes()),
            Some(Key::Instant(value)) => tagged(&mut bytes, b't', &value.to_be_bytes()),
            Some(Key::Text(value)) => tagged(&mut bytes, b's', value.as_bytes()),
        }
        bytes
    }

    /// Reads [`Mark::to_bytes`]; `None` if they are of another layout.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, key) = bytes.split_at_checked(HEAD)?;
        let (layout, rest) = head.split_first()?;
        let (query, rest) = rest.split_first_chunk::<16>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (expires, rest) = rest.split_first_chunk::<8>()?;
        let (total, rest) = rest.split_first_chunk::<8>()?;
        let (kind, id) = rest.split_first()?;
        if *layout != LAYOUT {
            return None;
        }
        Some(Self {
            query: *query,
            count: u32::from_be_bytes(*count),
            expires: i64::from_be_bytes(*expires),
            total: match i64::from_be_bytes(*total) {
                -1 => None,
                total @ 0.. => Some(total),
                _ => return None,
            },
            resource_type: match kind {
                0 => ResourceType::User,
                1 => ResourceType::Group,
                _ => return None,
            },
            id: u128::from_be_bytes(id.try_into().ok()?),
            key: key_from(key)?,
        })
    }
}

fn tagged(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(value);
}

/// The outer `None`: it is no key.
fn key_from(bytes: &[u8]) -> Option<Option<Key>> {
    let Some((tag, value)) = bytes.split_first() else { return Some(None) };
    let number = || Some(i64::from_be_bytes(value.try_into().ok()?));
    Some(Some(match (tag, value) {
        (b'-', []) => Key::Absent,
        (b'b', [0]) => Key::Boolean(false),
        (b'b', [1]) => Key::Boolean(true),
        (b'i', _) => Key::Integer(number()?),
        (b't', _) => Key::Instant(number()?),
        (b's', _) => Key::Text(std::str::from_utf8(value).ok()?.to_owned()),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_2_a_mark_reads_back_and_nothing_else_does() {
        let keys = [
            None,
            Some(Key::Absent),
            Some(Key::Boolean(true)),
            Some(Key::Integer(-7)),
            Some(Key::Instant(i64::MAX)),
            Some(Key::Text(String::new())),
            Some(Key::Text("ünï".to_owned())),
        ];
        for key in keys {
            for (resource_type, total) in [(ResourceType::User, None), (ResourceType::Group, Some(0))] {
                let mark = Mark {
                    query: [7; 16],
                    count: 3,
                    expires: -1,
                    total,
                    resource_type,
                    id: u128::MAX,
                    key: key.clone(),
                };
                let bytes = mark.to_bytes();
                assert_eq!(Mark::from_bytes(&bytes), Some(mark));
                assert_eq!(Mark::from_bytes(&bytes[..HEAD - 1]), None);
                let mut other = bytes.clone();
                other[0] = 0;
                assert_eq!(Mark::from_bytes(&other), None);
            }
        }
        let mut bytes = vec![0; HEAD];
        bytes[0] = LAYOUT;
        for tail in [&b"x"[..], b"i1234567", b"b2", b"s\xff", b"-1"] {
            assert_eq!(Mark::from_bytes(&[&bytes, tail].concat()), None, "{tail:?}");
        }
    }
}
