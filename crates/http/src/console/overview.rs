//! `/console/orgs/{org}`: what needs attention, and how much there is of everything.

use askama::Template;
use axum::{extract::Path, response::Response};
use http::StatusCode;
use muster_administration::attention::{self, Attention, Matter};
use muster_engine::{authority::Action, traffic};
use muster_model::{Timestamp, domain::Holder};
use muster_store::Counter;

use super::{
    chart::Chart,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    HttpError,
    pages::{filters, texts},
};

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    shell: Shell,
    figures: Vec<Figure>,
    /// For owners.
    attention: Option<Vec<Line>>,
    /// Whether nothing is set up yet, and the visitor may.
    is_new: bool,
    /// For owners, where there is a connection.
    charts: Vec<Chart>,
}

/// How much there is of something.
struct Figure {
    label: String,
    value: String,
    under: String,
    href: String,
}

/// Something to look at.
struct Line {
    is_urgent: bool,
    text: String,
    /// Until when.
    at: Option<Timestamp>,
    advice: String,
    href: Option<(String, String)>,
}

/// `GET /console/orgs/{org}`.
pub(super) async fn page(visit: Visit, Path(org): Path<String>) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = visit.organization(&org, Section::Overview, move |conn, at| {
        let id = at.organization.id;
        let teams = conn.teams_count(id, "")?;
        let members = conn.count(id.0, Counter::Members)?;
        let invitations = conn.count(id.0, Counter::Invitations)?;
        let attention =
            if at.may(Action::ReadSettings) { Some(attention::of(conn, &at.organization, now)?) } else { None };
        // What came through others' connections is theirs to know (TEN-3).
        let connections = conn.connections_held_by(Holder::Organization(id))?;
        let days = if at.may(Action::ReadConnections) && !connections.is_empty() {
            traffic::of(conn, &connections, now)?
        } else {
            Vec::new()
        };
        let is_new = at.may(Action::ChangeConnections)
            && conn.connections_covering(id)?.is_empty()
            && conn.domains_of(Holder::Organization(id), "", 1)?.is_empty();
        Ok((members, teams, invitations, at.organization.seats, attention, days, is_new))
    });
    let (shell, (members, teams, invitations, seats, attention, days, is_new)) = read.await?;
    let figure = |label: &str, value: i64, under: String, section: Section| Figure {
        label: texts::text(label),
        value: value.to_string(),
        under,
        href: shell.section(section),
    };
    let mut figures = Vec::new();
    let sees_all = attention.is_some();
    let used = seats.filter(|_| sees_all).map(|seats| texts::say("overview-seats", [("count", seats.into())]));
    figures.push(figure("section-members", members, used.unwrap_or_default(), Section::Members));
    figures.push(figure("section-teams", teams, String::new(), Section::Teams));
    if sees_all {
        figures.push(figure("overview-invited", invitations, String::new(), Section::Invitations));
    }
    let attention = attention.map(|all| all.into_iter().map(|one| line(&shell, one)).collect());
    let charts = if days.is_empty() { Vec::new() } else { Chart::both(&days).into() };
    shell::page(StatusCode::OK, &Page { shell, figures, attention, is_new, charts })
}

fn line(shell: &Shell, Attention { is_urgent, matter, connection }: Attention) -> Line {
    let plain = |text: String| Line { is_urgent, text, at: None, advice: String::new(), href: None };
    let about = |name: &str, of: String| plain(texts::say(name, [("name", of.into())]));
    let counted = |name: &str, of: String, count: usize| {
        plain(texts::say(name, [("name", of.into()), ("count", i64::try_from(count).unwrap_or(i64::MAX).into())]))
    };
    let go = |line: Line, label: &str, path: String| Line { href: Some((shell.at(&path), texts::text(label))), ..line };
    let to_settings = |line: Line| go(line, "section-settings", "/settings".to_owned());
    let to_domain = |name: &str, domain: String| {
        let path = format!("/domains/{domain}");
        go(about(name, domain), "attention-look", path)
    };
    let to_connection = |line: Line, rest: &str| match connection {
        Some(id) => go(line, "attention-look", format!("/connections/{id}{rest}")),
        None => line,
    };
    match matter {
        Matter::NoSeats(seats) => to_settings(plain(texts::say("attention-no-seats", [("count", seats.into())]))),
        Matter::FewSeats(free) => to_settings(plain(texts::say("attention-few-seats", [("count", free.into())]))),
        Matter::DomainPending(name) => to_domain("attention-domain-pending", name),
        Matter::DomainMissing(name) => to_domain("attention-domain-missing", name),
        Matter::DomainLapsed(name) => to_domain("attention-domain-lapsed", name),
        Matter::DomainContested(name) => to_domain("attention-domain-contested", name),
        Matter::Connection { connection, found, advice } => {
            let text = texts::say("attention-connection", [("name", connection.into()), ("found", found.into())]);
            to_connection(Line { advice, ..plain(text) }, "")
        }
        Matter::Ready(connection) => to_connection(about("attention-ready", connection), ""),
        Matter::NoToken(connection) => to_connection(about("attention-no-token", connection), "/scim"),
        Matter::TokenEnds { connection, at } => {
            to_connection(Line { at: Some(at), ..about("attention-token-ends", connection) }, "/scim")
        }
        Matter::Conflicts { connection, accounts } => {
            to_connection(counted("attention-conflicts", connection, accounts), "/conflicts")
        }
        Matter::Held { connection, requests } => {
            to_connection(counted("attention-held", connection, requests), "/held")
        }
    }
}
