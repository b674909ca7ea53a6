//! Products: what each may do, and where people are sent from it.
//!
//! The operator's serve everybody; an organization's, which its owners look after, its members alone.

use std::{collections::BTreeSet, time::Duration};

use muster_crypto::TokenHash;
use muster_model::{
    Client, ClientId, OrganizationId, Rule, Timestamp,
    client::{ClientScope, ClientSettings, GrantType, Revoked},
    ledger::{Event, Kind},
    session::{ClientKind, Ended},
};
use muster_store::{ClientSecrets, Conn, Tx};
use url::Url;

use crate::{EngineError, Env, Refusal, ledger::Subject};

/// The most clients of one organization.
const AT_MOST: usize = 100;
/// The most characters of a name.
const NAME: usize = 100;
/// The most addresses of one kind, and of each the most characters.
const ADDRESSES: usize = 50;
const ADDRESS: usize = 2_000;
/// For how long a former secret still works, so that the product can be given the new one meanwhile.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// What is said of a client that is to be, or to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// What people are shown.
    pub name: String,
    /// What kind of sessions people have there.
    pub kind: ClientKind,
    /// What it may do.
    pub settings: ClientSettings,
}

/// Adds a client, whose secret only the caller knows: it has one if, and only if, it is confidential.
///
/// # Errors
///
/// Refused for what is wrong with what is stated, a name that is taken, too many; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: Option<OrganizationId>,
    stated: Stated,
    secret: Option<&TokenHash>,
) -> Result<Client, EngineError> {
    let stated = checked(stated)?;
    if organization.is_some() && tx.clients(organization)?.len() >= AT_MOST {
        return Err(Refusal::Invalid(format!("there are {AT_MOST} applications already: remove one first")).into());
    }
    require_free(tx, &stated.name, None)?;
    let Stated { name, kind, settings } = stated;
    let secret = secret.filter(|_| settings.confidential).map(|hash| *hash.as_bytes());
    if settings.confidential && secret.is_none() {
        return Err(Refusal::Invalid("a confidential application needs a secret".to_owned()).into());
    }
    let id = ClientId(env.new_id());
    let client = Client {
        id,
        name,
        organization,
        kind,
        settings,
        secret_made: secret.map(|_| env.now()),
        disabled: None,
        created: env.now(),
        version: 1,
    };
    tx.insert_client(&client, secret)?;
    env.created(Event::ClientCreated, subject(&client), 1, Rule::Sec1, &client)?;
    about(env, &client);
    Ok(client)
}

/// Changes a client. What people let it do ends if it may do less than before.
///
/// # Errors
///
/// Refused for what is wrong with what is stated, a name that is taken, a client that is to keep a secret and has none; the store's.
pub fn update(tx: &mut Tx<'_>, env: &mut Env, before: &Client, stated: Stated) -> Result<Client, EngineError> {
    let stated = checked(stated)?;
    require_free(tx, &stated.name, Some(before.id))?;
    if stated.settings.confidential && !before.settings.confidential {
        let text = "an application that keeps no secret becomes none that does: add another one, and remove this one";
        return Err(Refusal::Invalid(text.to_owned()).into());
    }
    let Stated { name, kind, settings } = stated;
    let secret_made = before.secret_made.filter(|_| settings.confidential);
    let after = Client { name, kind, settings, secret_made, ..before.clone() };
    if after == *before {
        return Ok(after);
    }
    let less = !before.settings.scopes.is_subset(&after.settings.scopes)
        || !before.settings.grants.is_subset(&after.settings.grants)
        || before.kind != after.kind
        || (after.settings.third_party && !before.settings.third_party);
    if less {
        tx.end_authorizations(before.id, None, Revoked::ClientChanged.as_str(), env.now())?;
    }
    if before.settings.confidential && !after.settings.confidential {
        tx.set_client_secrets(before.id, &ClientSecrets::default())?;
    }
    save(tx, env, before, after)
}

/// Switches a client off, or on again. While it is off nobody signs in there, and none of its tokens works.
///
/// # Errors
///
/// The store's.
pub fn switch(tx: &mut Tx<'_>, env: &mut Env, before: &Client, is_on: bool) -> Result<Client, EngineError> {
    if before.disabled.is_none() == is_on {
        return Ok(before.clone());
    }
    let after = Client { disabled: (!is_on).then(|| env.now()), ..before.clone() };
    save(tx, env, before, after)
}

/// Gives a client a new secret; the one before works for another day, or not at all.
///
/// # Errors
///
/// Refused for a client that keeps none; the store's.
pub fn rotate(
    tx: &mut Tx<'_>,
    env: &mut Env,
    client: &Client,
    secret: &TokenHash,
    at_once: bool,
) -> Result<Client, EngineError> {
    let (_, secrets) = found(tx.client_with_secrets(client.id)?, client.id)?;
    if !client.settings.confidential {
        return Err(Refusal::Invalid(format!("application `{}` keeps no secret", client.name)).into());
    }
    let former = secrets.present.filter(|_| !at_once).map(|hash| (hash, env.now().after(OVERLAP)));
    tx.set_client_secrets(client.id, &ClientSecrets { present: Some(*secret.as_bytes()), former })?;
    save(tx, env, client, Client { secret_made: Some(env.now()), ..client.clone() })
}

/// Removes a client: whatever people let it do ends.
///
/// # Errors
///
/// The store's.
pub fn remove(tx: &mut Tx<'_>, env: &mut Env, client: &Client) -> Result<(), EngineError> {
    tx.end_authorizations(client.id, None, Ended::ClientEnded.as_str(), env.now())?;
    tx.end_sessions_of_client(client.id, Ended::ClientEnded.as_str(), env.now())?;
    tx.delete_client(client.id)?;
    env.ended(Event::ClientEnded, subject(client), client.version + 1, Rule::Sec1, client)?;
    about(env, client);
    Ok(())
}

