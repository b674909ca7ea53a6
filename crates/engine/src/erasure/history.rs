//! Rewriting what the ledger tells of the past (PRE-2: only erasure does), so that a replay still comes to what the tables
//! say: the same function is applied to every state of a subject, old and new, in rows and baseline.

use muster_model::{
    DirectoryUser, DirectoryUserId,
    ledger::{Baseline, Change, Kind},
};
use muster_store::{Conn, StoreError, Tx};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use super::words::{TOMBSTONE, Words};
use crate::{EngineError, ledger::raw};

/// What the subject of somebody who is nobody any more is called.
pub(super) fn tombstone(subject: impl std::fmt::Display) -> String {
    format!("{TOMBSTONE}-{subject}")
}

/// Takes everything that a person is called out of a state, or a part of one, of the person's own subject; what it is
/// called since stays.
pub(super) fn own(kind: Kind, subject: Uuid, state: &mut Value) {
    let nobody = tombstone(subject);
    let Value::Object(fields) = state else { return };
    let texts: &[&str] = match kind {
        Kind::Account => &["email", "username", "full_name"],
        Kind::DirectoryUser => &["user_name", "external_id"],
        Kind::Invitation => &["email"],
        _ => &[],
    };
    for name in texts {
        if let Some(text @ Value::String(_)) = fields.get_mut(*name) {
            leaves(text, &nobody);
        }
    }
    if let Some(Value::Array(said)) = fields.get_mut("names") {
        for value in said.iter_mut().filter_map(|said| said.get_mut("v")) {
            *value = Value::from(TOMBSTONE);
        }
    }
    if let Some(document) = fields.get_mut("document") {
        leaves(document, &nobody);
    }
}

/// Takes what says something of the person out of a state of somebody else's subject.
fn others(words: &Words, kind: Kind, state: &mut Value) {
    let Value::Object(fields) = state else { return };
    match kind {
        Kind::DirectoryUser => {
            if let Some(document) = fields.get_mut("document") {
                words.out_of_others(document);
            }
        }
        // An address that somebody else once had, too: an unconfirmed account (ACC-1), an invitation.
        Kind::Account | Kind::Invitation => {
            if let Some(Value::String(email)) = fields.get_mut("email")
                && words.is_address(email)
            {
                TOMBSTONE.clone_into(email);
            }
        }
        _ => {}
    }
}

