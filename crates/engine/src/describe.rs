//! Changes as people read them: names instead of ids, a line for each field.

use std::collections::BTreeMap;

use muster_model::{
    AccountId, ClientId, CompanyId, ConnectionId, DomainId, OrganizationId, TeamId, Timestamp, TokenId, WebhookId,
    ledger::{Change, Event, Kind},
};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::EngineError;

/// One subject's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// What happened.
    pub event: Event,
    /// To what kind of thing.
    pub kind: Kind,
    /// To which one, by name.
    pub name: String,
    /// What is different; for what is new or gone, all that it says.
    pub fields: Vec<Field>,
}

/// One field's change. A value that was or is absent is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name; dotted for a field of a field.
    pub name: String,
    /// What it said before.
    pub old: Value,
    /// What it says now.
    pub new: Value,
}

/// The fields that are worth showing of something that is new or gone, by the word for its kind.
#[must_use]
pub fn telling(kind: &str) -> &'static [&'static str] {
    match kind {
        "organization" => &["company", "seats"],
        "domain" => &["holder.id", "state"],
        "connection" => {
            &["organizations", "domains", "settings.default_organization", "settings.scim.enabled", "state"]
        }
        "account" => &["username"],
        "token" => &["scope"],
        "membership" => &["role"],
        "grant" => &["organization", "team", "source"],
        _ => &[],
    }
}

/// Changes with the names that their subjects have now, or had.
///
/// # Errors
///
/// The store's.
pub fn describe(conn: &mut Conn<'_>, changes: &[Change]) -> Result<Vec<Described>, EngineError> {
    let mut names = Names::default();
    changes.iter().map(|change| names.describe(conn, change)).collect()
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// The fields in which two values differ, objects field by field.
fn differences(path: &str, old: &Value, new: &Value, fields: &mut Vec<Field>) {
    let empty = serde_json::Map::new();
    let (before, after) = match (old, new) {
        (Value::Object(before), Value::Object(after)) => (before, after),
        (Value::Object(before), Value::Null) => (before, &empty),
        (Value::Null, Value::Object(after)) => (&empty, after),
        _ if old == new => return,
        _ => {
            fields.push(Field { name: path.to_owned(), old: old.clone(), new: new.clone() });
            return;
        }
    };
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let of = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
        differences(&path, &of(before), &of(after), fields);
    }
}

/// The fields that hold times, in microseconds since 1970 as the ledger keeps them.
const TIMES: &[&str] = &[
    "at",
    "contested_since",
    "created",
    "disabled",
    "email_since",
    "ended",
    "expires",
    "given",
    "joined",
    "last_used",
    "missing_since",
    "modified",
    "password_set",
    "revoked",
    "secret_made",
    "sent",
    "t",
];

/// Names for ids, looked up once.
#[derive(Default)]
pub(crate) struct Names {
    known: BTreeMap<Uuid, Option<String>>,
}

