//! Connections, for people.

use std::fmt::Write as _;

use super::table;
use crate::admin::{AffectedView, ConnectionView, Connections};

/// Addresses shown of each list.
const SHOWN: usize = 20;

/// Connections, and what was done.
pub(super) fn text(answer: &Connections) -> String {
    let mut parts = Vec::new();
    parts.extend(answer.done.clone());
    if let Some(url) = &answer.test_url {
        parts.push(format!("open this in a browser within 15 minutes:\n  {url}"));
    }
    parts.extend(answer.affected.as_ref().map(affected));
    match answer.connections.as_slice() {
        [one] => parts.push(show(one)),
        [] => {}
        several => parts.push(list(several)),
    }
    if parts.is_empty() {
        return "no connections: state one in a file and run `muster apply FILE`".to_owned();
    }
    parts.join("\n\n")
}

fn list(connections: &[ConnectionView]) -> String {
    let mut rows = table(["connection", "state", "protocol", "organizations", "domains", "JIT", "SCIM", "warnings"]);
    for one in connections {
        rows.add_row([
            one.name.clone(),
            one.state.clone(),
            one.protocol.clone().unwrap_or_default(),
            one.organizations.join(", "),
            one.domains.join(", "),
            on(one.jit),
            on(one.scim),
            one.warnings.join("\n"),
        ]);
    }
    rows.to_string()
}

fn on(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn show(one: &ConnectionView) -> String {
    let mut rows = table(["connection", &one.name]);
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            rows.add_row([name, value]);
        }
    };
    row("id", &one.id);
    row("state", &one.state);
    row("organizations", &one.organizations.join(", "));
    row("domains", &one.domains.join(", "));
    row("protocol", one.protocol.as_deref().unwrap_or("not set up"));
    row("identity provider", one.identity_provider.as_deref().unwrap_or_default());
    row("sends people to", one.sign_in_url.as_deref().unwrap_or_default());
    row("Just-in-Time", &on(one.jit));
    row("enforced", &on(one.enforced));
    row("SCIM", &on(one.scim));
    if let Some(metadata) = &one.metadata {
        row("metadata from", &metadata.url);
        row("fetched", metadata.fetched.as_deref().unwrap_or("never"));
        row("fetched next", &metadata.next);
        row("its failure", metadata.failure.as_deref().unwrap_or_default());
    }
    for warning in &one.warnings {
        row("warning", warning);
    }
    // Writing to a string does not fail.
    let mut text = rows.to_string();
    if !one.certificates.is_empty() {
        let mut rows = table(["the identity provider's certificate", "ends"]);
        for certificate in &one.certificates {
            rows.add_row([&certificate.fingerprint, &certificate.ends]);
        }
        let _ = write!(text, "\n\n{rows}");
    }
    if !one.keys.is_empty() {
        let mut rows = table(["our key", "for", "state", "from", "ends"]);
        for key in &one.keys {
            rows.add_row([&key.fingerprint, &key.purpose, &key.state, &key.from, &key.ends]);
        }
        let _ = write!(text, "\n\n{rows}");
    }
    text
}

fn affected(affected: &AffectedView) -> String {
    let enforced = &affected.by_enforcement;
    let mut text = format!(
        "if single sign-on through {} is enforced: {} accounts have an address of its domains",
        affected.connection, enforced.accounts
    );
    text.push_str(&people("their passwords and passkeys count no more", &enforced.with_password));
    text.push_str(&people("they have never signed in this way, and may not be able to", &enforced.never_tried));
    let _ = write!(text, "\n\nif Just-in-Time provisioning is switched off");
    text.push_str(&people("they are neither member nor invited, and lose access", &affected.without_jit));
    text
}

fn people(what: &str, addresses: &[String]) -> String {
    if addresses.is_empty() {
        return format!("\n  {what}: nobody");
    }
    let mut text = format!("\n  {what}: {}", addresses.len());
    for address in addresses.iter().take(SHOWN) {
        let _ = write!(text, "\n    {address}");
    }
    if addresses.len() > SHOWN {
        let _ = write!(text, "\n    and {} more: --json names all", addresses.len() - SHOWN);
    }
    text
}