/// Every text in a document but this one, and what says nothing; its attributes stay.
fn leaves(value: &mut Value, but: &str) {
    match value {
        Value::String(text) if text.is_empty() || text == but => {}
        Value::String(text) => TOMBSTONE.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| leaves(item, but)),
        Value::Object(fields) => fields.values_mut().for_each(|field| leaves(field, but)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Learns from a person's history what else the person was called, and which resources were the person's.
pub(super) fn learn(conn: &mut Conn<'_>, words: &mut Words, subject: Uuid, account: Uuid) -> Result<(), EngineError> {
    for row in conn.whole_history(subject)? {
        for change in &row.changes {
            for side in [&change.old, &change.new].into_iter().flatten() {
                // Most changes are about memberships and grants, which call nobody anything.
                if matches!(change.kind, Kind::Account | Kind::DirectoryUser) {
                    let state: Value = parse(change.id, side)?;
                    let is_own = change.id == subject || state.get("account").is_some_and(|of| names(of, account));
                    if is_own {
                        words.is(change.id);
                        call(words, change.kind, &state);
                    }
                }
            }
        }
    }
    for baseline in conn.baselines(&[subject])? {
        call(words, baseline.kind, &parse(subject, &baseline.fields)?);
    }
    Ok(())
}

fn names(value: &Value, id: Uuid) -> bool {
    value.as_str().is_some_and(|text| Uuid::parse_str(text) == Ok(id))
}

/// Learns from a state what the person was called in it.
pub(super) fn call(words: &mut Words, kind: Kind, state: &Value) {
    let text = |name: &str| state.get(name).and_then(Value::as_str);
    match kind {
        Kind::Account => {
            text("email").into_iter().for_each(|word| words.called(word));
            text("username").into_iter().for_each(|word| words.signed_in_as(word));
            text("full_name").into_iter().for_each(|name| words.named(name));
            let said = state.get("names").and_then(Value::as_array).into_iter().flatten();
            said.filter_map(|said| said.get("v")?.as_str()).for_each(|name| words.named(name));
        }
        Kind::DirectoryUser => {
            text("user_name").into_iter().chain(text("external_id")).for_each(|word| words.called(word));
            if let Some(document) = state.get("document") {
                call_by_document(words, document);
            }
        }
        _ => {}
    }
}

/// What a document calls its person: every address in it, the names, and given and family name in either order.
pub(super) fn call_by_document(words: &mut Words, document: &Value) {
    addresses(words, document);
    let name = document.get("name");
    let part = |key: &str| name.and_then(|name| name.get(key)).and_then(Value::as_str);
    for text in [document.get("displayName").and_then(Value::as_str), part("formatted")].into_iter().flatten() {
        words.named(text);
    }
    if let (Some(given), Some(family)) = (part("givenName"), part("familyName")) {
        words.named(&format!("{given} {family}"));
        words.named(&format!("{family} {given}"));
        words.named(&format!("{family}, {given}"));
    }
}

fn addresses(words: &mut Words, value: &Value) {
    match value {
        Value::String(text) if text.contains('@') && !text.contains(char::is_whitespace) => words.called(text),
        Value::Array(items) => items.iter().for_each(|item| addresses(words, item)),
        Value::Object(fields) => {
            // What it says of others stays theirs.
            let own = fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("manager"));
            own.for_each(|(_, field)| addresses(words, field));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// How one history is rewritten.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'w> {
    /// The person's own, up to the row with this id: what is told later is of somebody else.
    Own(Uuid),
    /// Somebody else's, which may say something of the person.
    Others(&'w Words),
}

/// Rewrites up to `limit` rows of a subject's history, the oldest after `within`. Answers how many it looked at, and the
/// last of them; `None` when nothing is left: then its baseline is rewritten, too, into which rows may have been folded
/// meanwhile.
pub(super) fn rewrite_some(
    tx: &mut Tx<'_>,
    whose: Whose<'_>,
    subject: Uuid,
    within: Uuid,
    limit: usize,
) -> Result<(usize, Option<Uuid>), EngineError> {
    let to = match whose {
        Whose::Own(last) => last,
        Whose::Others(_) => Uuid::max(),
    };
    let rule: Rule<'_> = &|kind, state| match whose {
        Whose::Own(_) => own(kind, subject, state),
        Whose::Others(words) => others(words, kind, state),
    };
    let rows = tx.history_between(subject, within, to, i64::try_from(limit).unwrap_or(i64::MAX))?;
    let count = rows.len();
    let last = rows.last().map(|row| row.id.0).filter(|_| count == limit);
    for mut row in rows {
        let mut any = false;
        for change in row.changes.iter_mut().filter(|change| change.id == subject) {
            any |= rewrite_change(change, rule)?;
        }
        if any {
            tx.rewrite_ledger_row(row.id, &row.changes)?;
        }
    }
    if last.is_none() {
        for baseline in tx.baselines(&[subject])? {
            // One that goes beyond the end of the account may tell of somebody else.
            let is_later = matches!(whose, Whose::Own(last) if baseline.at.first_id() > last);
            if !is_later {
                rewrite_baseline(tx, baseline, rule)?;
            }
        }
    }
    Ok((count, last))
}

/// Takes the person out of what is stored of a directory user of somebody else's. Answers whether there is one: what is
/// gone and had the person's address was the person's own.
pub(super) fn rewrite_document(tx: &mut Tx<'_>, words: &Words, subject: Uuid) -> Result<bool, EngineError> {
    let Some(user) = directory_user(tx, subject)? else { return Ok(false) };
    let mut document: Value = serde_json::from_str(&user.document).map_err(|_| broken(subject))?;
    if words.out_of_others(&mut document) {
        tx.rewrite_document(user.connection, user.id, &document.to_string())?;
    }
    Ok(true)
}

/// Whichever connection's it is; held until the end of the transaction, so that nobody adds to its history meanwhile.
pub(super) fn directory_user(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<DirectoryUser>, EngineError> {
    let id = DirectoryUserId(id);
    match tx.connection_of_directory_user(id)? {
        Some(connection) => Ok(tx.directory_user(connection, id)?),
        None => Ok(None),
    }
}

/// Takes the person's address out of invitations: of their rows and baselines, which are filed under nothing of the
/// person's, all at once.
pub(super) fn rewrite_invitations(
    tx: &mut Tx<'_>,
    words: &Words,
    rows: &[Uuid],
    invitations: &[Uuid],
) -> Result<(), EngineError> {
    let rule: Rule<'_> = &|kind, state| others(words, kind, state);
    for id in rows {
        let before = Uuid::from_u128(id.as_u128().saturating_sub(1));
        for mut row in tx.ledger_rows_between(before, *id, 1)? {
            let mut any = false;
            for change in row.changes.iter_mut().filter(|change| change.kind == Kind::Invitation) {
                any |= rewrite_change(change, rule)?;
            }
            if any {
                tx.rewrite_ledger_row(row.id, &row.changes)?;
            }
        }
    }
    for ids in invitations.chunks(200) {
        for baseline in tx.baselines(ids)? {
            rewrite_baseline(tx, baseline, rule)?;
        }
    }
    Ok(())
}

/// Whether a state, or a part of one, of somebody else's subject tells something of the person.
pub(super) fn tells(words: &Words, kind: Kind, state: &RawValue) -> bool {
    if !matches!(kind, Kind::Account | Kind::DirectoryUser | Kind::Invitation) {
        return false;
    }
    let Ok(before) = serde_json::from_str::<Value>(state.get()) else { return false };
    if kind == Kind::DirectoryUser && is_person(words, &before) {
        return true;
    }
    let mut after = before.clone();
    others(words, kind, &mut after);
    after != before
}

/// Whether a state, or a part of one, is of a directory user that has one of the person's addresses for its own.
pub(super) fn was_person(words: &Words, kind: Kind, state: &RawValue) -> bool {
    kind == Kind::DirectoryUser
        && serde_json::from_str::<Value>(state.get()).is_ok_and(|state| is_person(words, &state))
}

fn is_person(words: &Words, state: &Value) -> bool {
    let is = |value: &Value| value.as_str().is_some_and(|text| words.is_address(text));
    state.get("user_name").is_some_and(is)
}

type Rule<'r> = &'r dyn Fn(Kind, &mut Value);

fn rewrite_baseline(tx: &mut Tx<'_>, mut baseline: Baseline, rule: Rule<'_>) -> Result<(), EngineError> {
    let before = parse(baseline.id, &baseline.fields)?;
    let mut state = before.clone();
    rule(baseline.kind, &mut state);
    if state != before {
        baseline.fields = raw(&state)?;
        tx.put_baseline(&baseline)?;
    }
    Ok(())
}

fn rewrite_change(change: &mut Change, rule: Rule<'_>) -> Result<bool, EngineError> {
    let (kind, id) = (change.kind, change.id);
    let mut any = false;
    for side in [&mut change.old, &mut change.new].into_iter().flatten() {
        let before = parse(id, side)?;
        let mut state = before.clone();
        rule(kind, &mut state);
        if state != before {
            *side = raw(&state)?;
            any = true;
        }
    }
    Ok(any)
}

fn parse(subject: Uuid, raw: &RawValue) -> Result<Value, EngineError> {
    serde_json::from_str(raw.get()).map_err(|_| broken(subject))
}

fn broken(subject: Uuid) -> EngineError {
    StoreError::Corrupt { table: "ledger", key: subject.to_string() }.into()
}