impl Names {
    /// A change with the names that its subject has now, or had.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) fn describe(&mut self, conn: &mut Conn<'_>, change: &Change) -> Result<Described, EngineError> {
        let old = change.old.as_deref().map_or(Value::Null, |raw| parse(raw.get()));
        let new = change.new.as_deref().map_or(Value::Null, |raw| parse(raw.get()));
        let state = if new.is_null() { &old } else { &new };
        if change.kind == Kind::Invitation
            && let Some(username) = by_username(conn, state)?
        {
            return Ok(invitation_by_username(change, username, &old, &new));
        }
        let name = self.subject(conn, change, state)?;
        let mut fields = Vec::new();
        differences("", &old, &new, &mut fields);
        for field in &mut fields {
            let key = field.name.rsplit('.').next().unwrap_or_default().to_owned();
            // What a directory has stated is told as it is.
            if field.name.starts_with("document.") {
                continue;
            }
            self.replace(conn, change.kind, &key, &mut field.old)?;
            self.replace(conn, change.kind, &key, &mut field.new)?;
        }
        Ok(Described { event: change.event, kind: change.kind, name, fields })
    }

    fn subject(&mut self, conn: &mut Conn<'_>, change: &Change, state: &Value) -> Result<String, EngineError> {
        let text = |key: &str| state.get(key).and_then(Value::as_str).map(str::to_owned);
        let named = match change.kind {
            Kind::Company | Kind::Organization | Kind::Domain | Kind::Connection => text("name"),
            // A change tells only what is different.
            Kind::Token => match text("label") {
                Some(label) => Some(label),
                None => conn.token_label(TokenId(change.id))?.filter(|label| !label.is_empty()),
            },
            Kind::Client => match text("name") {
                Some(name) => Some(name),
                None => conn.client(ClientId(change.id))?.map(|client| client.name),
            },
            Kind::Webhook => match text("name") {
                Some(name) => Some(name),
                None => conn.webhook(WebhookId(change.id))?.map(|webhook| webhook.name),
            },
            Kind::DirectoryUser => text("user_name"),
            Kind::DirectoryGroup => text("display_name"),
            Kind::Invitation => text("email"),
            Kind::Factor => text("kind"),
            Kind::Account | Kind::Team | Kind::Membership | Kind::Grant => None,
        };
        let of = match change.of {
            Some(of) => self.name(conn, of)?,
            None => None,
        };
        let own = match named {
            Some(name) => Some(name),
            None => self.name(conn, change.id)?,
        };
        Ok(match (change.kind, own, of) {
            (Kind::Membership, Some(account), Some(organization)) => format!("{account} in {organization}"),
            (Kind::Grant, _, Some(account)) => account,
            (_, Some(own), _) => own,
            (_, None, _) => change.id.to_string(),
        })
    }

    /// Puts names where the field `key` holds ids. What somebody has stated stays as it is, also where it looks like an id: its
    /// name may be nobody's business there (TEN-3).
    fn replace(&mut self, conn: &mut Conn<'_>, kind: Kind, key: &str, value: &mut Value) -> Result<(), EngineError> {
        match value {
            Value::String(text) => {
                if holds_ids(kind, key)
                    && let Ok(id) = Uuid::parse_str(text)
                    && let Some(name) = self.name(conn, id)?
                {
                    *text = name;
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.replace(conn, kind, key, item)?;
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    self.replace(conn, kind, key, field)?;
                }
            }
            Value::Number(number) => {
                if TIMES.contains(&key)
                    && let Some(micros) = number.as_i64()
                {
                    *value = Value::String(Timestamp(micros).to_string());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
        Ok(())
    }

    /// What an id is called, if anything.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) fn name(&mut self, conn: &mut Conn<'_>, id: Uuid) -> Result<Option<String>, EngineError> {
        if let Some(name) = self.known.get(&id) {
            return Ok(name.clone());
        }
        let name = look_up(conn, id)?;
        self.known.insert(id, name.clone());
        Ok(name)
    }
}

/// The username of whoever was invited by it: its inviter never learns the address (TEN-3).
fn by_username(conn: &mut Conn<'_>, state: &Value) -> Result<Option<String>, EngineError> {
    let id = state.get("account").and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
    Ok(match id {
        Some(id) => Some(conn.account(AccountId(id))?.map_or_else(|| id.to_string(), |account| account.username)),
        None => None,
    })
}

/// A change of an invitation by username: with what else it says, as far as that holds no ids.
fn invitation_by_username(change: &Change, username: String, old: &Value, new: &Value) -> Described {
    let mut fields = Vec::new();
    differences("", old, new, &mut fields);
    fields.retain(|field| matches!(field.name.as_str(), "role" | "sent" | "expires" | "confirms"));
    Described { event: change.event, kind: change.kind, name: username, fields }
}

/// Whether a field of this name holds ids and nothing that anybody states.
fn holds_ids(kind: Kind, key: &str) -> bool {
    const IDS: &[&str] = &[
        "account",
        "auto_provision",
        "by",
        "c",
        "company",
        "connection",
        "consents",
        "default_organization",
        "domains",
        "id",
        "inviter",
        "o",
        "organization",
        "organizations",
        "owners",
        "predecessor",
        "relinks",
        "scope",
        "successor",
    ];
    // A mapping's team is a name, which people choose.
    IDS.contains(&key) || (key == "team" && matches!(kind, Kind::Grant | Kind::Invitation | Kind::Membership))
}

/// What an id is called, whatever it is of: ids are unique over all kinds.
fn look_up(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<String>, EngineError> {
    if let Some(organization) = conn.organization(OrganizationId(id))? {
        return Ok(Some(organization.name));
    }
    if let Some(account) = conn.account(AccountId(id))? {
        return Ok(Some(account.email.map_or(account.username, |email| email.to_string())));
    }
    if let Some(connection) = conn.connection(ConnectionId(id))? {
        return Ok(Some(connection.name));
    }
    if let Some(name) = conn.team_name(TeamId(id))? {
        return Ok(Some(name));
    }
    if let Some(company) = conn.company(CompanyId(id))? {
        return Ok(Some(company.name));
    }
    Ok(conn.domain(DomainId(id))?.map(|domain| domain.name))
}
