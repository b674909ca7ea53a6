//! Lists over a directory: pages, filters and order (SCIM-2).
//!
//! Order is users before groups and by id within them, unless asked otherwise: ids rise with time and are never used
//! again, so a page that was read stays what it was while others write, and a walk over the pages meets every surviving
//! resource once.
//!
//! - [`page`]: all resources, by id; [`Anchors`] find a page that is far down.
//! - [`find`]: those that match, by id or in the order of a key;
//! - [`walk`]: a sorted list page by page. What resources are sorted by changes, so the order is kept as it was when the walk
//!   began, and each survivor comes once there, too.
//!
//! Memory is bounded whatever the directory holds. While resources are looked at, only those of the page are kept; while
//! they are sorted, only keys and ids, and only of those that may still come into the page (`ranking`). A page ends
//! before its count when its resources would make an answer of more than [`Page::bytes`].

mod anchors;
mod find;
mod pick;
mod ranking;
pub mod walk;

use muster_model::{Connection, DirectoryGroup, DirectoryUser, Timestamp, WalkId, directory::MemberId};
use muster_store::{Conn, Counter, Listed, UserGroup};
use uuid::Uuid;

pub use anchors::Anchors;
pub use find::{Find, Sort, Source, find, sorted};

use crate::EngineError;
use pick::Pick;

/// What a page of a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The most resources in it; with none it only tells the total.
    pub count: usize,
    /// About how many bytes its answer may have. The first resource comes in any case.
    pub bytes: u64,
    /// What its answer shows.
    pub shown: Shown,
}

/// Where a page begins in a list that is not sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this position, counted from 1.
    At(i64),
    /// Behind a resource that was the last of another page, and may be gone by now.
    After {
        /// That resource.
        place: Place,
        /// How many there were in all when the walk began, if that is not to be counted again.
        total: Option<i64>,
    },
}

/// The place of a resource in a list that is not sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What it is.
    pub listed: Listed,
    /// Its id.
    pub id: Uuid,
}

/// Which of the parts that are kept apart from a resource its answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The groups of users.
    pub groups: bool,
    /// The members of groups.
    pub members: bool,
}

/// Which way a sorted list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A page of resources, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// All that match, not only those here.
    pub total: i64,
    /// Those of the page.
    pub resources: Vec<View>,
    /// What is behind them, if anything is.
    pub next: Option<Next>,
}

/// Where the page after another begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Behind this resource.
    After(Place),
    /// At this position of the order in which the list was when the walk began, counted from 0.
    Kept(u64),
}

/// A sorted list that is walked: its order as it was is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// The kept order.
    pub walk: WalkId,
    /// Where in it the page begins, counted from 0.
    pub position: u64,
    /// How many matched when the walk began.
    pub total: i64,
}

/// A resource with what is kept apart from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// A user, and the groups that name it.
    User(DirectoryUser, Vec<UserGroup>),
    /// A group, and its members, by id.
    Group(DirectoryGroup, Vec<MemberId>),
}

/// About how many bytes of an answer a resource takes in any case, and each link in it.
const RESOURCE_BYTES: i64 = 512;
const LINK_BYTES: i64 = 200;

impl View {
    fn place(&self) -> Place {
        match self {
            Self::User(user, _) => Place { listed: Listed::Users, id: user.id.0 },
            Self::Group(group, _) => Place { listed: Listed::Groups, id: group.id.0 },
        }
    }

    /// The same without what is kept apart.
    fn bare(self) -> Self {
        match self {
            Self::User(user, _) => Self::User(user, Vec::new()),
            Self::Group(group, _) => Self::Group(group, Vec::new()),
        }
    }

    /// About how many bytes its answer has.
    #[must_use]
    pub fn bytes(&self, shown: Shown) -> u64 {
        let (document, links) = match self {
            Self::User(user, _) => (&user.document, if shown.groups { user.groups } else { 0 }),
            Self::Group(group, _) => (&group.document, if shown.members { group.members } else { 0 }),
        };
        let apart = RESOURCE_BYTES.saturating_add(links.saturating_mul(LINK_BYTES));
        u64::try_from(apart).unwrap_or(0).saturating_add(document.len() as u64)
    }
}

/// A page of all resources of these kinds, by id. `now` tells which of them are old enough that no other comes between.
///
/// # Errors
///
/// The store's.
pub fn page(
    conn: &mut Conn<'_>,
    now: Timestamp,
    connection: &Connection,
    anchors: &Anchors,
    kinds: &[Listed],
    start: Start,
    page: &Page,
) -> Result<Listing, EngineError> {
    let mut counts = Vec::with_capacity(kinds.len());
    for listed in kinds {
        counts.push(conn.count(connection.id.0, counter(*listed))?);
    }
    let total = counts.iter().sum();
    let mut pick = Pick::new(page);
    let mut passed = 0;
    for (listed, count) in kinds.iter().copied().zip(counts) {
        if page.count == 0 || pick.has_more() {
            break;
        }
        let (after, skip) = match start {
            Start::At(start) if start - passed > count => {
                passed += count;
                continue;
            }
            Start::At(start) => anchors.find(conn, now, connection.id, listed, (start - passed).max(1))?,
            Start::After { place, .. } if listed < place.listed => continue,
            Start::After { place, .. } if listed == place.listed => (place.id, 0),
            Start::After { .. } => (Uuid::nil(), 0),
        };
        passed += count;
        // One more than there is room for tells whether there are more.
        let limit = i64::try_from(pick.room()).unwrap_or(i64::MAX).saturating_add(1);
        match listed {
            Listed::Users => conn.directory_users_page(connection.id, after, skip, limit, |user| {
                pick.offer(View::User(user, Vec::new()))
            })?,
            Listed::Groups => conn.directory_groups_page(connection.id, after, skip, limit, |group| {
                pick.offer(View::Group(group, Vec::new()))
            })?,
        }
    }
    pick.into_listing(conn, connection, total)
}

fn counter(listed: Listed) -> Counter {
    match listed {
        Listed::Users => Counter::Users,
        Listed::Groups => Counter::Groups,
    }
}
