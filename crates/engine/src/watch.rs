//! What a run makes of people's places, gathered while it runs: what a plan, an adoption and the drift check show.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{AccountId, ConnectionId, MembershipState, OrganizationId, Role, TeamId};
use uuid::Uuid;

use crate::Env;

/// What is gathered.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Ids that this run made: of no meaning when it is run again.
    pub(crate) made: BTreeSet<Uuid>,
    moves: BTreeMap<(OrganizationId, AccountId), Move>,
}

/// Somebody's place in an organization, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// `None`: there had never been a membership.
    pub before: Option<Seen>,
    /// As it is now.
    pub after: Option<Seen>,
}

/// A membership as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it gives.
    pub state: MembershipState,
    /// The effective role.
    pub role: Role,
    /// The teams that awake grants name.
    pub teams: BTreeSet<TeamId>,
    /// The connections that manage it (SCIM-6).
    pub managed_by: BTreeSet<ConnectionId>,
}

impl Seen {
    /// Whether it takes a seat (SCIM-9).
    #[must_use]
    pub fn takes_seat(&self) -> bool {
        matches!(self.state, MembershipState::Active | MembershipState::Kept { .. })
    }
}

impl Watch {
    /// Everybody whose place is different now, by organization and account.
    pub fn moves(&self) -> impl Iterator<Item = (OrganizationId, AccountId, &Move)> {
        self.moves
            .iter()
            .filter(|(_, moved)| moved.before != moved.after)
            .map(|((organization, account), moved)| (*organization, *account, moved))
    }
}

impl Env {
    /// This run gathers what it makes of people's places.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch = Some(Watch::default());
        self
    }

    /// What was gathered so far; nothing, unless this run is [`watched`](Env::watched).
    #[must_use]
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// Notes one saved standing; the first `before` and the last `after` count.
    pub(crate) fn note_move(
        &mut self,
        organization: OrganizationId,
        account: AccountId,
        before: Option<Seen>,
        after: Option<Seen>,
    ) {
        let Some(watch) = &mut self.watch else { return };
        let moved = watch.moves.entry((organization, account)).or_insert(Move { before, after: None });
        moved.after = after;
    }
}
