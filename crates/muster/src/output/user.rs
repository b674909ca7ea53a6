//! People and erasures, for people.

use super::{organization::with, table};
use crate::admin::{Accounts, Erasures, Factors, Person};

/// Who would be erased.
pub(super) fn person(person: &Person) -> String {
    let Person { account, email, username, full_name, memberships } = person;
    let email = email.as_deref().unwrap_or("no email");
    let memberships = if memberships.is_empty() { "nothing".to_owned() } else { memberships.join(", ") };
    format!(
        "{email}, `{username}`, {full_name}, account {account}, member of {memberships}\n\nErasing ends all of it, and takes \
         the person out of everything that Muster keeps; backups are yours to see to. It cannot be undone."
    )
}

/// A line for each account.
pub(super) fn accounts(answer: &Accounts) -> String {
    if answer.accounts.is_empty() {
        return "there is no account yet".to_owned();
    }
    let mut lines = table(["account", "email", "username", "name", "state", "member of", "made"]);
    for account in &answer.accounts {
        let email = account.person.email.clone().unwrap_or_default();
        let unconfirmed = if account.email_confirmed || email.is_empty() { "" } else { " (not confirmed)" };
        lines.add_row([
            account.person.account.to_string(),
            format!("{email}{unconfirmed}"),
            account.person.username.clone(),
            account.person.full_name.clone(),
            account.state.clone(),
            account.person.memberships.join(", "),
            account.created.clone(),
        ]);
    }
    with(None, &lines.to_string(), answer.next.as_deref())
}

/// A line for each of what somebody has besides a password.
pub(super) fn factors(factors: &Factors) -> String {
    if factors.factors.is_empty() {
        return "nothing besides a password".to_owned();
    }
    let mut lines = table(["kind", "name", "set up", "last used", "left"]);
    for factor in &factors.factors {
        lines.add_row([
            factor.kind.clone(),
            factor.name.clone(),
            factor.set_up.clone(),
            factor.last_used.clone().unwrap_or_default(),
            factor.left.map(|left| left.to_string()).unwrap_or_default(),
        ]);
    }
    if factors.reset {
        return format!(
            "{lines}\n\nAll of these are removed: the password alone lets in now. The person is told by mail."
        );
    }
    lines.to_string()
}

/// A line for each erasure.
pub(super) fn erasures(erasures: &Erasures) -> String {
    if erasures.erasures.is_empty() {
        return "nobody was erased".to_owned();
    }
    let mut lines = table(["account", "state", "begun", "erased", ""]);
    for erasure in &erasures.erasures {
        let note = match &erasure.goes_on {
            Some(at) if erasure.state == "stuck" => format!("{}; tried again at {at}", erasure.stage),
            Some(at) => format!("what was being written then is searched at {at}, by a server or the next erasure"),
            None => erasure.stage.clone(),
        };
        lines.add_row([
            erasure.account.to_string(),
            erasure.state.clone(),
            erasure.begun.clone(),
            erasure.done.clone().unwrap_or_default(),
            note,
        ]);
    }
    match erasures.stuck {
        0 => lines.to_string(),
        stuck => format!(
            "{lines}\n\nStuck: {stuck}. Records of others may still tell who was erased. Their data key is missing in \
             the database: restore it from a backup, and they go on within an hour."
        ),
    }
}
