//! The ledger: every change, with old and new value, for ever attributable (PRE-2).
//!
//! One row is one transaction. Its [`Change`]s name their subject and the subject's version after
//! the change, so a replay needs no global order: sort by (subject, version), refuse gaps.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Actor, ConnectionId, LedgerId, RequestId, Rule, Source, Timestamp, Version};

/// What happened, by the names of the activity log (ORG-9).
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What happened, by the names of the activity log (ORG-9).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $name,)* }

        impl Event {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in the ledger, the API and webhooks.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

events! {
    /// An account was made.
    AccountCreated = "account.create";
    /// An account's values changed.
    AccountUpdated = "account.update";
    /// An account was erased (ACC-2).
    AccountErased = "account.erase";
    /// A company was made.
    CompanyCreated = "company.create";
    /// A company was renamed.
    CompanyUpdated = "company.update";
    /// Somebody became an owner of a company (ORG-1).
    CompanyOwnerAdded = "company.owner.add";
    /// Somebody is an owner of a company no more.
    CompanyOwnerRemoved = "company.owner.remove";
    /// An organization was made.
    OrganizationCreated = "org.create";
    /// An organization's settings changed.
    OrganizationUpdated = "org.settings.update";
    /// An organization ended.
    OrganizationEnded = "org.delete";
    /// A team was made, by hand or by a push.
    TeamCreated = "team.create";
    /// A deleted team came back because a push named it (GRP-5).
    TeamRevived = "team.restore";
    /// A team was renamed.
    TeamUpdated = "team.update";
    /// A team was deleted.
    TeamEnded = "team.delete";
    /// A membership began.
    MemberAdded = "member.added";
    /// A membership's role or flags changed.
    MemberUpdated = "member.role.update";
    /// A membership sleeps or waits.
    MemberSuspended = "member.suspended";
    /// A membership came back.
    MemberRestored = "member.restored";
    /// A membership ended.
    MemberRemoved = "member.removed";
    /// A reason for a membership was given.
    GrantGiven = "grant.given";
    /// The first awake grant for a team was given.
    TeamMemberAdded = "team.member.add";
    /// The last awake grant for a team went.
    TeamMemberRemoved = "team.member.remove";
    /// A grant sleeps.
    GrantAsleep = "grant.asleep";
    /// A grant woke.
    GrantAwake = "grant.awake";
    /// A grant ended.
    GrantEnded = "grant.ended";
    /// A domain was added.
    DomainCreated = "domain.create";
    /// What is asked of, or set for, a domain changed.
    DomainUpdated = "domain.update";
    /// A domain was proven, or counts again.
    DomainVerified = "domain.verify";
    /// A domain's record is missing.
    DomainMissing = "domain.missing";
    /// A domain counts no more, because its record stayed away or another holder has proven it.
    DomainLapsed = "domain.lapse";
    /// A domain was removed.
    DomainEnded = "domain.delete";
    /// A connection was made.
    ConnectionCreated = "connection.create";
    /// A connection's settings changed.
    ConnectionUpdated = "connection.update";
    /// A connection was deleted.
    ConnectionEnded = "connection.delete";
    /// Somebody opened a set-up link (SEC-2).
    SetUpUsed = "connection.setup.use";
    /// Whoever sets a connection up says that it is ready to be activated (SEC-2).
    SetUpReady = "connection.setup.ready";
    /// A token was made.
    TokenCreated = "token.create";
    /// An access token was renamed, or switched off or on.
    TokenUpdated = "token.update";
    /// A token was revoked.
    TokenRevoked = "token.revoke";
    /// A product may sign people in here.
    ClientCreated = "client.create";
    /// What a product may do, or where people are sent from it, changed; or it has a new secret.
    ClientUpdated = "client.update";
    /// A product signs nobody in here any more.
    ClientEnded = "client.delete";
    /// A web server is sent what happens.
    WebhookCreated = "webhook.create";
    /// Where a webhook is sent, or what, changed; or it has a new secret, or was switched off or on.
    WebhookUpdated = "webhook.update";
    /// A web server is sent nothing any more.
    WebhookEnded = "webhook.delete";
    /// A second factor or passkey was set up.
    FactorAdded = "account.factor.add";
    /// A recovery code was used.
    FactorUsed = "account.factor.use";
    /// A second factor or passkey was removed.
    FactorRemoved = "account.factor.remove";
    /// An invitation was made.
    InvitationCreated = "org.invite.create";
    /// An invitation was sent again, with a new link.
    InvitationResent = "org.invite.resend";
    /// An invitation was accepted, or consumed by provisioning.
    InvitationAccepted = "org.invite.accept";
    /// An invitation was cancelled or taken back.
    InvitationEnded = "org.invite.delete";
    /// A directory user was pushed.
    DirectoryUserCreated = "scim.user.create";
    /// A directory user changed.
    DirectoryUserUpdated = "scim.user.update";
    /// A directory user was deleted.
    DirectoryUserDeleted = "scim.user.delete";
    /// A directory group was pushed.
    DirectoryGroupCreated = "scim.group.create";
    /// A directory group changed.
    DirectoryGroupUpdated = "scim.group.update";
    /// Members joined or left a directory group.
    DirectoryGroupMembers = "scim.group.members";
    /// A directory group was deleted.
    DirectoryGroupDeleted = "scim.group.delete";
}

impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.as_str() == text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not an event")))
    }
}

