//! Conflicts, plans, adoption, drift and held changes over a server.

use http::Method;
use muster_administration::{
    applying::Applied,
    conflicts::ConflictLine,
    plans::{PlanLine, PlanView},
};
use muster_model::PlanId;
use serde::Deserialize;
use serde_json::json;

use super::{
    client::Client,
    connection::{all, named},
};
use crate::admin::{
    AdminError, AdoptRequest, AdoptWhat, Adopting, Candidates, Conflicts, Drift, Held, HeldRequest, PlanRequest,
    Planned,
};

#[derive(Debug, Deserialize)]
struct ConflictPage {
    next: Option<String>,
    results: Vec<ConflictLine>,
}

#[derive(Debug, Deserialize)]
struct PlanPage {
    results: Vec<PlanLine>,
}

#[derive(Debug, Deserialize)]
struct AppliedPlan {
    plan: PlanView,
    applied: Option<Applied>,
}

/// Pages of accounts until there are about so many: all conflicts of one account come together.
pub(super) fn conflicts(
    client: &Client,
    connection: String,
    mut after: Option<String>,
    limit: usize,
) -> Result<Conflicts, AdminError> {
    let id = named(client, &connection)?.id;
    let mut conflicts = Vec::new();
    loop {
        let query: Vec<(&str, &str)> = after.as_deref().map(|after| ("after", after)).into_iter().collect();
        let page: ConflictPage = client.get(&["connections", &id, "conflicts"], &query)?;
        conflicts.extend(page.results);
        if page.next.is_none() || conflicts.len() >= limit {
            return Ok(Conflicts { connection, conflicts, next: page.next });
        }
        after = page.next;
    }
}

pub(super) fn plan(client: &Client, request: PlanRequest) -> Result<Planned, AdminError> {
    Ok(match request {
        PlanRequest::Make { .. } => {
            let why =
                "over a server a whole file is not planned: `muster apply FILE --plan` shows what it would change";
            return Err(AdminError::Wrong(why.to_owned()));
        }
        PlanRequest::List => {
            let mut plans = Vec::new();
            for connection in all(client)? {
                plans.extend(client.get::<PlanPage>(&["connections", &connection.id, "plan"], &[])?.results);
            }
            plans.sort_by_key(|plan| std::cmp::Reverse(plan.id));
            Planned::Plans(plans)
        }
        PlanRequest::Show { id, from } => {
            let (connection, plan) = find(client, id)?;
            match from {
                0 => Planned::Plan(Box::new(plan)),
                from => {
                    let path = ["connections", &connection, "plan", &id.to_string()];
                    Planned::Plan(Box::new(client.get(&path, &[("from", &from.to_string())])?))
                }
            }
        }
        PlanRequest::Apply { id } => {
            let (connection, _) = find(client, id)?;
            let path = ["connections", &connection, "plan", &id.to_string(), "apply"];
            let done: AppliedPlan = client.write(Method::POST, &path, &json!(null))?;
            Planned::Done { plan: Box::new(done.plan), applied: done.applied.map(Box::new) }
        }
        PlanRequest::Discard { id } => {
            let (connection, _) = find(client, id)?;
            client.delete(&["connections", &connection, "plan", &id.to_string()], &[])?;
            Planned::Discarded(id)
        }
    })
}

/// A plan, and the connection that it is about.
fn find(client: &Client, id: PlanId) -> Result<(String, PlanView), AdminError> {
    for connection in all(client)? {
        match client.get::<PlanView>(&["connections", &connection.id, "plan", &id.to_string()], &[]) {
            Err(error) if error.is_not_found() => {}
            found => return Ok((connection.id, found?)),
        }
    }
    let hint = "see `muster plan list`; plans are kept for 30 days".to_owned();
    Err(AdminError::Missing { kind: "plan", name: id.to_string(), hint })
}

pub(super) fn adopt(client: &Client, request: AdoptRequest) -> Result<Adopting, AdminError> {
    let AdoptRequest { connection, organization, what } = request;
    let id = named(client, &connection)?.id;
    let path = ["connections", &id, "adopt"];
    match what {
        AdoptWhat::Plan { emails } => {
            let body = json!({"organization": organization, "emails": emails});
            let plan = client.write(Method::POST, &path, &body)?;
            Ok(Adopting::Planned(Planned::Plan(Box::new(plan))))
        }
        AdoptWhat::List { mut after, limit } => {
            let mut candidates = Vec::new();
            loop {
                let mut query: Vec<(&str, &str)> = Vec::new();
                query.extend(organization.as_deref().map(|organization| ("organization", organization)));
                query.extend(after.as_deref().map(|after| ("after", after)));
                let page: Candidates = client.get(&path, &query)?;
                candidates.extend(page.candidates);
                if page.next.is_none() || candidates.len() >= limit {
                    return Ok(Adopting::Candidates(Candidates { connection, candidates, next: page.next }));
                }
                after = page.next.map(|next| next.to_string());
            }
        }
    }
}

pub(super) fn drift(client: &Client, name: &str, after: Option<&str>, repair: bool) -> Result<Drift, AdminError> {
    let id = named(client, name)?.id;
    let path = ["connections", &id, "drift"];
    let query: Vec<(&str, &str)> = after.map(|after| ("after", after)).into_iter().collect();
    Ok(match repair {
        false => client.get(&path, &query)?,
        true => client.post_with(&path, &query)?,
    })
}

pub(super) fn held(client: &Client, name: &str, request: HeldRequest) -> Result<Held, AdminError> {
    let id = named(client, name)?.id;
    let at = |last: &str| [String::from("connections"), id.clone(), "held".to_owned(), last.to_owned()];
    Ok(match request {
        HeldRequest::List { all, limit } => {
            let query: &[(&str, &str)] = if all { &[("all", "true")] } else { &[] };
            let mut held: Held = client.get(&["connections", &id, "held"], query)?;
            held.held.truncate(limit);
            held
        }
        HeldRequest::Show { id: one } => client.get(&at(&one.to_string()).each_ref().map(String::as_str), &[])?,
        HeldRequest::Approve { ids, lift } => {
            let path = at("approve");
            client.write(Method::POST, &path.each_ref().map(String::as_str), &json!({"ids": ids, "lift": lift}))?
        }
        HeldRequest::Reject { ids } => {
            client.write(Method::POST, &at("reject").each_ref().map(String::as_str), &json!({"ids": ids}))?
        }
    })
}
