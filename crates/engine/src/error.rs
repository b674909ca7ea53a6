//! Why the engine did not do what was asked.

use muster_model::{Rule, connection::KeyPurpose, texts, token::Scope};
use muster_store::{StoreError, TxError, Unique};
use uuid::Uuid;

use crate::guard::Held;

/// The outcome of an engine function that did nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// There is no such thing, or it is another tenant's: the two are never told apart (TEN-3).
    #[error("{}", missing(kind, id))]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// As it was asked for; for a link, that it is gone, in words.
        id: String,
    },
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not.
    #[error(transparent)]
    Store(StoreError),
}

/// A link has no name that people know.
const LINK: &str = "link";

/// A link says for itself that it is gone.
fn missing(kind: &str, id: &str) -> String {
    if kind == LINK { id.to_owned() } else { format!("{kind} {id} not found") }
}

/// A rule's refusal. The text is for the administrator, and says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// SCIM-5: another user of the connection has the `userName`.
    #[error("userName `{0}` is taken by another user of this connection")]
    UserNameTaken(String),
    /// SCIM-8: another group of the connection has the `displayName`.
    #[error("displayName `{0}` is taken by another group of this connection")]
    GroupNameTaken(String),
    /// A value was free when it was looked up, and another request took it before the commit.
    #[error("another request has just taken this {0}: read it and decide again")]
    TakenMeanwhile(&'static str),
    /// TEN-2: another account has the email; nothing is merged.
    #[error("the email `{0}` belongs to another account: change it there first, or use another address")]
    EmailTaken(String),
    /// SCIM-10: what should become the account's email is no address.
    #[error(
        "`{0}` is not an email address: map the person's email to userName, or set `user_names = \"any\"` on the connection"
    )]
    NotAnEmail(String),
    /// SCIM-10.
    #[error(
        "domain `{domain}` is not a verified domain of connection `{connection}`: verify it there, or use an address of a verified domain"
    )]
    UnverifiedDomain {
        /// The address's domain.
        domain: String,
        /// The connection's name.
        connection: String,
    },
    /// SSO-3.
    #[error("{}", texts::idp_initiated_not_enabled(.0))]
    IdpInitiated(String),
    /// SSO-7: the request that an answer belongs to is unknown, over, answered, or of another browser.
    #[error("{}", texts::NO_SESSION)]
    SignInNotFound,
    /// SSO-7: an assertion that was accepted before.
    #[error("the identity provider's answer was accepted before: begin the sign-in anew")]
    AnswerUsed,
    /// SSO-6; the text of the rule is made with the TraceID.
    #[error(
        "domain `{0}` is not a verified domain of the connection: verify it there, or let the identity provider send another address"
    )]
    DomainNotVerified(String),
    /// JIT-1.
    #[error(
        "the account with the address `{0}` belongs to another subject of the identity provider: an owner must say whether it is the same person"
    )]
    AnotherSubject(String),
    /// SSO-9.
    #[error("single sign-on through connection `{0}` is enforced for this account: its password counts no more")]
    SsoEnforced(String),
    /// How somebody signs in is changed only by who has shown recently who they are.
    #[error("it is a while since you showed who you are: confirm that it is you, then try again")]
    NotRecent,
    /// SSO-11.
    #[error(
        "no owner has signed in through connection `{0}` since its single sign-on settings last changed: sign in through it first, then enforce it"
    )]
    NeverTried(String),
    /// SSO-8.
    #[error("this is the only {} key that is good now: add another one first", .0.as_str())]
    LastKey(KeyPurpose),
    /// ORG-4.
    #[error(
        "the account with the address `{0}` is from before the address's domain was verified here: it is entered only with its own password or passkey; have its owner change the address there first, or use another one"
    )]
    FormerHolder(String),
    /// An account that the operator has closed.
    #[error("the account is closed")]
    AccountClosed,
    /// JIT-7; the text of the rule is made with the TraceID.
    #[error(
        "`{0}` is neither a member nor invited, and Just-in-Time provisioning is off: assign the person, or invite them"
    )]
    NotAssigned(String),
    /// JIT-10.
    #[error("the directory of connection `{0}` has ended the person's access: assign the person there again")]
    EndedByDirectory(String),
    /// ORG-2.
    #[error("an owner keeps the person out of organization `{0}`: only an owner lets them in again")]
    KeptOut(String),
    /// JIT-4.
    #[error(
        "nothing places the person in an organization of connection `{0}`: set a default organization, or send groups"
    )]
    NotPlaced(String),
    /// SCIM-9.
    #[error("{}", texts::not_enough_seats(.0))]
    NoSeat(String),
    /// SCIM-4, JIT-9.
    #[error("dockerOrg `{0}` is not an organization that this connection covers")]
    OrganizationNotCovered(String),
    /// SCIM-4, ACC-3.
    #[error("dockerTeam cannot be applied: {0}")]
    TeamName(String),
    /// A version was named, and the resource has moved on.
    #[error("the resource has changed: it is at version {actual}; read it again and repeat the change")]
    VersionMismatch {
        /// The present version.
        actual: i64,
    },
    /// SCIM-3: a member that is not in this directory.
    #[error("member `{0}` is not a user or group of this connection")]
    UnknownMember(Uuid),
    /// SCIM-14.
    #[error("a request may change at most {limit} members, this one changes {asked}: send them in several requests")]
    TooManyMembers {
        /// The most allowed.
        limit: usize,
        /// How many were sent.
        asked: usize,
    },
    /// SCIM-7.
    #[error("SCIM is disabled on connection `{0}`: enable it there to go on syncing")]
    ScimDisabled(String),
    /// SSO-12.
    #[error("connection `{0}` is not active")]
    ConnectionInactive(String),
    /// ORG-1, by hand.
    #[error("`{account}` is the last owner of organization `{organization}`: make another member an owner first")]
    LastOwner {
        /// The owner's username.
        account: String,
        /// The organization's name.
        organization: String,
    },
    /// ORG-1: somebody who owns nothing there.
    #[error("only an owner of organization '{0}' can do this: ask one")]
    NotAnOwner(String),
    /// SES-4: an account whose address is of a domain that somebody else holds, or nobody.
    #[error(
        "only an owner of whoever holds the domain of `{username}`'s address signs the account out everywhere: to end its access to \
         organization `{organization}`, remove the member there"
    )]
    NotDomainHolder {
        /// The account's username.
        username: String,
        /// The organization's name.
        organization: String,
    },
    /// SEC-1: a token that is for something else.
    #[error("the token does not have the scope `{}`: use one that has it", .0.as_str())]
    OutOfScope(Scope),
    /// MIG-2: a plan whose state has changed since, or that is done.
    #[error("{0}")]
    PlanStale(String),
    /// A name that ACC-3 does not allow.
    #[error("{0}")]
    Name(String),
    /// ACC-3: a name that is, or was, another's.
    #[error("{0}")]
    NameTaken(String),
    /// Something that was stated, with the key that it was stated under.
    #[error("{text}")]
    Field {
        /// The key, such as `mapping.organization`.
        key: String,
        /// Where, what, and what to change.
        text: String,
    },
    /// Anything else that the caller can mend.
    #[error("{0}")]
    Invalid(String),
    /// MIG-3: it would end too much within the hour, and an owner has not approved it.
    #[error("{0}")]
    Held(Box<Held>),
    /// A held request was approved (MIG-3), or a recorded one replayed (SCIM-11), but the resource was written since.
    #[error("the resource was written since: what was said last stays")]
    Overtaken(Rule),
    /// The scan of a filter took too long or would answer too much.
    #[error("the filter reads too much: narrow it by userName, externalId, id or emails")]
    TooMany,
}

impl EngineError {
    /// A [`EngineError::NotFound`] of a link, in words.
    pub fn link_is_gone(words: &str) -> Self {
        Self::NotFound { kind: LINK, id: words.to_owned() }
    }

    /// A [`EngineError::NotFound`].
    pub fn not_found(kind: &'static str, id: impl ToString) -> Self {
        Self::NotFound { kind, id: id.to_string() }
    }
}

/// A unique value that was taken between the look and the write is the refusal that the look would have given.
impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(Unique::DirectoryUserName) => Refusal::TakenMeanwhile("userName").into(),
            StoreError::Taken(Unique::GroupDisplayName) => Refusal::TakenMeanwhile("displayName").into(),
            StoreError::Taken(Unique::AccountEmail) => Refusal::TakenMeanwhile("email").into(),
            other => Self::Store(other),
        }
    }
}

impl TxError for EngineError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound { .. } | Self::Refused(_) => None,
        }
    }

    fn is_overtaken(&self) -> bool {
        matches!(
            self,
            Self::Refused(Refusal::TakenMeanwhile(_)) | Self::Store(StoreError::Stale | StoreError::Taken(_))
        )
    }
}
