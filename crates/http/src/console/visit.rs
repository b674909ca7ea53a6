//! Who visits the console: somebody signed in, or nobody, who is led to the sign-in and back.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use muster_engine::{
    EngineError, Env, Refusal,
    authority::{
        Action, Caller, Who,
        holder::{Held, Whose},
    },
    credentials::{exchange::Evidence, recent},
    transact,
};
use muster_model::{Account, AccountId, Organization, Role, Session, domain::Holder};
use muster_store::{Conn, Tx};

use super::shell::{Section, Shell};
use crate::{
    App, HttpError,
    acting::Acting,
    app::Lane,
    arrival::Arrival,
    browser::{Form, Visitor, require_same_origin, visitor},
    invitations::invitees::BYTES,
    pages,
    sign_in::way_back,
};

/// Somebody signed in who visits the console.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Whether the page's address names a company, and no organization.
    of_company: bool,
    acting: Acting,
    pub(crate) session: Session,
}

/// The organization that a page is of, and who looks at it.
pub(crate) struct At<'v> {
    pub(crate) caller: &'v Caller,
    pub(crate) organization: Organization,
    pub(crate) role: Role,
}

/// What holds the domains or connections that a page is of, and who looks at it.
pub(super) struct Place<'v> {
    pub(super) caller: &'v Caller,
    whose: &'v Whose,
    pub(super) holder: Holder,
    role: Role,
}

impl Place<'_> {
    /// Whether whoever visits may do this.
    pub(super) fn may(&self, action: Action) -> bool {
        self.role >= action.role()
    }

    /// Demands that whoever visits may do this.
    pub(super) fn require(&self, conn: &mut Conn<'_>, action: Action) -> Result<(), EngineError> {
        self.caller.holder(conn, self.whose, action).map(drop)
    }
}

/// Where the pages of companies are.
const COMPANY: &str = "/console/companies/";

impl At<'_> {
    /// Whether whoever visits may do this.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.role >= action.role()
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let arrival = parts.extensions.get::<Arrival>().copied().unwrap_or_else(|| Arrival::now(app));
        let visitor = visitor(app, &parts.headers, arrival).await.map_err(IntoResponse::into_response)?;
        match visitor {
            Visitor::SignedIn(session) => {
                let acting = Acting {
                    app: app.clone(),
                    arrival,
                    who: Who::Account(session.account),
                    evidence: Evidence::Session(session.id),
                };
                let matched = parts.extensions.get::<MatchedPath>();
                let of_company = matched.is_some_and(|path| path.as_str().starts_with(COMPANY));
                Ok(Self { of_company, acting, session: *session })
            }
            Visitor::SignedOut(_) | Visitor::Stranger => Err(lead_to_sign_in(app, parts).into_response()),
        }
    }
}

/// To the sign-in, from where whoever only wanted to read comes back here.
fn lead_to_sign_in(app: &App, parts: &Parts) -> Result<Response, HttpError> {
    let response = pages::see_other(&format!("{}/signin", app.base_url()))?;
    if parts.method != http::Method::GET {
        return Ok(response);
    }
    way_back::remember(app, response, parts.uri.path())
}

impl Visit {
    pub(crate) fn acting(&self) -> &Acting {
        &self.acting
    }

    pub(crate) fn app(&self) -> &App {
        &self.acting.app
    }

