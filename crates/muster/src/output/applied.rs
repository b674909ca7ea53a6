//! What applying a file came to, for people.

use std::fmt::Write as _;

use comfy_table::Table;
use muster_engine::describe;
use serde_json::Value;

use super::table;
use crate::admin::{Applied, Change, FieldChange};

/// The longest value shown, in characters.
const VALUE: usize = 80;

/// Changes as a table, then what is shown only now.
pub(super) fn text(applied: &Applied) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    if applied.changes.is_empty() {
        text.push_str("nothing to change: everything is as the file states");
    } else {
        let changes = changes(&applied.changes);
        let verb = if applied.plan { "would change" } else { "changed" };
        if applied.more > 0 {
            let _ = write!(
                text,
                "{changes}\n{} more, of people's places, are not shown: the operator's `muster plan FILE` lists them all",
                applied.more
            );
        } else {
            let _ = write!(text, "{changes}");
        }
        let _ = write!(text, "\n\n{} {verb}", applied.changes.len() + applied.more);
    }
    if !applied.plan {
        text.push_str(&made(applied));
    }
    text
}

/// A line for each change.
pub(super) fn changes(changes: &[Change]) -> Table {
    let mut rows = table(["", "what", "name", ""]);
    for change in changes {
        let sign = Sign::of(change);
        let kind = change.kind.replace('-', " ");
        rows.add_row([sign.as_str().to_owned(), kind, change.name.clone(), details(change, sign)]);
    }
    rows
}

/// Where SCIM is, and what is shown only now.
pub(super) fn made(applied: &Applied) -> String {
    let mut text = String::new();
    for (name, connection) in &applied.connections {
        if let Some(saml) = &connection.saml {
            let _ =
                write!(text, "\n\nconnection {name}: SAML metadata for the identity provider at {}", saml.metadata_url);
            let _ = write!(text, "\n  entity ID {}\n  ACS URL   {}", saml.entity_id, saml.acs_url);
        }
        if let Some(oidc) = &connection.oidc {
            let _ = write!(text, "\n\nconnection {name}: redirect URL for the OpenID provider {}", oidc.redirect_url);
            let _ = write!(text, "\n  after signing out   {}", oidc.post_logout_redirect_url);
            let _ = write!(text, "\n  back-channel logout {}", oidc.backchannel_logout_url);
            if let Some(jwks_url) = &oidc.jwks_url {
                let _ = write!(text, "\n  our public keys     {jwks_url}");
            }
        }
        let Some(scim) = &connection.scim else { continue };
        let _ = write!(text, "\n\nconnection {name}: SCIM at {}", scim.base_url);
        if let Some(token) = &scim.token {
            let _ = write!(text, "\n  token, shown only now: {token}");
        }
    }
    for (name, client) in &applied.clients {
        let _ = write!(text, "\n\nclient {name}: its OpenID library needs");
        let _ = write!(text, "\n  issuer    {}", client.issuer);
        let _ = write!(text, "\n  client_id {}", client.client_id);
        if let Some(secret) = &client.client_secret {
            let _ = write!(text, "\n  client_secret, shown only now: {secret}");
        }
    }
    for (name, webhook) in &applied.webhooks {
        if let Some(secret) = &webhook.secret {
            let _ = write!(text, "\n\nwebhook {name}: its messages are signed with this, shown only now: {secret}");
        }
    }
    for (email, link) in &applied.sign_in_links {
        let _ = write!(text, "\n\n{email}: single-use sign-in link, shown only now:\n  {link}");
    }
    text
}

/// Whether something came, changed or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Come,
    Changed,
    Gone,
}

impl Sign {
    /// As the event says: what changed may have had no value before, or have none now.
    fn of(change: &Change) -> Self {
        match change.event.rsplit('.').next().unwrap_or_default() {
            "create" | "add" | "added" | "given" | "restore" => Self::Come,
            "delete" | "remove" | "removed" | "ended" | "erase" | "revoke" => Self::Gone,
            _ => Self::Changed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Come => "+",
            Self::Changed => "~",
            Self::Gone => "-",
        }
    }
}

/// The fields that differ, a line each; of what is new or gone, only those that tell it apart.
fn details(change: &Change, sign: Sign) -> String {
    let lines = change.fields.iter().filter(|field| sign == Sign::Changed || tells(&change.kind, field));
    let lines: Vec<String> = lines
        .map(|field| {
            let name = field.name.strip_prefix("settings.").unwrap_or(&field.name).trim_end_matches(".id");
            match sign {
                Sign::Come => format!("{name}: {}", shown(&field.new)),
                Sign::Gone => format!("{name}: {}", shown(&field.old)),
                Sign::Changed => format!("{name}: {} -> {}", some(&field.old), some(&field.new)),
            }
        })
        .collect();
    lines.join("\n")
}

/// Whether a field is worth showing of something that is new or gone.
fn tells(kind: &str, field: &FieldChange) -> bool {
    describe::telling(kind).contains(&field.name.as_str()) && !(field.old.is_null() && field.new.is_null())
}

fn some(value: &Value) -> String {
    let text = shown(value);
    if text.is_empty() { "nothing".to_owned() } else { text }
}

/// A value in a cell: names instead of the objects that hold them.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(named).collect::<Vec<_>>().join(", "),
        other => named(other),
    };
    if text.chars().count() > VALUE {
        let short: String = text.chars().take(VALUE).collect();
        return format!("{short}...");
    }
    text
}

fn named(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => match fields.get("name").or_else(|| fields.get("id")).and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}