/// The kinds of things whose history the ledger keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An account.
    Account,
    /// A company.
    Company,
    /// An organization.
    Organization,
    /// A team.
    Team,
    /// A membership; its id is the account, `of` the organization.
    Membership,
    /// A grant; `of` is the account.
    Grant,
    /// A domain.
    Domain,
    /// A connection.
    Connection,
    /// A token.
    Token,
    /// A second factor or passkey; `of` is the account.
    Factor,
    /// An invitation; `of` the organization.
    Invitation,
    /// A directory user; `of` the connection.
    DirectoryUser,
    /// A directory group; `of` the connection.
    DirectoryGroup,
    /// A product that signs people in here.
    Client,
    /// A web server that is sent what happens.
    Webhook,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Account,
        Self::Company,
        Self::Organization,
        Self::Team,
        Self::Membership,
        Self::Grant,
        Self::Domain,
        Self::Connection,
        Self::Token,
        Self::Factor,
        Self::Invitation,
        Self::DirectoryUser,
        Self::DirectoryGroup,
        Self::Client,
        Self::Webhook,
    ];

    /// The word in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Company => "company",
            Self::Organization => "organization",
            Self::Team => "team",
            Self::Membership => "membership",
            Self::Grant => "grant",
            Self::Domain => "domain",
            Self::Connection => "connection",
            Self::Token => "token",
            Self::Factor => "factor",
            Self::Invitation => "invitation",
            Self::DirectoryUser => "directory-user",
            Self::DirectoryGroup => "directory-group",
            Self::Client => "client",
            Self::Webhook => "webhook",
        }
    }
}

/// One subject's change from one version to the next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    /// What happened.
    #[serde(rename = "e")]
    pub event: Event,
    /// To what kind of thing.
    #[serde(rename = "k")]
    pub kind: Kind,
    /// To which one.
    #[serde(rename = "i")]
    pub id: Uuid,
    /// Within what, where the id alone does not tell.
    #[serde(rename = "of", default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Uuid>,
    /// The subject's version after the change.
    #[serde(rename = "v")]
    pub version: Version,
    /// The rule that decided.
    #[serde(rename = "r")]
    pub rule: Rule,
    /// Fields before; only those that changed. Absent when the subject is new.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Box<RawValue>>,
    /// Fields after; all of them when the subject is new, only the changed ones otherwise. Absent
    /// when the subject is gone.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Box<RawValue>>,
}

/// One transaction's changes, as stored.
#[derive(Debug, Clone)]
pub struct LedgerRow {
    /// UUIDv7: rows sort by time.
    pub id: LedgerId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub source: Source,
    /// Through which connection.
    pub connection: Option<ConnectionId>,
    /// Who acted.
    pub actor: Actor,
    /// In which request.
    pub request: Option<RequestId>,
    /// What changed.
    pub changes: Vec<Change>,
}

/// What the expired part of a subject's history came to (PRE-2): where a replay begins.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Of what kind of thing.
    pub kind: Kind,
    /// Of which one.
    pub id: Uuid,
    /// Within what, where the id alone does not tell.
    pub of: Option<Uuid>,
    /// The version that it was at.
    pub version: Version,
    /// When the last change that is folded into it was made.
    pub at: Timestamp,
    /// All fields, without a group's members.
    pub fields: Box<RawValue>,
}
