//! Administration: what the shell asks for, done on a store.
//!
//! A [`Request`] is done by [`run`] and comes to an [`Answer`]; both are plain values, so that the command line can do
//! it itself or have a running server do it (`local`), with the same outcome.

mod access_token;
mod activity;
mod adopt;
mod app;
mod apply;
pub(crate) mod backup;
mod conflicts;
mod connection;
mod domain;
mod drift;
mod examination;
mod explain;
mod export;
mod held;
mod invitation;
mod named;
mod organization;
mod plan;
mod requests;
pub(crate) mod said;
mod session;
mod stream;
mod team;
mod token;
mod user;
mod webhook;

use std::{path::PathBuf, sync::Arc};

use muster_administration::{AdministrationError, Administrator, Misstated};
pub(crate) use muster_administration::{
    adoption::Candidates,
    applying::Applied,
    change::{Change, FieldChange},
    drift::Drift,
    explanation::{Explanation, Said},
    held::{Ends, Held, HeldLine},
    plans::{MemberLine, PlanLine, PlanView},
};
use muster_crypto::NoRandomness;
use muster_engine::{EngineError, Env, Origin, Surroundings, transact};
use muster_http::{HttpError, LogError, ScimDocuments};
use muster_store::{Store, Tx};
use serde::{Deserialize, Serialize};

use crate::{
    declaration::{Declaration, ReadError},
    open::OpenError,
    remote::ServerError,
};

pub(crate) use access_token::{AccessTokenLine, AccessTokenRequest, AccessTokens, TokenHolder};
pub(crate) use activity::{Activity, ActivityRequest};
pub(crate) use adopt::{AdoptRequest, AdoptWhat, Adopting};
pub(crate) use app::Application;
pub(crate) use backup::{BackUp, BackedUp, back_up};
pub(crate) use conflicts::Conflicts;
pub(crate) use connection::{AffectedView, ByEnforcement, ConnectionRequest, ConnectionView, Connections, KeyRequest};
pub(crate) use domain::{
    DomainAudit, DomainRequest, DomainView, Domains, InviteRequest, Outsider, Record as DomainRecord,
};
pub(crate) use examination::{Check, Examination, Status};
pub(crate) use export::MembersExport;
pub(crate) use held::HeldRequest;
pub(crate) use invitation::{InvitationLine, Invitations, InvitedLine, InvitedPeople};
pub(crate) use organization::{
    Blocked, BlockedLine, Invitee, MemberLine as PersonLine, Members, MembersRequest, OrganizationLine,
    OrganizationRequest, Organizations,
};
pub(crate) use plan::{PlanRequest, Planned};
pub(crate) use requests::{
    ExportPage, ExportRequest, Filter, ReplayRequest, Replayed, RequestDetails, RequestLine, RequestList,
    RequestsRequest, moment,
};
pub(crate) use session::{SessionLine, SessionRequest, Sessions};
pub(crate) use stream::{StreamRequest, Streams};
pub(crate) use team::{TeamChange, TeamLine, TeamRequest, Teams};
pub(crate) use token::{TokenLine, TokenRequest, Tokens};
pub(crate) use user::{Accounts, Erasures, Factors, Person, UserRequest};
pub(crate) use webhook::{MessageLine as WebhookMessage, WebhookLine, WebhookRequest, Webhooks};

