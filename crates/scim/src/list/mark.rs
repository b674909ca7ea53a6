//! What a cursor stands for (RFC 9865): where a page ended, in which walk.

use crate::schema::ResourceType;

/// The layout of [`Mark::to_bytes`]: its first byte.
const LAYOUT: u8 = 2;
/// How many bytes come before the place.
const HEAD: usize = 1 + 16 + 4 + 8 + 8;

/// Where the next page begins, and what the walk is bound to.
///
/// The bytes can be made by anyone: they are to be encrypted and authenticated before they become a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The digest of the query ([`ListQuery::canonical`](super::ListQuery::canonical)).
    pub query: [u8; 16],
    /// How many resources a page has at most: the same on all pages of a walk.
    pub count: u32,
    /// Until when the cursor is good, in microseconds since 1970 UTC.
    pub expires: i64,
    /// How many resources there were in all when the walk began.
    pub total: i64,
    /// Where the next page begins.
    pub place: MarkPlace,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkPlace {
    /// Behind a resource, by id.
    Behind {
        /// What it is.
        resource_type: ResourceType,
        /// Its id.
        id: u128,
    },
    /// In an order that is kept on the server.
    Kept {
        /// Which.
        walk: u128,
        /// The position of the next resource in it, counted from 0.
        position: u64,
    },
}

impl Mark {
    /// The mark as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + 1 + 16 + 8);
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&self.query);
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        bytes.extend_from_slice(&self.total.to_be_bytes());
        match self.place {
            MarkPlace::Behind { resource_type, id } => {
                bytes.push(match resource_type {
                    ResourceType::User => b'u',
                    ResourceType::Group => b'g',
                });
                bytes.extend_from_slice(&id.to_be_bytes());
            }
            MarkPlace::Kept { walk, position } => {
                bytes.push(b'k');
                bytes.extend_from_slice(&walk.to_be_bytes());
                bytes.extend_from_slice(&position.to_be_bytes());
            }
        }
        bytes
    }

    /// Reads [`Mark::to_bytes`]; `None` if they are of another layout.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (layout, rest) = bytes.split_first()?;
        let (query, rest) = rest.split_first_chunk::<16>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (expires, rest) = rest.split_first_chunk::<8>()?;
        let (total, rest) = rest.split_first_chunk::<8>()?;
        let (kind, rest) = rest.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let id = u128::from_be_bytes(*id);
        let behind = |resource_type| MarkPlace::Behind { resource_type, id };
        let place = match (kind, rest) {
            (b'u', []) => behind(ResourceType::User),
            (b'g', []) => behind(ResourceType::Group),
            (b'k', position) => MarkPlace::Kept { walk: id, position: u64::from_be_bytes(position.try_into().ok()?) },
            _ => return None,
        };
        let total = i64::from_be_bytes(*total);
        let mark = Self {
            query: *query,
            count: u32::from_be_bytes(*count),
            expires: i64::from_be_bytes(*expires),
            total,
            place,
        };
        (*layout == LAYOUT && total >= 0).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_2_a_mark_reads_back_and_nothing_else_does() {
        let id = u128::MAX;
        let behind = |resource_type| MarkPlace::Behind { resource_type, id };
        let places =
            [behind(ResourceType::User), behind(ResourceType::Group), MarkPlace::Kept { walk: 7, position: u64::MAX }];
        for place in places {
            let mark = Mark { query: [7; 16], count: 3, expires: -1, total: 9, place };
            let bytes = mark.to_bytes();
            assert_eq!(Mark::from_bytes(&bytes), Some(mark));
            assert_eq!(Mark::from_bytes(&[&bytes[..], &[0]].concat()), None);
            for end in 0..bytes.len() {
                assert_eq!(Mark::from_bytes(&bytes[..end]), None);
            }
            for (at, byte) in [(0, 1), (HEAD - 8, 0x80), (HEAD, b'x')] {
                let mut other = bytes.clone();
                other[at] = byte;
                assert_eq!(Mark::from_bytes(&other), None);
            }
        }
    }
}
