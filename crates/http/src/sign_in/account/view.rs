//! What somebody reads of their own account: no id of another tenant, and why for every value (PRE-2).

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use muster_engine::{
    explain::{Explanation, Names, Place},
    invitations::Own,
    sessions::Origins,
};
use muster_model::{ConnectionId, Grant, MembershipState, Rule, Session, Source, Statement, Timestamp};
use serde_json::{Value, json};

use crate::{
    App, HttpError,
    pages::{
        self, Frame,
        endings::{self, Over},
        filters, minute, texts,
    },
    sign_in::start::with_leave,
};

/// The account as JSON: the fields that `interfaces.md` names.
pub(super) fn json(explanation: &Explanation, session: &Session) -> Value {
    let account = &explanation.account;
    let organizations: Vec<Value> = places(explanation)
        .map(|place| {
            json!({
                "name": place.organization,
                "role": place.membership.role.as_str(),
                "teams": teams(place, &explanation.names).map(|(name, _)| name).collect::<Vec<_>>(),
                "is_guest": place.membership.guest,
            })
        })
        .collect();
    json!({
        "id": account.id.to_string(),
        "email": account.email.as_ref().map(ToString::to_string),
        "username": account.username,
        "full_name": account.full_name,
        "organizations": organizations,
        "session": { "kind": session.kind.as_str(), "expires_at": session.expires().to_string() },
    })
}

/// Where somebody is signed in, and was lately.
pub(super) struct Sessions {
    pub(super) live: Vec<Session>,
    pub(super) ended: Vec<Session>,
    pub(super) origins: Origins,
    pub(super) now: Timestamp,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: AccountView,
    session_ends: String,
    session_why: String,
    places: Vec<PlaceView>,
    sessions: Vec<SessionView>,
    ended: Vec<Over>,
    invitations: Vec<Own>,
    /// Why what was asked for was not done.
    problem: Option<String>,
}

struct AccountView {
    name: String,
    email: String,
    username: String,
    name_why: Option<String>,
}

struct PlaceView {
    organization: String,
    role: String,
    is_guest: bool,
    why: String,
    role_why: String,
    teams: Vec<TeamView>,
}

struct TeamView {
    name: String,
    why: String,
}

struct SessionView {
    id: String,
    device: String,
    is_this: bool,
    began: Timestamp,
    through: String,
    ends: Timestamp,
    /// What sets that.
    limit: String,
}

/// The account as a page.
pub(super) fn page(
    app: &App,
    status: StatusCode,
    explanation: &Explanation,
    session: &Session,
    sessions: &Sessions,
    invitations: Vec<Own>,
    problem: Option<String>,
) -> Result<Response, HttpError> {
    let account = &explanation.account;
    let names = &explanation.names;
    let said = account.names.iter().find(|said| said.value == account.full_name);
    let email = account.email.as_ref().map(ToString::to_string).unwrap_or_default();
    let page = AccountPage {
        frame: Frame::of(app),
        account: AccountView {
            name: if account.full_name.is_empty() { account.username.clone() } else { account.full_name.clone() },
            name_why: said.map(|said| because(said, names)),
            username: account.username.clone(),
            email,
        },
        session_ends: minute(session.expires()),
        session_why: session_why(session, names),
        places: places(explanation).map(|place| place_view(place, names)).collect(),
        sessions: sessions.live.iter().map(|one| session_view(one, session, &sessions.origins)).collect(),
        ended: sessions.ended.iter().filter_map(|one| over(one, sessions)).collect(),
        invitations,
        problem,
    };
    // Signing out may lead to the IdP.
    Ok(with_leave(app, pages::page(status, &page)?))
}

/// Where the person is now, by name.
fn places(explanation: &Explanation) -> impl Iterator<Item = &Place> {
    explanation.places.iter().filter(|place| place.membership.state == MembershipState::Active)
}

/// The teams, each with the first reason for it.
fn teams<'e>(place: &'e Place, names: &'e Names) -> impl Iterator<Item = (&'e str, &'e Grant)> {
    let mut seen = Vec::new();
    place.grants.iter().filter(|grant| !grant.asleep).filter_map(move |grant| {
        let team = grant.team?;
        if seen.contains(&team) {
            return None;
        }
        seen.push(team);
        Some((names.teams.get(&team)?.as_str(), grant))
    })
}