/// What is administered.
#[derive(Clone)]
pub(crate) struct Installation {
    /// Its store.
    pub(crate) store: Store,
    /// The clock and randomness.
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// What links are made of.
    pub(crate) base_url: String,
    /// What runs requests, and opens what is sealed.
    pub(crate) application: Application,
}

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Make the database say what a file says.
    Apply {
        /// The file.
        declaration: Box<Declaration>,
        /// Remove what it does not name.
        prune: bool,
        /// Only show what would change.
        plan: bool,
    },
    /// Write what the database says as a file.
    Export,
    /// A connection's SCIM tokens.
    Token {
        /// The connection's name.
        connection: String,
        /// What about them.
        request: TokenRequest,
    },
    /// Personal and organization access tokens.
    AccessToken {
        /// Whose.
        holder: TokenHolder,
        /// What about them.
        request: AccessTokenRequest,
    },
    /// Look for what needs looking after.
    Examine,
    /// Copy the embedded database into a file.
    BackUp(BackUp),
    /// Who is this, and why is it where it is?
    Explain {
        /// The account's email, username or id.
        who: String,
        /// Only as the owners of this organization see them.
        organization: Option<String>,
    },
    /// What the mass-change guard holds.
    Held {
        /// The connection's name.
        connection: String,
        /// What about it.
        request: HeldRequest,
    },
    /// Where SSO and SCIM disagree.
    Conflicts {
        /// The connection's name.
        connection: String,
        /// The account after which the page begins.
        after: Option<String>,
        /// How many accounts a page holds at most.
        limit: usize,
    },
    /// What would change, kept, and done as it was shown.
    Plan(PlanRequest),
    /// Existing members under SCIM management.
    Adopt(AdoptRequest),
    /// What has come apart from what the IdP last said.
    Drift {
        /// The connection's name.
        connection: String,
        /// The directory user after which to begin.
        after: Option<String>,
        /// Mend it.
        repair: bool,
    },
    /// The request log.
    Requests(RequestsRequest),
    /// People.
    User(UserRequest),
    /// Connections, and their keys.
    Connection(ConnectionRequest),
    /// The activity log.
    Activity(ActivityRequest),
    /// Where the activity log is streamed to.
    Stream(StreamRequest),
    /// Email domains.
    Domain(DomainRequest),
    /// Who is signed in where.
    Session(SessionRequest),
    /// Where what happens is sent.
    Webhook(WebhookRequest),
    /// Organizations and who is in them.
    Organization(OrganizationRequest),
    /// Teams.
    Team {
        /// The organization's name.
        organization: String,
        /// What about them.
        request: TeamRequest,
    },
}

