//! One member: who it is, and why everything is as it is (PRE-2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_administration::explanation::{self, Explanation, HistoryLine, MembershipLine, Said, ValueLine};
use muster_engine::{
    EngineError, activity,
    authority::Action,
    members::{self, Member},
    openid::uses::{Told, Use},
    sessions::oversight::Oversight,
    webhooks::deliveries,
};
use muster_model::{Account, AccountId, Session, Timestamp};
use muster_store::{Conn, Delivery};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    HttpError,
    console::{
        members::list::source_word,
        shell::{self, Section, Shell},
        state::State,
        visit::{At, Visit, called},
    },
    pages::{
        endings::{self, Over},
        filters, texts,
    },
};

/// How many changes are shown; the activity log has the rest.
const CHANGES: usize = 40;
/// How many messages to each webhook are looked at, and how many of all are shown.
const RECEIPTS: i64 = 100;
const SHOWN: usize = 20;

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/members/one.html")]
struct Page {
    shell: Shell,
    name: String,
    member: Member,
    states: Vec<State>,
    may_change: bool,
    why: Option<Why>,
    sessions: Sessions,
    may_end: bool,
    receipts: Vec<Receipt>,
}

/// What a webhook was sent about the member's place here.
struct Receipt {
    webhook: String,
    href: String,
    event: String,
    state: State,
    at: Option<Timestamp>,
}

impl Receipt {
    /// The newest ones, of events of members: those that tell who is in and who is out.
    fn all(conn: &mut Conn<'_>, at: &At<'_>, account: AccountId) -> Result<Vec<(String, Delivery)>, EngineError> {
        let webhooks = conn.webhooks(Some(at.organization.id))?;
        let mut sent = deliveries::receipts(conn, &webhooks, account, RECEIPTS)?;
        sent.retain(|delivery| delivery.event.starts_with("member."));
        let name = |delivery: &Delivery| webhooks.iter().find(|webhook| webhook.id == delivery.webhook);
        let named = |delivery: Delivery| Some((name(&delivery)?.name.clone(), delivery));
        Ok(sent.into_iter().filter_map(named).take(SHOWN).collect())
    }

    fn of(shell: &Shell, (webhook, delivery): (String, Delivery)) -> Self {
        Self {
            webhook,
            href: shell.at(&format!("/webhooks/{}", delivery.webhook)),
            state: State::of_delivery(delivery.state),
            event: delivery.event,
            at: delivery.last_attempt,
        }
    }
}

/// Where the member is signed in, and was lately, as far as the owner sees.
#[derive(Default)]
struct Sessions {
    /// With what sets when each ends.
    live: Vec<(Session, String)>,
    over: Vec<Over>,
    /// The products that were used in them.
    uses: Vec<Use>,
}

impl Sessions {
    fn of(conn: &mut Conn<'_>, at: &At<'_>, account: &Account, now: Timestamp) -> Result<Self, EngineError> {
        let oversight = Oversight::of(conn, at.caller, &at.organization)?;
        let live = oversight.of_member(conn, account, now)?;
        let ended = oversight.of_member_ended(conn, account, now)?;
        let origins = oversight.origins(conn, live.iter().chain(&ended))?;
        let over = |session: &Session| Some(Over::of(session, oversight.ending(session, now)?, &origins));
        let over = ended.iter().filter_map(over).collect();
        let limited = |session: Session| {
            let limit = endings::limit(&session, &origins);
            (session, limit)
        };
        let uses = oversight.uses(conn, account, now)?;
        Ok(Self { live: live.into_iter().map(limited).collect(), over, uses })
    }
}

/// Why it is so; for owners.
struct Why {
    told: Explanation,
    /// Of the newest first.
    history: Vec<HistoryLine>,
    /// Whether there was more before.
    has_more: bool,
}

impl Why {
    fn of(mut told: Explanation) -> Self {
        let mut history = std::mem::take(&mut told.history);
        history.reverse();
        let has_more = history.len() > CHANGES;
        history.truncate(CHANGES);
        Self { told, history, has_more }
    }

    /// The membership that the page is about.
    fn membership(&self, organization: &str) -> Option<&MembershipLine> {
        self.told.memberships.iter().find(|line| line.organization == organization)
    }

    /// Values of which somebody says something.
    fn values(&self) -> impl Iterator<Item = &ValueLine> {
        self.told.values.iter().filter(|value| !value.said.is_empty())
    }
}

/// What a product was told of the end of a session, where that is no time.
fn told(it: &Use) -> String {
    match &it.told {
        Told::At(_) => String::new(),
        _ if it.over.is_none() => "–".to_owned(),
        Told::Soon => texts::text("applications-told-soon"),
        Told::Asks => texts::text("applications-told-asks"),
        Told::Failed(why, _) => texts::say("applications-told-failed", [("name", why.clone().into())]),
    }
}

/// A value as people read it.
pub(in crate::console) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        // A source's word, with who said it and when beside it: the value.
        Value::Object(said) if said.contains_key("v") => said.get("v").map(shown).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// An event in words.
fn event(name: &str) -> &str {
    activity::described(name).unwrap_or(name)
}

/// Whether a statement is the one that holds.
fn holds(value: &ValueLine, said: &Said) -> bool {
    value.effective.as_ref() == Some(&said.value)
}

/// `GET /console/orgs/{org}/members/{username}`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &username, &asked.done, None).await
}

/// The page again, with the reason why something was not done.
pub(in crate::console) async fn refused(
    visit: &Visit,
    org: &str,
    username: &str,
    refused: HttpError,
) -> Result<Response, HttpError> {
    show(visit, org, username, "", Some(refused)).await
}

async fn show(
    visit: &Visit,
    org: &str,
    username: &str,
    done: &str,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (username, now) = (username.to_owned(), visit.acting().now());
    let read = visit.organization(org, Section::Members, move |conn, at| {
        let sees_all = at.may(Action::ReadMembersInFull);
        let member = if sees_all {
            members::find_suspended_too(conn, &at.organization, &username)?
        } else {
            members::find(conn, &at.organization, &username)?
        };
        if !sees_all {
            return Ok((member, None, Sessions::default(), Vec::new(), false, false));
        }
        let connections = at.caller.connections(conn)?.into_iter().collect();
        let told = explanation::of_member(conn, &at.organization, &username, &connections)?;
        let sessions = if at.may(Action::ReadSessions) {
            Sessions::of(conn, at, &member.account, now)?
        } else {
            Sessions::default()
        };
        let receipts =
            if at.may(Action::ReadWebhooks) { Receipt::all(conn, at, member.account.id)? } else { Vec::new() };
        let may_change = at.may(Action::ChangeMembers) && member.membership.takes_seat();
        Ok((member, Some(told), sessions, receipts, may_change, at.may(Action::EndSessions)))
    });
    let (shell, (member, told, sessions, receipts, may_change, may_end)) = read.await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    let mut states = vec![State::of_membership(&member.membership.state)];
    states.extend(member.membership.guest.then_some(State::Guest));
    let conflict = member.membership.conflict || member.account.conflict;
    states.extend((told.is_some() && conflict).then_some(State::Conflict));
    let name = called(&member.account);
    let receipts = receipts.into_iter().map(|receipt| Receipt::of(&shell, receipt)).collect();
    let why = told.map(Why::of);
    let page = Page { shell, name, states, may_change, why, sessions, may_end, receipts, member };
    shell::page(status, &page)
}
