//! What can be stated of a draft through a link, and nothing else.
//!
//! Whoever has a link is no owner: nothing here asks [`authority`](crate::authority), and nothing here reaches further than the
//! draft that the link names. Enforcement, the highest role, what is covered and who may try before activation stay the owners'.

use std::collections::BTreeSet;

use muster_crypto::{Sealer, TokenHash};
use muster_model::{
    Actor, Connection, Domain, DomainId, DomainState, Role, Rule, Token, TokenId, connection::SingleSignOn,
    ledger::Event, name, trace::Note,
};
use muster_store::{Conn, Tx};

use super::{
    Draft, SettingUp,
    link::{is_within, note, tell},
};
use crate::{
    EngineError, Env, Refusal,
    declare::{DraftStatement, Row, state_draft},
    directory::Documents,
    domains, tokens,
};

/// The most domains that a draft is given through links.
pub const DOMAINS: usize = 20;
/// The most rows of a mapping table that is stated through a link.
pub const MAPPINGS: usize = 200;
/// How many domains are named by a link within a day at most: each claim stays with the holder, who has room for so many, and is looked
/// for.
const NAMED: i64 = 30;
/// How often within a day the owners are told that a draft is ready.
const READY: i64 = 5;
/// What the SCIM token is called that is made by a link.
const TOKEN_LABEL: &str = "made at set-up";

/// States how people will sign in.
///
/// # Errors
///
/// Refused with the key and the value to change; the store's.
pub fn set_single_sign_on(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    sso: SingleSignOn,
    documents: &dyn Documents,
) -> Result<Connection, EngineError> {
    let stated = DraftStatement { sso: Some(Some(sso)), ..DraftStatement::default() };
    state_draft(tx, env, draft.connection(), stated, documents)
}

/// Adds a domain to a draft: one that its holder has, or a new claim, which counts once its record is found (ORG-4).
///
/// # Errors
///
/// Refused for a name that nobody can claim, beyond [`DOMAINS`]; the store's.
pub fn add_domain(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    name: &str,
    documents: &dyn Documents,
) -> Result<Domain, EngineError> {
    let mut own = own_domains(tx, draft)?;
    if own.len() >= DOMAINS {
        let text = format!("{DOMAINS} domains are the most here: ask an owner to add others");
        return Err(Refusal::Invalid(text).into());
    }
    // Owners have the limits that domains have.
    if let Actor::Token(link) = env.origin().actor
        && !is_within(tx, env, TokenId(link), "named", NAMED)?
    {
        let text = format!("{NAMED} domains were named by this link within a day: ask an owner to add others");
        return Err(Refusal::Invalid(text).into());
    }
    let domain = domains::had_or_claimed(tx, env, draft.connection().holder, name)?;
    own.insert(domain.id);
    state_draft(
        tx,
        env,
        draft.connection(),
        DraftStatement { domains: Some(own), ..DraftStatement::default() },
        documents,
    )?;
    Ok(domain)
}

/// A draft is to have a domain no more. Its holder keeps the claim.
///
/// # Errors
///
/// Not found; the store's.
pub fn leave_domain(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    name: &str,
    documents: &dyn Documents,
) -> Result<(), EngineError> {
    let domain = require_domain(tx, draft, name)?;
    let mut own = own_domains(tx, draft)?;
    own.remove(&domain);
    state_draft(
        tx,
        env,
        draft.connection(),
        DraftStatement { domains: Some(own), ..DraftStatement::default() },
        documents,
    )
    .map(drop)
}

/// A domain of a draft, by its name: another's is not found.
///
/// # Errors
///
/// Not found; the store's.
pub fn require_domain(conn: &mut Conn<'_>, draft: &Draft, name: &str) -> Result<DomainId, EngineError> {
    let own = own_domains(conn, draft)?;
    let folded = domains::folded(name).unwrap_or_default();
    let found = conn.domains_named(&folded)?.into_iter().find(|domain| own.contains(&domain.id));
    found.map(|domain| domain.id).ok_or_else(|| EngineError::not_found("domain", name.trim()))
}

fn own_domains(conn: &mut Conn<'_>, draft: &Draft) -> Result<BTreeSet<DomainId>, EngineError> {
    Ok(conn.connection_domain_ids(draft.connection().id)?.into_iter().collect())
}

/// A row of the mapping table, as it is typed (GRP-8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRow {
    /// A group's name, exact or with `*`.
    pub pattern: String,
    /// The name of an organization that the connection covers.
    pub organization: String,
    /// The team there.
    pub team: Option<String>,
    /// The role there; no more than the connection's `highest_role`.
    pub role: Option<Role>,
}

