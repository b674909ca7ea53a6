//! The resources of one page.

use std::{collections::BTreeMap, ops::ControlFlow};

use muster_model::{Connection, DirectoryUserId};
use muster_store::{Conn, UserGroup};

use super::{Listing, Next, Page, Place, Shown, View};
use crate::{EngineError, directory};

/// Those taken so far; in order, and no more than the page has room for.
pub(super) struct Pick {
    count: usize,
    bytes_left: u64,
    shown: Shown,
    views: Vec<View>,
    last: Option<Place>,
    more: bool,
}

impl Pick {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            count: page.count,
            bytes_left: page.bytes,
            shown: page.shown,
            views: Vec::new(),
            last: None,
            more: false,
        }
    }

    /// How many further resources there is room for.
    pub(super) fn room(&self) -> usize {
        self.count.saturating_sub(self.views.len())
    }

    /// Whether there are resources behind those of the page.
    pub(super) fn has_more(&self) -> bool {
        self.more
    }

    /// Tells of resources behind those of the page.
    pub(super) fn note_more(&mut self) {
        self.more = true;
    }

    /// Takes the next resource, or breaks because there is no room for it. What was read with it to look at it does not
    /// wait for the end of the page.
    pub(super) fn offer(&mut self, view: View) -> ControlFlow<()> {
        let bytes = view.bytes(self.shown);
        if self.more || self.room() == 0 || (bytes > self.bytes_left && !self.views.is_empty()) {
            self.more = true;
            return ControlFlow::Break(());
        }
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        self.last = Some(view.place());
        self.views.push(view.bare());
        ControlFlow::Continue(())
    }

    /// The page, with what is shown of its resources besides their documents.
    pub(super) fn into_listing(
        mut self,
        conn: &mut Conn<'_>,
        connection: &Connection,
        total: i64,
    ) -> Result<Listing, EngineError> {
        if self.shown.groups {
            load_groups(conn, connection, &mut self.views)?;
        }
        if self.shown.members {
            for view in &mut self.views {
                if let View::Group(group, members) = view {
                    *members = directory::members(conn, group)?;
                }
            }
        }
        let next = self.last.filter(|_| self.more).map(Next::After);
        Ok(Listing { total, resources: self.views, next })
    }
}

/// Reads the groups of a user, or the members of a group.
pub(super) fn load_nested(conn: &mut Conn<'_>, connection: &Connection, view: &mut View) -> Result<(), EngineError> {
    if let View::Group(group, members) = view {
        *members = directory::members(conn, group)?;
        return Ok(());
    }
    load_groups(conn, connection, std::slice::from_mut(view))
}

/// Reads the groups of all users among the views with one statement.
pub(super) fn load_groups(conn: &mut Conn<'_>, connection: &Connection, views: &mut [View]) -> Result<(), EngineError> {
    let users = views.iter().filter_map(|view| match view {
        View::User(user, _) => Some(user),
        View::Group(..) => None,
    });
    let mut groups: BTreeMap<DirectoryUserId, Vec<UserGroup>> = BTreeMap::new();
    for group in directory::user_groups(conn, connection, users)? {
        groups.entry(group.user).or_default().push(group);
    }
    for view in views {
        if let View::User(user, of) = view {
            *of = groups.remove(&user.id).unwrap_or_default();
        }
    }
    Ok(())
}