    /// Reads what a page of no single organization shows, with its shell.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Conn<'_>, &Caller) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, T), HttpError> {
        let (app, account) = (self.app().clone(), self.session.account);
        let read = move |conn: &mut Conn<'_>, caller: &Caller| {
            let viewer = conn.account(account)?.map(|account| called(&account)).unwrap_or_default();
            Ok((Shell::outside(&app, viewer), work(conn, caller)?))
        };
        self.acting.read(Lane::Snapshot, read).await
    }

    /// Reads what a page of an organization shows, with its shell, if whoever visits may see that.
    pub(crate) async fn organization<T: Send + 'static>(
        &self,
        name: &str,
        here: Section,
        mut work: impl FnMut(&mut Conn<'_>, &At<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, T), HttpError> {
        let (name, account) = (name.to_owned(), self.session.account);
        let read = self.read(move |conn, caller| {
            let (organization, role) = caller.organization(conn, &name, here.action())?;
            let has_others = has_others(conn, account)?;
            let name = organization.name.clone();
            let at = At { caller, organization, role };
            Ok((name, role, has_others, work(conn, &at)?))
        });
        let (shell, (name, role, has_others, value)) = read.await?;
        Ok((shell.organization(&name, role, here, has_others), value))
    }

    /// Whose a page is, by the name in its address.
    pub(super) fn whose(&self, name: &str) -> Whose {
        if self.of_company { Whose::Company(name.to_owned()) } else { Whose::Organization(name.to_owned()) }
    }

    /// Where its pages are, below the base URL.
    pub(super) fn home(&self, name: &str) -> String {
        if self.of_company { format!("{COMPANY}{name}") } else { format!("/console/orgs/{name}") }
    }

    /// Reads what a page of an organization's or company's domains or connections shows, with its shell, if whoever visits may
    /// see that.
    pub(super) async fn holder<T: Send + 'static>(
        &self,
        name: &str,
        here: Section,
        mut work: impl FnMut(&mut Conn<'_>, &Place<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Shell, T), HttpError> {
        let (whose, account) = (self.whose(name), self.session.account);
        let read = self.read(move |conn, caller| {
            let Held { holder, name, role } = caller.holder(conn, &whose, here.action())?;
            let has_others = has_others(conn, account)?;
            let place = Place { caller, whose: &whose, holder, role };
            Ok((name, role, has_others, work(conn, &place)?))
        });
        let (shell, (name, role, has_others, value)) = read.await?;
        let shell = match self.of_company {
            true => shell.company(&name, here),
            false => shell.organization(&name, role, here, has_others),
        };
        Ok((shell, value))
    }

    /// Changes something of an organization's or company's domains or connections, if whoever visits may do that.
    pub(super) async fn change_of<T: Send + 'static>(
        &self,
        name: &str,
        action: Action,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Place<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let whose = self.whose(name);
        self.write(move |tx, env, caller| {
            let Held { holder, role, .. } = caller.holder(tx, &whose, action)?;
            work(tx, env, &Place { caller, whose: &whose, holder, role })
        })
        .await
    }

    /// Changes something; `work` decides whether whoever visits may.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Caller) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let write = move |tx: &mut Tx<'_>, env: &mut Env, caller: &Caller| {
            transact(tx, env, |tx, env| work(tx, env, caller)).map_err(HttpError::from)
        };
        self.acting.write(write).await
    }

    /// Whether whoever visits has shown within the last minutes who they are: asked of what goes on opening things after the
    /// session, such as tokens.
    pub(crate) fn require_recent(&self, env: &Env) -> Result<(), EngineError> {
        recent::require(env, &self.session)
    }

    /// To where whoever visits shows who they are, and then back to a path of ours, below the base URL.
    pub(crate) fn confirm_first(&self, path: &str) -> Result<Response, HttpError> {
        let app = self.app();
        let response = pages::see_other(&format!("{}/account/confirm", app.base_url()))?;
        way_back::remember(app, response, path)
    }

    /// Changes something of an organization, if whoever visits may do that.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        name: &str,
        action: Action,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &At<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let name = name.to_owned();
        self.write(move |tx, env, caller| {
            let (organization, role) = caller.organization(tx, &name, action)?;
            work(tx, env, &At { caller, organization, role })
        })
        .await
    }
}

/// Whether there are other places for somebody to go to.
fn has_others(conn: &mut Conn<'_>, account: AccountId) -> Result<bool, EngineError> {
    let places = conn.memberships_of(account)?.iter().filter(|membership| membership.is_active()).count();
    Ok(places > 1 || !conn.companies_owned_by(account)?.is_empty())
}

/// Whether something was refused because whoever visits has not shown recently who they are.
pub(crate) fn is_not_recent(error: &HttpError) -> bool {
    matches!(error, HttpError::Engine(EngineError::Refused(Refusal::NotRecent)))
}

/// What somebody is called.
pub(crate) fn called(account: &Account) -> String {
    if account.full_name.is_empty() { account.username.clone() } else { account.full_name.clone() }
}

/// The form that a page of ours posted (CSRF).
pub(crate) struct Posted(pub(crate) Form);

impl axum::extract::FromRequest<App> for Posted {
    type Rejection = HttpError;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, HttpError> {
        let (parts, body) = request.into_parts();
        Form::own(app, &parts.headers, body).await.map(Self)
    }
}

/// A form of ours that holds a whole list.
pub(crate) struct PostedList(pub(crate) Form);

impl axum::extract::FromRequest<App> for PostedList {
    type Rejection = HttpError;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, HttpError> {
        let (parts, body) = request.into_parts();
        require_same_origin(&parts.headers, app.base_url())?;
        Form::receive(app, &parts.headers, body, 4 * BYTES).await.map(Self)
    }
}