impl Request {
    /// What is being done, for whoever waits.
    pub(crate) fn doing(&self) -> &'static str {
        match self {
            Self::Apply { plan: true, .. } => "trying what the file says",
            Self::Apply { .. } => "applying the file",
            Self::Plan(PlanRequest::Make { .. }) => "working out what would change",
            Self::Plan(PlanRequest::Apply { .. }) => "applying the plan",
            Self::Adopt(_) => "working out who can be adopted",
            Self::Drift { repair: true, .. } => "mending what has come apart",
            Self::Drift { .. } => "comparing with what the directory last said",
            Self::Held { request: HeldRequest::Approve { .. }, .. } => "doing what was held",
            Self::Requests(RequestsRequest::Replay(_)) => "playing requests again",
            Self::Requests(_) => "reading the request log",
            Self::Activity(_) => "reading the activity log",
            Self::BackUp(_) => "copying the database",
            Self::User(UserRequest::Erase { .. }) => "erasing",
            Self::Organization(OrganizationRequest::Invite { .. }) => "inviting",
            _ => "working",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Of [`Request::Apply`].
    Applied(Applied),
    /// Of [`Request::Export`].
    Exported(Box<Declaration>),
    /// Of [`Request::Token`].
    Tokens(Tokens),
    /// Of [`Request::AccessToken`].
    AccessTokens(AccessTokens),
    /// Of [`Request::Explain`].
    Explained(Box<Explanation>),
    /// Of [`Request::Held`].
    Held(Held),
    /// Of [`Request::Examine`].
    Examined(Examination),
    /// Of [`Request::BackUp`].
    BackedUp(BackedUp),
    /// Of [`Request::Conflicts`].
    Conflicts(Conflicts),
    /// Of [`Request::Plan`].
    Planned(Planned),
    /// Of [`Request::Adopt`].
    Adopting(Adopting),
    /// Of [`Request::Drift`].
    Drift(Drift),
    /// Of [`RequestsRequest::List`].
    Requests(RequestList),
    /// Of [`RequestsRequest::Show`].
    RequestDetails(Box<RequestDetails>),
    /// Of [`RequestsRequest::Export`].
    ExportPage(ExportPage),
    /// Of [`RequestsRequest::Replay`].
    Replayed(Replayed),
    /// Of [`Request::Connection`].
    Connections(Connections),
    /// Of [`Request::Activity`].
    Activity(Activity),
    /// Of [`Request::Stream`].
    Streams(Streams),
    /// Of [`Request::Domain`].
    Domains(Domains),
    /// Of [`DomainRequest::Audit`].
    DomainAudit(DomainAudit),
    /// Of [`Request::Session`].
    Sessions(Sessions),
    /// Of [`Request::Webhook`].
    Webhooks(Webhooks),
    /// Of [`Request::Team`].
    Teams(Teams),
    /// Of [`Request::Organization`], about organizations.
    Organizations(Organizations),
    /// About their members.
    Members(Members),
    /// A page of the members as CSV.
    MembersExported(MembersExport),
    /// Of people who were to be invited.
    Invited(InvitedPeople),
    /// About those who are.
    Invitations(Invitations),
    /// About those who are kept out.
    Blocked(Blocked),
    /// Of [`UserRequest::List`] and [`UserRequest::Show`].
    Accounts(Accounts),
    /// Of [`UserRequest::Find`].
    Person(Person),
    /// Of [`UserRequest::Factors`].
    Factors(Factors),
    /// Of [`UserRequest::Erase`] and [`UserRequest::Erasures`].
    Erasures(Erasures),
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    /// The engine refused, or the store could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Nor could the administration.
    #[error(transparent)]
    Administration(#[from] AdministrationError),
    /// Something cannot be stated so.
    #[error(transparent)]
    Misstated(#[from] Misstated),
    /// The application could not.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The keys cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is on the request log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The operating system refused.
    #[error("the operating system refused")]
    System(#[from] std::io::Error),
    /// The declaration cannot be understood.
    #[error(transparent)]
    Declaration(#[from] ReadError),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] muster_store::backup::BackupError),
    /// No secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// There is nothing of this name.
    #[error("there is no {kind} `{name}`: {hint}")]
    Missing {
        /// What was looked for.
        kind: &'static str,
        /// As it was asked for.
        name: String,
        /// How to find the right one.
        hint: String,
    },
    /// The request itself is wrong.
    #[error("{0}")]
    Wrong(String),
    /// A server did not do it.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server that holds the database did not do it.
    #[error("{0}")]
    Remote(String),
    /// The running server cannot be talked to.
    #[error("the server that holds the database does not answer at {path}", path = .path.display())]
    Link {
        /// Its socket.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

impl AdminError {
    /// Whether it was asked wrongly, rather than could not be done.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Misstated(_))
    }
}

/// Does what is asked. Blocks: call it on a plain thread.
pub(crate) fn run(installation: &Installation, request: Request) -> Result<Answer, AdminError> {
    match request {
        Request::Apply { declaration, prune, plan } => {
            apply::apply(installation, &declaration, prune, plan).map(Answer::Applied)
        }
        Request::Export => {
            let exported = installation.store.scan_blocking(muster_engine::declare::export)?;
            Ok(Answer::Exported(Box::new(crate::declaration::from_engine(exported))))
        }
        Request::Token { connection, request } => token::run(installation, &connection, request).map(Answer::Tokens),
        Request::AccessToken { holder, request } => {
            access_token::run(installation, &holder, request).map(Answer::AccessTokens)
        }
        Request::Requests(request) => requests::run(installation, request),
        Request::User(request) => user::run(installation, request),
        Request::Connection(request) => connection::run(installation, request),
        Request::Activity(request) => activity::run(installation, request).map(Answer::Activity),
        Request::Stream(request) => stream::run(installation, request).map(Answer::Streams),
        Request::Domain(request) => domain::run(installation, request),
        Request::Session(request) => session::run(installation, request),
        Request::Webhook(request) => webhook::run(installation, request).map(Answer::Webhooks),
        Request::Organization(request) => organization::run(installation, request),
        Request::Team { organization, request } => team::run(installation, &organization, request).map(Answer::Teams),
        Request::Explain { who, organization } => {
            explain::explain(installation, &who, organization.as_deref()).map(Box::new).map(Answer::Explained)
        }
        Request::Held { connection, request } => held::run(installation, &connection, request).map(Answer::Held),
        Request::Examine => examination::examine(installation).map(Answer::Examined),
        Request::BackUp(request) => back_up(&request).map(Answer::BackedUp),
        Request::Conflicts { connection, after, limit } => {
            conflicts::list(installation, &connection, after.as_deref(), limit).map(Answer::Conflicts)
        }
        Request::Plan(request) => plan::run(installation, request).map(Answer::Planned),
        Request::Adopt(request) => adopt::run(installation, request).map(Answer::Adopting),
        Request::Drift { connection, after, repair } => {
            drift::run(installation, &connection, after.as_deref(), repair).map(Answer::Drift)
        }
    }
}

impl Installation {
    /// The operator, at work here.
    pub(crate) fn administrator(&self) -> Administrator {
        Administrator::operator(self.store.clone(), Arc::clone(&self.surroundings), Arc::new(ScimDocuments))
    }

    /// One change by the operator, committed if it succeeds.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let surroundings = Arc::clone(&self.surroundings);
        self.store.write_blocking(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), Origin::OPERATOR);
            transact(tx, &mut env, |tx, env| work(tx, env))
        })
    }
}
