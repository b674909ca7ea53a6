//! Plans and who could be adopted, for people.

use std::fmt::Write as _;

use muster_engine::plans::{Effect, Place};

use super::{applied, table};
use crate::admin::{Adopting, Candidates, MemberLine, PlanLine, PlanView, Planned};

/// Plans.
pub(super) fn text(planned: &Planned) -> String {
    match planned {
        Planned::Plan(plan) => {
            let mut text = view(plan);
            if plan.line.applied.is_none() {
                // Writing to a string does not fail.
                let _ = write!(text, "\n\nNothing is done yet. Do exactly this: muster plan apply {}", plan.line.id);
            }
            text
        }
        Planned::Plans(plans) => list(plans),
        Planned::Done { plan, applied } => {
            let made = applied.as_ref().map(|applied| applied::made(applied)).unwrap_or_default();
            format!("{}\n\nDone.{made}", view(plan))
        }
        Planned::Discarded(id) => format!("plan {id} is discarded"),
    }
}

/// Who could be adopted, or a plan for it.
pub(super) fn adopting(adopting: &Adopting) -> String {
    match adopting {
        Adopting::Candidates(found) => candidates(found),
        Adopting::Planned(planned) => text(planned),
    }
}

fn list(plans: &[PlanLine]) -> String {
    if plans.is_empty() {
        return "no plans: make one with muster plan FILE, or muster adopt".to_owned();
    }
    let mut rows = table(["id", "of a", "state", "made", "applied", "people"]);
    for plan in plans {
        let applied = plan.applied.clone().unwrap_or_default();
        let (id, people) = (plan.id.to_string(), plan.members.to_string());
        rows.add_row([id, plan.kind.clone(), plan.state.clone(), plan.created.clone(), applied, people]);
    }
    rows.to_string()
}

fn view(plan: &PlanView) -> String {
    let mut parts = vec![format!("plan {}, {}, {}", plan.line.id, plan.line.state, plan.line.created)];
    if plan.settings.is_empty() && plan.line.members == 0 && plan.values == 0 {
        parts.push("nothing to change".to_owned());
        return parts.join("\n\n");
    }
    if !plan.settings.is_empty() {
        parts.push(applied::changes(&plan.settings).to_string());
    }
    if !plan.organizations.is_empty() {
        let mut rows =
            table(["organization", "added", "removed", "moved", "role changed", "management", "seats taken", "of"]);
        for one in &plan.organizations {
            rows.add_row([
                one.name.clone(),
                one.added.to_string(),
                one.removed.to_string(),
                one.moved.to_string(),
                one.role_changed.to_string(),
                one.management_changed.to_string(),
                match (one.taken_before, one.taken_after) {
                    (Some(before), Some(after)) => format!("{before} -> {after}"),
                    _ => String::new(),
                },
                one.seats.map_or_else(|| "unlimited".to_owned(), |seats| seats.to_string()),
            ]);
        }
        parts.push(rows.to_string());
    }
    if !plan.people.is_empty() {
        parts.push(members(&plan.people));
    }
    if plan.values > 0 {
        parts.push(format!("{} accounts get another name or other values", plan.values));
    }
    if let Some(next) = plan.next {
        let more = plan.line.members.saturating_sub(next);
        parts.push(format!("{more} more: muster plan show {} --from {next}", plan.line.id));
    }
    parts.join("\n\n")
}

/// People's places, before and after.
pub(super) fn members(lines: &[MemberLine]) -> String {
    let mut rows = table(["who", "organization", "", "before", "after"]);
    for line in lines {
        let effects: Vec<_> = line.effects.iter().map(|effect| Effect::as_str(*effect)).collect();
        let place = |place: Option<&Place>| place.map(shown).unwrap_or_default();
        rows.add_row([
            line.who.clone(),
            line.organization.clone(),
            effects.join(", "),
            place(line.before.as_ref()),
            place(line.after.as_ref()),
        ]);
    }
    rows.to_string()
}

fn shown(place: &Place) -> String {
    if place.state != "active" {
        return place.state.clone();
    }
    let mut text = place.role.to_string();
    let list = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    if !place.teams.is_empty() {
        // Writing to a string does not fail.
        let _ = write!(text, " in {}", list(&place.teams));
    }
    if !place.managed_by.is_empty() {
        let _ = write!(text, "; managed by {}", list(&place.managed_by));
    }
    text
}

fn candidates(found: &Candidates) -> String {
    if found.candidates.is_empty() {
        return format!("nobody: {} manages every member whom its directory names", found.connection);
    }
    let mut rows = table(["who", "organization", "role", "there by", "since", ""]);
    for one in &found.candidates {
        rows.add_row([
            one.email.as_ref().map_or_else(|| one.username.clone(), ToString::to_string),
            one.organization.clone(),
            one.role.clone(),
            one.sources.join(", "),
            one.joined.clone(),
            one.hindrance.map(|why| why.text().to_owned()).unwrap_or_default(),
        ]);
    }
    let free = found.candidates.iter().filter(|one| one.hindrance.is_none()).count();
    let mut text = format!("{rows}\n\n{} members, {free} of them can be adopted in bulk", found.candidates.len());
    if let Some(next) = found.next {
        let _ = write!(text, "; more: muster adopt --connection {} --list --after {next}", found.connection);
    }
    text
}
