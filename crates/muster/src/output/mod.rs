//! What people and programs see: tables on a terminal, JSON with `--json`.

mod activity;
mod applied;
mod backup;
mod checks;
mod conflicts;
mod connection;
mod domain;
mod drift;
mod explained;
mod held;
mod organization;
mod plans;
mod requests;
mod session;
mod stream;
mod team;
mod tokens;
mod user;
mod webhook;

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::{
    admin::{Answer, Check},
    backup::Restored,
    declaration::Declaration,
};

/// An answer cannot be written; a closed pipe is none of our business.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The standard output.
    #[error("the standard output cannot be written")]
    Io(#[from] io::Error),
    /// JSON.
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// TOML.
    #[error("the declaration cannot be written as TOML")]
    Toml(#[from] toml::ser::Error),
}

/// Shows an answer.
pub(crate) fn show(answer: &Answer, json: bool) -> Result<(), OutputError> {
    match (answer, json) {
        (Answer::Applied(applied), true) => line(&serde_json::to_string(applied)?),
        (Answer::Exported(declaration), true) => line(&serde_json::to_string(declaration)?),
        (Answer::Tokens(tokens), true) => line(&serde_json::to_string(tokens)?),
        (Answer::AccessTokens(tokens), true) => line(&serde_json::to_string(tokens)?),
        (Answer::AccessTokens(tokens), false) => tokens::access(tokens),
        (Answer::Explained(explanation), true) => line(&serde_json::to_string(explanation)?),
        (Answer::Held(held), true) => line(&serde_json::to_string(held)?),
        (Answer::Held(held), false) => line(&held::text(held)),
        (Answer::Conflicts(conflicts), true) => line(&serde_json::to_string(conflicts)?),
        (Answer::Examined(checks), true) => line(&serde_json::to_string(checks)?),
        (Answer::BackedUp(backup), true) => line(&serde_json::to_string(backup)?),
        (Answer::Planned(planned), true) => line(&serde_json::to_string(planned)?),
        (Answer::Adopting(adopting), true) => line(&serde_json::to_string(adopting)?),
        (Answer::Drift(drift), true) => line(&serde_json::to_string(drift)?),
        (Answer::ExportPage(page), _) => line(&serde_json::to_string(page)?),
        (Answer::Requests(list), true) => line(&serde_json::to_string(list)?),
        (Answer::RequestDetails(details), true) => line(&serde_json::to_string(details)?),
        (Answer::Replayed(replayed), true) => line(&serde_json::to_string(replayed)?),
        (Answer::Replayed(replayed), false) => line(&requests::replayed(replayed)),
        (Answer::Accounts(accounts), true) => line(&serde_json::to_string(accounts)?),
        (Answer::Accounts(accounts), false) => line(&user::accounts(accounts)),
        (Answer::Person(person), true) => line(&serde_json::to_string(person)?),
        (Answer::Factors(factors), true) => line(&serde_json::to_string(factors)?),
        (Answer::Erasures(erasures), true) => line(&serde_json::to_string(erasures)?),
        (Answer::Connections(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Connections(answer), false) => line(&connection::text(answer)),
        (Answer::Activity(page), true) if page.export => lines(&activity::lines(page)?),
        (Answer::Activity(page), true) => line(&serde_json::to_string(page)?),
        (Answer::Activity(page), false) => lines(activity::text(page).trim_end()),
        (Answer::Streams(streams), true) => line(&serde_json::to_string(streams)?),
        (Answer::Streams(streams), false) => line(&stream::text(streams)),
        (Answer::Domains(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Domains(answer), false) => line(&domain::text(answer)),
        (Answer::DomainAudit(audit), true) => line(&serde_json::to_string(audit)?),
        (Answer::DomainAudit(audit), false) => line(domain::audit(audit).trim_end()),
        (Answer::Sessions(sessions), true) => line(&serde_json::to_string(sessions)?),
        (Answer::Sessions(sessions), false) => line(&session::sessions(sessions)),
        (Answer::Webhooks(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Webhooks(answer), false) => line(&webhook::text(answer)),
        (Answer::Organizations(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Organizations(answer), false) => line(&organization::organizations(answer)),
        (Answer::Members(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Members(answer), false) => line(&organization::members(answer)),
        (Answer::MembersExported(answer), _) => line(&serde_json::to_string(answer)?),
        (Answer::Invited(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Invited(answer), false) => line(&organization::invited(answer)),
        (Answer::Invitations(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Invitations(answer), false) => line(&organization::invitations(answer)),
        (Answer::Blocked(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Blocked(answer), false) => line(&organization::blocked(answer)),
        (Answer::Teams(answer), true) => line(&serde_json::to_string(answer)?),
        (Answer::Teams(answer), false) => line(&team::teams(answer)),
        (Answer::Person(person), false) => line(&user::person(person)),
        (Answer::Factors(factors), false) => line(&user::factors(factors)),
        (Answer::Erasures(erasures), false) => line(&user::erasures(erasures)),
        (Answer::Applied(applied), false) => line(&applied::text(applied)),
        (Answer::Exported(declaration), false) => line(export(declaration)?.trim_end()),
        (Answer::Examined(examined), false) => checks(&examined.checks),
        (Answer::BackedUp(backup), false) => line(&backup::text(backup)),
        (Answer::Tokens(tokens), false) => tokens::show(tokens),
        (Answer::Requests(list), false) => line(&requests::list(list)),
        (Answer::RequestDetails(details), false) => line(&requests::details(details)),
        (Answer::Explained(explanation), false) => line(&explained::text(explanation)),
        (Answer::Conflicts(conflicts), false) => line(&conflicts::text(conflicts)),
        (Answer::Planned(planned), false) => line(&plans::text(planned)),
        (Answer::Adopting(adopting), false) => line(&plans::adopting(adopting)),
        (Answer::Drift(drift), false) => line(&drift::text(drift)),
    }
}

/// Shows what was restored.
pub(crate) fn restored(restored: &Restored, json: bool) -> Result<(), OutputError> {
    if json { self::json(restored) } else { line(&backup::restored(restored)) }
}

/// Shows what the doctor found.
pub(crate) fn checks(checks: &[Check]) -> Result<(), OutputError> {
    line(&checks::text(checks))
}

fn export(declaration: &Declaration) -> Result<String, OutputError> {
    Ok(toml::to_string(declaration)?)
}

/// Writes lines, if there are any.
fn lines(text: &str) -> Result<(), OutputError> {
    if text.is_empty() { Ok(()) } else { line(text) }
}

/// Writes to the standard output. Whoever closed it has read enough.
pub(crate) fn line(text: &str) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes one value as JSON on a line of its own.
pub(crate) fn json(value: &impl Serialize) -> Result<(), OutputError> {
    line(&serde_json::to_string(value)?)
}

/// Writes a remark to the standard error, which programs that read our output do not see.
pub(crate) fn remark(text: &str) {
    // There is nowhere left to tell that this failed.
    drop(writeln!(io::stderr(), "{text}"));
}

/// A table that fits the terminal.
pub(crate) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    // Elsewhere lines are not broken: whoever reads them there wants them whole.
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}