/// States the mapping table, whole.
///
/// # Errors
///
/// Refused for an organization that the connection does not cover (JIT-9), a role above its `highest_role`, a name that is
/// none; the store's.
pub fn set_mappings(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    rows: &[MappingRow],
    documents: &dyn Documents,
) -> Result<Connection, EngineError> {
    if rows.len() > MAPPINGS {
        return Err(Refusal::Invalid(format!("{MAPPINGS} rows are the most here: use `*`, or ask an owner")).into());
    }
    let connection = draft.connection();
    let mut mappings = Vec::with_capacity(rows.len());
    for row in rows {
        let wrong = |text: String| Refusal::Field { key: format!("mapping `{}`", row.pattern.trim()), text };
        let covered = connection.covered_by_name(&row.organization);
        let covered =
            covered.ok_or_else(|| wrong(format!("the connection does not cover `{}`", row.organization.trim())))?;
        let team = row.team.as_deref().map(name::checked).transpose();
        let team = team.map_err(|error| wrong(format!("the team: {error}")))?;
        if let Some(role) = row.role.filter(|role| *role > connection.settings.highest_role) {
            let most = connection.settings.highest_role.as_str();
            return Err(wrong(format!("`{}` is more than this connection may give: {most}", role.as_str())).into());
        }
        let pattern = row.pattern.trim().to_owned();
        mappings.push(Row { pattern, organization: covered.id, team, role: row.role });
    }
    state_draft(
        tx,
        env,
        connection,
        DraftStatement { mappings: Some(mappings), ..DraftStatement::default() },
        documents,
    )
}

/// Whether a directory is to be connected (SCIM-1). Its requests are answered once the connection is in use (SSO-12).
///
/// # Errors
///
/// Refused while single sign-on is not set up; the store's.
pub fn set_scim(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    enabled: bool,
    documents: &dyn Documents,
) -> Result<Connection, EngineError> {
    state_draft(
        tx,
        env,
        draft.connection(),
        DraftStatement { scim: Some(enabled), ..DraftStatement::default() },
        documents,
    )
}

/// Makes a SCIM token, whose text only the caller knows; the one that this link made before works no more.
///
/// # Errors
///
/// Refused while SCIM is off, and beyond the number of tokens that a connection can have; the store's.
pub fn create_token(
    tx: &mut Tx<'_>,
    env: &mut Env,
    setting: &SettingUp,
    hash: &TokenHash,
) -> Result<Token, EngineError> {
    let connection = setting.draft.connection();
    if !connection.settings.scim.enabled {
        return Err(Refusal::Invalid("switch SCIM on first".to_owned()).into());
    }
    let maker = Actor::Token(setting.token.id.0);
    for token in tokens::list(tx, connection)? {
        if token.created_by == maker && token.is_live(env.now()) {
            tokens::revoke(tx, env, connection, token.id)?;
        }
    }
    tokens::create(tx, env, connection, hash, TOKEN_LABEL, None)
}

/// Tells the owners that a draft is ready to be activated.
///
/// # Errors
///
/// Refused when they were told too often; the store's.
pub fn ready(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, setting: &SettingUp) -> Result<(), EngineError> {
    if !is_within(tx, env, setting.token.id, "ready", READY)? {
        return Err(Refusal::Invalid("the owners were told already: they will come back to you".to_owned()).into());
    }
    note(tx, env, setting, Event::SetUpReady)?;
    env.note(Rule::Sec2, Note::Checked("the owners are told that the connection can be activated".to_owned()));
    let (name, label) = (&setting.draft.connection().name, &setting.token.label);
    let text = format!(
        "In Muster, the connection {name} was set up by the link that was made for: {label}. They say that it is ready.\n\n\
         Look at what was set on the connection's page, and activate it there. Until then nobody signs in through it.\n"
    );
    tell(tx, env, sealer, setting, &format!("The connection {name} is ready to be activated"), &text)
}

/// How many of a holder's domains are offered.
const OFFERED: i64 = 20;

/// The domains of a connection's holder that are proven and that it does not use yet, for owners.
///
/// # Errors
///
/// The store's.
pub fn domains_beside(conn: &mut Conn<'_>, connection: &Connection) -> Result<Vec<String>, EngineError> {
    let own = conn.domains_of(connection.holder, "", OFFERED)?;
    let is_beside =
        |domain: &Domain| domain.state == DomainState::Verified && !connection.domains.contains(&domain.name);
    Ok(own.into_iter().filter(is_beside).map(|domain| domain.name).collect())
}
