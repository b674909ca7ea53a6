//! Traces: the readable record of how one request was decided.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Rule;

/// One decision. Kept small; turned into a sentence only when read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule that decided.
    #[serde(rename = "r")]
    pub rule: Rule,
    /// What it decided.
    #[serde(rename = "n")]
    pub note: Note,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// No account had the address: one was made, with this username.
    AccountCreated(String),
    /// The account with the address is used.
    AccountFound,
    /// An unconfirmed account gave the address up (ACC-1).
    EmailTakenOver,
    /// No account: the reason.
    NotProvisioned(String),
    /// The person joined an organization.
    Joined(String),
    /// Already a member there; not managed by this connection, so its end will not end that (SCIM-6).
    Linked(String),
    /// Already a member there; managed from now on.
    Managed(String),
    /// The membership there ended.
    Left(String),
    /// The membership there came back as it was.
    Restored(String),
    /// The membership there sleeps.
    Suspended(String),
    /// An owner's block keeps the person out of this organization (ORG-2).
    Blocked(String),
    /// No seat is free in this organization; it waits (SCIM-9).
    WaitsForSeat(String),
    /// The last owner of this organization stays on record (ORG-1). Urgent.
    LastOwnerKept(String),
    /// The team was made.
    TeamCreated(String),
    /// The deleted team came back.
    TeamRevived(String),
    /// Added to this team.
    TeamJoined(String),
    /// Taken out of this team.
    TeamLeft(String),
    /// Another grant keeps the person in this team.
    TeamKept(String),
    /// The role is now this.
    RoleSet(String),
    /// The role asked for is above the connection's `highest_role`.
    RoleCapped(String),
    /// The full name is now this.
    NameSet(String),
    /// Stated, but another source wins.
    Outvoted(String),
    /// The email changed to this.
    EmailSet(String),
    /// The email stays: the connection may not change it (TEN-2).
    EmailKept(String),
    /// The pending invitation to this organization was consumed.
    InvitationUsed(String),
    /// The person was invited as a guest to this organization.
    Invited(String),
    /// The group maps to nothing: the reason.
    GroupUnmapped(String),
    /// So many members follow their group in the background, because it is large.
    MembersFollow(i64),
    /// A group inside a group maps nobody.
    NestedGroup(String),
    /// A value that cannot be applied was passed over: the reason.
    PassedOver(String),
    /// The request asked for what already was.
    NothingChanged,
    /// A peculiarity of the client that was understood.
    Dialect(String),
    /// A check of a sign-in that held: what was found.
    Checked(String),
    /// Who the identity provider says that it is: the address that it states.
    SignsIn(String),
    /// A session began: until when.
    SessionBegun(String),
    /// Another session in the same browser ended.
    SessionReplaced,
    /// Refused: the reason, as answered.
    Refused(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountCreated(name) => write!(f, "no account has this address: made `{name}`"),
            Self::AccountFound => f.write_str("the account with this address is used"),
            Self::EmailTakenOver => f.write_str("an account that never confirmed this address gave it up"),
            Self::NotProvisioned(why) => write!(f, "no account: {why}"),
            Self::Joined(organization) => write!(f, "joined {organization}"),
            Self::Linked(organization) => {
                write!(f, "already a member of {organization} without this connection: linked, not managed")
            }
            Self::Managed(organization) => write!(f, "already a member of {organization}: managed from now on"),
            Self::Left(organization) => write!(f, "left {organization}"),
            Self::Restored(organization) => write!(f, "back in {organization} as before"),
            Self::Suspended(organization) => write!(f, "suspended in {organization}; role and teams are remembered"),
            Self::Blocked(organization) => write!(f, "an owner's block keeps the person out of {organization}"),
            Self::WaitsForSeat(organization) => write!(f, "no seat is free in {organization}: waits for one"),
            Self::LastOwnerKept(organization) => {
                write!(f, "URGENT: the last owner of {organization} stays on record until another owner exists")
            }
            Self::TeamCreated(team) => write!(f, "made team {team}"),
            Self::TeamRevived(team) => write!(f, "brought back deleted team {team}"),
            Self::TeamJoined(team) => write!(f, "added to {team}"),
            Self::TeamLeft(team) => write!(f, "taken out of {team}"),
            Self::TeamKept(team) => write!(f, "stays in {team}: another grant says so"),
            Self::RoleSet(role) => write!(f, "role is now {role}"),
            Self::RoleCapped(role) => write!(f, "role {role} is above the connection's `highest_role`"),
            Self::NameSet(name) => write!(f, "full name is now {name}"),
            Self::Outvoted(what) => write!(f, "{what} is recorded, but another source wins"),
            Self::EmailSet(email) => write!(f, "email is now {email}"),
            Self::EmailKept(why) => write!(f, "email stays: {why}"),
            Self::InvitationUsed(organization) => write!(f, "used the pending invitation to {organization}"),
            Self::Invited(organization) => write!(f, "invited to {organization} as a guest"),
            Self::GroupUnmapped(why) => f.write_str(why),
            Self::MembersFollow(members) => write!(f, "its {members} members follow within moments"),
            Self::NestedGroup(group) => write!(f, "group {group} inside a group maps nobody"),
            Self::PassedOver(why) => write!(f, "passed over: {why}"),
            Self::NothingChanged => f.write_str("nothing changed"),
            Self::Dialect(what) => write!(f, "understood: {what}"),
            Self::SignsIn(email) => write!(f, "the identity provider says that it is `{email}`"),
            Self::Checked(what) => write!(f, "checked: {what}"),
            Self::SessionBegun(until) => write!(f, "signed in until {until}"),
            Self::SessionReplaced => f.write_str("another session in this browser ended"),
            Self::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}
