//! What would become of each person of a list, and inviting them.

use askama::Template;
use axum::{extract::Path, response::Response};
use http::StatusCode;
use muster_engine::{
    Env,
    authority::Action,
    invitations::{self, Entry, Person, Verdict},
};
use muster_store::Counter;

use super::{
    list::{self, Asked, Typed},
    upload::Uploaded,
};
use crate::{
    HttpError,
    console::{
        shell::{self, Section, Shell},
        visit::{PostedList, Visit},
    },
    invitations::{
        invitees::{self, Row},
        links,
    },
    pages::{filters, texts},
};

/// So many who can be invited are shown; of all others each is.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "console/invitations/review.html")]
struct Review {
    shell: Shell,
    /// Those who cannot be invited, and why.
    others: Vec<Line>,
    /// The first of those who can.
    people: Vec<Line>,
    /// How many more can.
    more: String,
    /// What is sent on.
    list: String,
    button: Option<String>,
    seats: String,
}

/// Somebody.
struct Line {
    who: String,
    role: String,
    team: String,
    why: String,
}

impl Line {
    fn of(person: &Person, why: String) -> Self {
        Self {
            who: person.to.clone(),
            role: person.role.as_str().to_owned(),
            team: person.team.clone().unwrap_or_default(),
            why,
        }
    }
}

/// `POST …/invitations/review`: what would become of each.
pub(in crate::console) async fn review(
    visit: Visit,
    Path(org): Path<String>,
    uploaded: Uploaded,
) -> Result<Response, HttpError> {
    let typed = uploaded.typed.clone();
    let rows = match uploaded.rows() {
        Ok(rows) if rows.is_empty() => return again(&visit, &org, typed, texts::text("invite-nobody")).await,
        Ok(rows) => rows,
        Err(wrong) => return again(&visit, &org, typed, wrong.to_string()).await,
    };
    let (mut people, mut others) = (Vec::new(), Vec::new());
    for Row { line, person } in rows {
        match person {
            Ok(person) => people.push(person),
            Err((who, why)) => {
                let why = if line > 0 {
                    texts::say("invite-line", [("line", i64::try_from(line).unwrap_or(0).into()), ("why", why.into())])
                } else {
                    why
                };
                others.push(Line { who, role: String::new(), team: String::new(), why });
            }
        }
    }
    let (surroundings, origin, judged) = (visit.app().surroundings(), visit.acting().origin(), people.clone());
    let read = visit.organization(&org, Section::Invitations, move |conn, at| {
        at.caller.require(conn, &at.organization, Action::Invite)?;
        let env = Env::new(std::sync::Arc::clone(&surroundings), origin);
        let verdicts = invitations::review(conn, &env, &at.organization, &judged.iter().collect::<Vec<_>>())?;
        let id = at.organization.id.0;
        let taken = conn.count(id, Counter::Members)? + conn.count(id, Counter::Invitations)?;
        Ok((verdicts, at.organization.seats.map(|seats| seats.saturating_sub(taken).max(0))))
    });
    let (shell, (verdicts, free)) = match read.await {
        Ok(read) => read,
        Err(error) => return list::show(&visit, &org, Asked::default(), typed, None, Some(error)).await,
    };
    let mut invited = Vec::new();
    for (person, verdict) in people.into_iter().zip(verdicts) {
        match verdict {
            Verdict::Invitable => invited.push(person),
            other => others.push(Line::of(&person, other.to_string())),
        }
    }
    let count = i64::try_from(invited.len()).unwrap_or(i64::MAX);
    let seats = match free {
        None => String::new(),
        Some(free) => texts::say("invite-seats", [("count", count.into()), ("free", free.into())]),
    };
    let fits = count > 0 && free.is_none_or(|free| count <= free);
    let more = count.saturating_sub(i64::try_from(SHOWN).unwrap_or(0)).max(0);
    let review = Review {
        shell,
        others,
        more: if more > 0 { texts::say("invite-more", [("count", more.into())]) } else { String::new() },
        list: invitees::write(&invited)?,
        people: invited.iter().take(SHOWN).map(|person| Line::of(person, String::new())).collect(),
        button: fits.then(|| texts::say("invite-button", [("count", count.into())])),
        seats,
    };
    shell::page(StatusCode::OK, &review)
}

async fn again(visit: &Visit, org: &str, typed: Typed, why: String) -> Result<Response, HttpError> {
    list::show(visit, org, Asked::default(), typed, None, Some(HttpError::field("people", why))).await
}

#[derive(Template)]
#[template(path = "console/invitations/sent.html")]
struct Sent {
    shell: Shell,
    sent: Vec<Line>,
    others: Vec<Line>,
    /// Whether the links are there to be passed on.
    has_links: bool,
}

/// `POST …/invitations`: invites those whom the review has shown.
pub(in crate::console) async fn send(
    visit: Visit,
    Path(org): Path<String>,
    PostedList(form): PostedList,
) -> Result<Response, HttpError> {
    let everybody = Person { to: String::new(), role: muster_model::Role::Member, team: None };
    let rows = invitees::csv(form.get("list").unwrap_or_default().as_bytes(), &everybody);
    let rows = rows.map_err(|wrong| HttpError::field("list", wrong.to_string()))?;
    let people: Vec<Person> = rows.into_iter().filter_map(|row| row.person.ok()).collect();
    let written = links(people.len())?;
    let entries = people.iter().zip(&written);
    let entries: Vec<Entry> =
        entries.map(|(person, link)| Entry { person: person.clone(), link: link.hash() }).collect();
    let (app, kept) = (visit.app().clone(), written.clone());
    let sent = visit.change(&org, Action::Invite, move |tx, env, at| {
        app.delivering(&written, |delivery| invitations::send(tx, env, &at.organization, &entries, delivery))
    });
    let outcomes = match sent.await {
        Ok(outcomes) => outcomes,
        Err(error) => {
            return list::show(&visit, &org, Asked::default(), Typed::default(), None, Some(error)).await;
        }
    };
    let (shell, ()) = visit.organization(&org, Section::Invitations, |_, _| Ok(())).await?;
    let has_links = !visit.app().sends_mail();
    let (mut invited, mut others) = (Vec::new(), Vec::new());
    for ((person, outcome), link) in people.iter().zip(outcomes).zip(kept) {
        if outcome.invitation.is_some() {
            invited.push(Line::of(person, visit.app().shown(&link).unwrap_or_default()));
        } else {
            others.push(Line::of(person, outcome.verdict.to_string()));
        }
    }
    shell::page(StatusCode::OK, &Sent { shell, sent: invited, others, has_links })
}
