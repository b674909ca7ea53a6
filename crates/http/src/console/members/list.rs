//! The list of members.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::Action,
    members::{self, Line, Part, Place},
    organizations,
    roster::{self, Listed},
    sifting::{self, Sifted, Which},
};
use muster_model::{Role, Source, Timestamp};
use serde::Deserialize;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        state::State,
        visit::{Visit, called},
    },
    export,
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
    source: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

impl Asked {
    /// All but the place.
    fn said(&self) -> [(&'static str, &str); 5] {
        [
            ("search", &self.search),
            ("role", &self.role),
            ("kind", &self.kind),
            ("source", &self.source),
            ("team", &self.team),
        ]
    }

    /// Who is wanted; what is no filter of ours filters nothing.
    fn wanted(&self, sees_all: bool, sees_invited: bool) -> (members::Query, Which) {
        let is_kind = |kind: &str| sees_all && self.kind == kind;
        let query = members::Query {
            members: !is_kind("invitee"),
            invitees: sees_invited && matches!(self.kind.as_str(), "" | "invitee") && self.team.trim().is_empty(),
            role: self.role.parse::<Role>().ok(),
            search: Some(self.search.clone()).filter(|search| !search.trim().is_empty()),
            by_address: sees_all,
        };
        let which = Which {
            guests: self.kind == "guest",
            in_conflict: is_kind("conflict"),
            kept: is_kind("kept"),
            suspended: is_kind("suspended"),
            source: self.source.parse::<Source>().ok().filter(|_| sees_all),
            team: None,
        };
        (query, which)
    }
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
    let after = asked.after.parse::<Place>().ok();
    let part = Part { after, skip: 0, limit: LINES };
    let (said, now) = (asked.clone(), visit.acting().now());
    let read = visit.organization(&org, Section::Members, move |conn, at| {
        let sees_all = at.may(Action::ReadMembersInFull);
        let (query, mut which) = said.wanted(sees_all, at.may(Action::ReadInvitations));
        if !said.team.trim().is_empty() {
            which.team = match organizations::team_named(conn, &at.organization, &said.team) {
                Ok(team) => Some(team),
                // A name that is still being typed.
                Err(EngineError::NotFound { .. }) => return Ok((Vec::new(), None, None, sees_all)),
                Err(error) => return Err(error),
            };
        }
        if !which.is_everybody() {
            let Sifted { people, next } = sifting::sift(conn, &at.organization, &query, &which, &part, now)?;
            return Ok((people, None, next, sees_all));
        }
        let people = members::list(conn, &at.organization, &query, &part, now)?;
        let is_full = i64::try_from(people.lines.len()).unwrap_or(i64::MAX) >= LINES;
        let next = people.lines.last().filter(|_| is_full).map(|(_, place)| place.clone());
        let lines = people.lines.into_iter().map(|(line, _)| line).collect();
        Ok((roster::listed(conn, &at.organization, lines)?, Some(people.count), next, sees_all))
    });
    let (shell, (people, count, next, sees_all)) = read.await?;
    let path = shell.at("/members");
    let next = next.map(|after| {
        let after = after.to_string();
        let mut said = asked.said().to_vec();
        said.push(("after", &after));
        address(&path, &said)
    });
    let count = count.map(|count| texts::say("members-count", [("count", count.into())])).unwrap_or_default();
    let pager = Pager { count, next };
    let lines = people.into_iter().map(|listed| line(&path, listed, sees_all)).collect();
    let shell = shell.done(&asked.done);
    shell::page(StatusCode::OK, &Page { shell, asked, sees_all, lines, pager })
}

/// `GET /console/orgs/{org}/members/export`: everybody, as CSV (ORG-7).
pub(in crate::console) async fn export(visit: Visit, Path(org): Path<String>) -> Result<Response, HttpError> {
    export::members(visit.acting().clone(), org).await
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
