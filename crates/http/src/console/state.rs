//! States as people see them: a sign and a word, never colour alone.

use muster_model::{Domain, DomainState, MembershipState, webhook::DeliveryState};

use crate::pages::texts;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Somebody is in.
    Active,
    /// Somebody who was invited has not answered.
    Invited,
    /// Somebody is kept on record, without access.
    Kept,
    /// A directory has deactivated somebody, or they wait for a seat.
    Suspended,
    /// Somebody is out.
    Out,
    /// Somebody is of another domain.
    Guest,
    /// Sources disagree.
    Conflict,
    /// A domain is proven.
    Verified,
    /// A domain is claimed.
    Pending,
    /// A proven domain's record is gone.
    Missing,
    /// A domain counts no more.
    Lapsed,
    /// A token works.
    On,
    /// A token is switched off.
    Off,
    /// A token has ended.
    Expired,
    /// A step is done.
    Done,
    /// A step is under way.
    Begun,
    /// A step is to be done.
    Todo,
    /// A message is to be sent.
    Waiting,
    /// A message was taken.
    Delivered,
    /// A message is not tried any more.
    GivenUp,
}

impl State {
    /// Every one, for the page of components.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Active,
        Self::Invited,
        Self::Kept,
        Self::Suspended,
        Self::Out,
        Self::Guest,
        Self::Conflict,
        Self::Verified,
        Self::Pending,
        Self::Missing,
        Self::Lapsed,
        Self::On,
        Self::Off,
        Self::Expired,
        Self::Done,
        Self::Begun,
        Self::Todo,
        Self::Waiting,
        Self::Delivered,
        Self::GivenUp,
    ];

    /// How a membership is.
    pub(crate) fn of_membership(state: &MembershipState) -> Self {
        match state {
            MembershipState::Active => Self::Active,
            MembershipState::Kept { .. } => Self::Kept,
            MembershipState::Asleep { .. } | MembershipState::Waiting => Self::Suspended,
            MembershipState::Ended { .. } => Self::Out,
        }
    }

    /// How a domain is.
    pub(crate) fn of_domain(domain: &Domain) -> Self {
        match domain.state {
            DomainState::Verified if domain.missing_since.is_some() => Self::Missing,
            DomainState::Verified => Self::Verified,
            DomainState::Pending => Self::Pending,
            DomainState::Lapsed => Self::Lapsed,
        }
    }

    /// How a message is.
    pub(crate) fn of_delivery(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Waiting,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Dead => Self::GivenUp,
        }
    }

    /// Which colours it has, beside its sign and word.
    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Active | Self::Verified | Self::On | Self::Done | Self::Delivered => "good",
            Self::Invited | Self::Kept | Self::Conflict | Self::Pending | Self::Missing | Self::Begun => "wait",
            Self::Suspended | Self::Waiting => "wait",
            Self::Out | Self::Lapsed | Self::Expired | Self::GivenUp => "bad",
            Self::Guest | Self::Off | Self::Todo => "",
        }
    }

    /// Its sign.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Active | Self::Verified | Self::On | Self::Done | Self::Delivered => "check",
            Self::Invited | Self::Pending | Self::Begun | Self::Waiting => "clock",
            Self::Kept | Self::Off => "pause",
            Self::Suspended => "pause",
            Self::Out | Self::Lapsed | Self::Expired | Self::GivenUp => "cross",
            Self::Guest | Self::Todo => "info",
            Self::Conflict | Self::Missing => "warning",
        }
    }

    /// Its word.
    pub(crate) fn label(self) -> String {
        texts::text(match self {
            Self::Active => "state-active",
            Self::Invited => "state-invited",
            Self::Kept => "state-kept",
            Self::Suspended => "state-suspended",
            Self::Out => "state-out",
            Self::Guest => "state-guest",
            Self::Conflict => "state-conflict",
            Self::Verified => "state-verified",
            Self::Pending => "state-pending",
            Self::Missing => "state-missing",
            Self::Lapsed => "state-lapsed",
            Self::On => "state-on",
            Self::Off => "state-off",
            Self::Expired => "state-expired",
            Self::Done => "state-done",
            Self::Begun => "state-begun",
            Self::Todo => "state-todo",
            Self::Waiting => "state-waiting",
            Self::Delivered => "state-delivered",
            Self::GivenUp => "state-given-up",
        })
    }
}
