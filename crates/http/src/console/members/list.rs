//! The list of members.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{
    authority::Action,
    members::{self, Line, NoPlace, Part, Place},
    roster::{self, Listed},
};
use muster_model::{Role, Timestamp};
use serde::Deserialize;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        state::State,
        visit::{Visit, called},
    },
    pages::{filters, texts},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    search: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/members/list.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    sees_all: bool,
    lines: Vec<MemberLine>,
    pager: Pager,
}

/// One line.
struct MemberLine {
    name: String,
    under: String,
    href: Option<String>,
    role: String,
    teams: String,
    source: String,
    states: Vec<State>,
    since: Timestamp,
}

/// `GET /console/orgs/{org}/members`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    // A place that is none is the beginning.
    let after = asked.after.parse::<Place>().map_or_else(|NoPlace| None, Some);
    let part = Part { after, skip: 0, limit: LINES };
    let role = asked.role.parse::<Role>().ok();
    let search = Some(asked.search.clone()).filter(|search| !search.trim().is_empty());
    let (members, invitees) = match asked.kind.as_str() {
        "member" => (true, false),
        "invitee" => (false, true),
        _ => (true, true),
    };
    let now = visit.acting().now();
    let read = visit.organization(&org, Section::Members, move |conn, at| {
        let sees_all = at.may(Action::ReadMembersInFull);
        let query = members::Query {
            members,
            invitees: invitees && at.may(Action::ReadInvitations),
            role,
            search: search.clone(),
            by_address: sees_all,
        };
        let people = members::list(conn, &at.organization, &query, &part, now)?;
        let is_full = i64::try_from(people.lines.len()).unwrap_or(i64::MAX) >= LINES;
        let next = people.lines.last().filter(|_| is_full).map(|(_, place)| place.to_string());
        let lines = people.lines.into_iter().map(|(line, _)| line).collect();
        Ok((roster::listed(conn, &at.organization, lines)?, people.count, next, sees_all))
    });
    let (shell, (people, count, next, sees_all)) = read.await?;
    let path = shell.at("/members");
    let next = next.map(|after| {
        let said = [("search", &asked.search), ("role", &asked.role), ("kind", &asked.kind), ("after", &after)];
        address(&path, &said.map(|(name, value)| (name, value.as_str())))
    });
    let pager = Pager { count: texts::say("members-count", [("count", count.into())]), next };
    let lines = people.into_iter().map(|listed| line(&path, listed, sees_all)).collect();
    let shell = shell.done(&asked.done);
    shell::page(StatusCode::OK, &Page { shell, asked, sees_all, lines, pager })
}

fn line(path: &str, listed: Listed, sees_all: bool) -> MemberLine {
    let source = if listed.managed_by.is_empty() {
        let sources: Vec<String> = listed.sources.iter().map(|source| source_word(source.as_str())).collect();
        sources.join(", ")
    } else {
        texts::say("members-managed-by", [("name", listed.managed_by.join(", ").into())])
    };
    match listed.line {
        Line::Member(member) => {
            let membership = &member.membership;
            let mut states = vec![State::of_membership(&membership.state)];
            states.extend(membership.guest.then_some(State::Guest));
            states.extend((sees_all && (membership.conflict || member.account.conflict)).then_some(State::Conflict));
            let address = member.account.email.as_ref().filter(|_| sees_all).map(|email| email.as_str());
            MemberLine {
                name: called(&member.account),
                under: address.unwrap_or(&member.account.username).to_owned(),
                href: Some(format!("{path}/{}", member.account.username)),
                role: membership.role.as_str().to_owned(),
                teams: member.teams.join(", "),
                source: if sees_all { source } else { String::new() },
                states,
                since: membership.joined,
            }
        }
        Line::Invitee(invitation, team) => MemberLine {
            // Whoever was invited by username: that is all its inviter knows (TEN-3).
            name: match invitation.account {
                None => invitation.email.to_string(),
                Some(_) => texts::text("members-by-username"),
            },
            under: String::new(),
            href: None,
            role: invitation.role.as_str().to_owned(),
            teams: team.unwrap_or_default(),
            source,
            states: vec![State::Invited],
            since: invitation.sent,
        },
    }
}

/// Where something comes from, in a word.
pub(in crate::console) fn source_word(source: &str) -> String {
    texts::text(match source {
        "sso" => "source-sso",
        "scim" => "source-scim",
        "invitation" => "source-invitation",
        "manual" => "source-manual",
        _ => "source-default",
    })
}