/// The client that this is the id of.
///
/// # Errors
///
/// Not found; the store's.
pub fn by_id(conn: &mut Conn<'_>, id: ClientId) -> Result<Client, EngineError> {
    found(conn.client(id)?, id)
}

/// A client that shows that it is itself: with its secret, its former one for as long as that works, or, if it keeps none, by its
/// name alone. `None` for any other.
///
/// # Errors
///
/// The store's.
pub fn authenticate(
    conn: &mut Conn<'_>,
    id: &str,
    secret: Option<&TokenHash>,
    now: Timestamp,
) -> Result<Option<Client>, EngineError> {
    let Ok(id) = id.parse::<ClientId>() else { return Ok(None) };
    let Some((client, secrets)) = conn.client_with_secrets(id)? else { return Ok(None) };
    if client.disabled.is_some() {
        return Ok(None);
    }
    let is_itself = match (client.settings.confidential, secret) {
        (false, None) => true,
        // What is not secret shows nothing, and is not asked for.
        (false, Some(_)) | (true, None) => false,
        (true, Some(shown)) => {
            let is = |kept: [u8; 32]| TokenHash::from(kept) == *shown;
            secrets.present.is_some_and(is) || secrets.former.is_some_and(|(kept, until)| now < until && is(kept))
        }
    };
    Ok(is_itself.then_some(client))
}

fn found<T>(found: Option<T>, id: ClientId) -> Result<T, EngineError> {
    found.ok_or_else(|| EngineError::not_found("application", id))
}

fn require_free(conn: &mut Conn<'_>, name: &str, except: Option<ClientId>) -> Result<(), EngineError> {
    match conn.client_by_name(name)? {
        Some(other) if Some(other.id) != except => {
            // Names are the installation's: who has it is not told (TEN-3).
            Err(Refusal::Invalid(format!("the name `{name}` is taken: choose another one")).into())
        }
        _ => Ok(()),
    }
}

fn save(tx: &mut Tx<'_>, env: &mut Env, before: &Client, after: Client) -> Result<Client, EngineError> {
    let after = Client { version: before.version + 1, ..after };
    tx.update_client(&after)?;
    env.changed(Event::ClientUpdated, subject(&after), after.version, Rule::Sec1, before, &after)?;
    about(env, &after);
    Ok(after)
}

fn subject(client: &Client) -> Subject {
    match client.organization {
        Some(organization) => Subject::within(Kind::Client, client.id, organization),
        None => Subject::new(Kind::Client, client.id),
    }
}

fn about(env: &mut Env, client: &Client) {
    env.about(client.id);
    if let Some(organization) = client.organization {
        env.about(organization);
    }
}

/// What is stated, if it can be.
fn checked(stated: Stated) -> Result<Stated, EngineError> {
    let Stated { name, kind, mut settings } = stated;
    let name = name.trim().to_owned();
    let invalid = |key: &str, text: String| EngineError::from(Refusal::Field { key: key.to_owned(), text });
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(invalid("name", format!("a name has 1 to {NAME} characters, none of them a control character")));
    }
    for (key, addresses) in
        [("redirect_uris", &settings.redirect_uris), ("post_logout_redirect_uris", &settings.post_logout_redirect_uris)]
    {
        if addresses.len() > ADDRESSES {
            return Err(invalid(key, format!("there are at most {ADDRESSES} of them")));
        }
        for address in addresses {
            check_address(address, settings.confidential).map_err(|why| invalid(key, format!("`{address}` {why}")))?;
        }
    }
    if let Some(address) = &settings.backchannel_logout_uri {
        let is_web = Url::parse(address).is_ok_and(|url| url.scheme() == "https" || url.scheme() == "http");
        let good = if is_web { check_address(address, true) } else { Err("must begin with https://") };
        good.map_err(|why| invalid("backchannel_logout_uri", format!("`{address}` {why}")))?;
    }
    if settings.grants.is_empty() {
        settings.grants = BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    }
    if settings.scopes.is_empty() {
        settings.scopes = ClientScope::ALL.into_iter().collect();
    }
    settings.scopes.insert(ClientScope::Openid);
    if settings.grants.contains(&GrantType::AuthorizationCode) && settings.redirect_uris.is_empty() {
        return Err(invalid("redirect_uris", "say where people are sent back to".to_owned()));
    }
    if settings.grants.iter().all(|grant| *grant == GrantType::RefreshToken) {
        return Err(invalid("grants", "a refresh token comes from another grant: add one".to_owned()));
    }
    Ok(Stated { name, kind, settings })
}

/// Whether people can be sent to an address (RFC 9700 §2.1, RFC 8252 §7). Whatever is compared later is compared as it stands.
fn check_address(text: &str, confidential: bool) -> Result<(), &'static str> {
    if text.len() > ADDRESS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is too long, or has characters that an address has not");
    }
    let url = Url::parse(text).map_err(|_| "is no address: write it in full, with its scheme")?;
    if url.fragment().is_some() || text.contains('#') {
        return Err("must not have a fragment");
    }
    if text.contains('*') {
        return Err("must not have a wildcard: name each address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or password in it");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("must begin with https://: only programs on the person's own machine (127.0.0.1) need none"),
        // A scheme of a program's own has a domain in it, so that no other program takes it by accident (RFC 8252 §7.1).
        scheme if scheme.contains('.') && !confidential => Ok(()),
        _ => Err("has a scheme that people are not sent to: use https://, or a scheme such as com.example.app"),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
