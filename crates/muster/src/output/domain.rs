//! Domains, for people.

use super::table;
use crate::admin::{DomainAudit, DomainView, Domains};

/// Domains, and what was done.
pub(super) fn text(answer: &Domains) -> String {
    let mut parts: Vec<String> = answer.done.iter().cloned().collect();
    match answer.domains.as_slice() {
        [one] => parts.push(show(one)),
        [] => {}
        several => parts.push(list(several)),
    }
    if parts.is_empty() {
        return "no domains: claim one with `muster domain add NAME --organization NAME`".to_owned();
    }
    parts.join("\n\n")
}

fn list(domains: &[DomainView]) -> String {
    let mut rows = table(["domain", "of", "state", "proven by", "last seen", "auto-provisioning"]);
    for one in domains {
        rows.add_row([
            one.name.clone(),
            one.holder.clone(),
            one.state.clone(),
            one.proven_by.clone().unwrap_or_default(),
            one.seen.clone().unwrap_or_default(),
            one.auto_provision.clone().unwrap_or_else(|| "off".to_owned()),
        ]);
    }
    rows.to_string()
}

fn show(one: &DomainView) -> String {
    let mut rows = table(["domain", &one.name]);
    let mut row = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            rows.add_row([name, value]);
        }
    };
    row("of", Some(&one.holder));
    row("state", Some(&one.state));
    row("proven by", one.proven_by.as_deref());
    row("lapses", one.lapses.as_deref());
    row("its holder can answer until", one.contested_until.as_deref());
    row("auto-provisioning into", Some(one.auto_provision.as_deref().unwrap_or("off")));
    row("looked for", one.checked.as_deref());
    row("seen", one.seen.as_deref());
    row("looked for next", one.next.as_deref());
    let record = &one.record;
    format!(
        "{rows}\n\nTXT record (name, type, value):\n  {}  TXT  \"{}\"\nIt is found at {} as well.",
        record.name, record.value, one.name
    )
}

/// A page of people, as a table or CSV; the first one with its head.
pub(super) fn audit(audit: &DomainAudit) -> String {
    if let Some(csv) = &audit.csv {
        return csv.clone();
    }
    if audit.people.is_empty() && audit.first && audit.next.is_none() {
        return "everybody with an address there is a member".to_owned();
    }
    let mut rows = table(["name", "username", "email"]);
    for person in &audit.people {
        rows.add_row([&person.name, &person.username, &person.email]);
    }
    rows.to_string()
}
