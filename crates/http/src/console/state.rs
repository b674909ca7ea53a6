//! States as people see them: a sign and a word, never colour alone.

use muster_model::MembershipState;

use crate::pages::texts;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Somebody is in.
    Active,
    /// Somebody who was invited has not answered.
    Invited,
    /// Somebody is kept on record, without access.
    Kept,
    /// Somebody is out.
    Out,
    /// Somebody is of another domain.
    Guest,
    /// Sources disagree.
    Conflict,
}

impl State {
    /// Every one, for the page of components.
    pub(super) const ALL: &'static [Self] =
        &[Self::Active, Self::Invited, Self::Kept, Self::Out, Self::Guest, Self::Conflict];

    /// How a membership is.
    pub(super) fn of_membership(state: &MembershipState) -> Self {
        match state {
            MembershipState::Active => Self::Active,
            MembershipState::Kept { .. } => Self::Kept,
            _ => Self::Out,
        }
    }

    /// Which colours it has, beside its sign and word.
    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Invited | Self::Kept | Self::Conflict => "wait",
            Self::Out => "bad",
            Self::Guest => "",
        }
    }

    /// Its sign.
    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Active => "check",
            Self::Invited => "clock",
            Self::Kept => "pause",
            Self::Out => "cross",
            Self::Guest => "info",
            Self::Conflict => "warning",
        }
    }

    /// Its word.
    pub(super) fn label(self) -> String {
        texts::text(match self {
            Self::Active => "state-active",
            Self::Invited => "state-invited",
            Self::Kept => "state-kept",
            Self::Out => "state-out",
            Self::Guest => "state-guest",
            Self::Conflict => "state-conflict",
        })
    }
}