fn place_view(place: &Place, names: &Names) -> PlaceView {
    let awake = || place.grants.iter().filter(|grant| !grant.asleep);
    let whole: Vec<&Grant> = awake().filter(|grant| grant.team.is_none()).collect();
    // Where no reason names the organization alone, the first one for a team does.
    let because_of = if whole.is_empty() { awake().take(1).collect() } else { whole };
    let reasons: Vec<String> = because_of.into_iter().map(|grant| reason(grant, names)).collect();
    let membership = &place.membership;
    let role = membership.roles.iter().find(|said| said.value == membership.role);
    PlaceView {
        organization: place.organization.clone(),
        role: membership.role.as_str().to_owned(),
        is_guest: membership.guest,
        why: if reasons.is_empty() {
            texts::say("place-since", [("at", minute(membership.joined).into())])
        } else {
            let why = reasons.join("; ").into();
            texts::say("place-since-why", [("at", minute(membership.joined).into()), ("why", why)])
        },
        role_why: role.map_or_else(|| texts::text("place-role-default"), |said| because(said, names)),
        teams: teams(place, names)
            .map(|(name, grant)| TeamView { name: name.to_owned(), why: reason(grant, names) })
            .collect(),
    }
}

/// Why a grant is there: `okta asserted the group (JIT-3), 2026-11-22 14:00`.
fn reason(grant: &Grant, names: &Names) -> String {
    let who = source(grant.source, grant.connection, names);
    format!("{who} · {} · {}", rule(grant.rule), minute(grant.given))
}

/// Why a value is what it is.
fn because<V>(said: &Statement<V>, names: &Names) -> String {
    format!("{} · {} · {}", source(said.source, said.connection, names), rule(said.rule), minute(said.at))
}

fn source(source: Source, connection: Option<ConnectionId>, names: &Names) -> String {
    let through = connection.and_then(|id| names.connections.get(&id));
    match (source, through) {
        (Source::Sso, Some(name)) => texts::say("why-sso-through", [("name", name.as_str().into())]),
        (Source::Scim, Some(name)) => texts::say("why-scim-of", [("name", name.as_str().into())]),
        (Source::Sso, None) => texts::text("why-sso"),
        (Source::Scim, None) => texts::text("why-scim"),
        (Source::Manual, _) => texts::text("why-manual"),
        (Source::Invitation, _) => texts::text("why-invitation"),
        (other, _) => other.as_str().to_owned(),
    }
}

/// The rule in a few words, and its ID.
fn rule(rule: Rule) -> String {
    let words = match rule {
        Rule::Jit1 => "why-company-says",
        Rule::Jit2 => "why-invited",
        Rule::Jit3 => "why-group",
        Rule::Jit4 => "why-default",
        Rule::Jit5 => "why-attribute",
        Rule::Grp1 | Rule::Grp2 | Rule::Grp8 => "why-group",
        Rule::Scim4 | Rule::Scim5 | Rule::Scim6 => "why-assigned",
        _ => "why-decided",
    };
    format!("{} ({})", texts::text(words), rule.id())
}

fn session_why(session: &Session, names: &Names) -> String {
    match session.connection.and_then(|id| names.connections.get(&id)) {
        Some(name) => {
            let (name, at) = (name.as_str().into(), minute(session.created).into());
            texts::say("session-since-through", [("name", name), ("at", at)])
        }
        None => texts::say("session-since", [("at", minute(session.created).into())]),
    }
}

fn over(session: &Session, sessions: &Sessions) -> Option<Over> {
    Some(Over::of(session, session.ending(sessions.now)?, &sessions.origins))
}

fn session_view(session: &Session, this: &Session, origins: &Origins) -> SessionView {
    SessionView {
        id: session.id.to_string(),
        device: session.device.clone(),
        is_this: session.id == this.id,
        began: session.created,
        through: endings::through(session, origins),
        ends: session.expires(),
        limit: endings::limit(session, origins),
    }
}
