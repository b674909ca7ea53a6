//! Until when keys are good, and telling owners in time (SSO-8).
//!
//! An end is only a date on paper: what the IdP signs counts by its key. But IdPs refuse to sign with what has ended, and
//! administrators forget; so everybody is told before.

use std::time::Duration;

use muster_crypto::Sealer;
use muster_model::{
    Connection, ConnectionId, ConnectionState, Rule, Timestamp,
    connection::{KeyPurpose, OwnCertificate, SingleSignOn},
};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use crate::{EngineError, Env, Refusal, connections, mail};

/// So many days before an end owners are told of it; 0: when it has come.
const DAYS: [i64; 4] = [0, 1, 7, 30];
const DAY: Duration = Duration::from_hours(24);

/// Whose a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The IdP's: what it signs with.
    IdentityProvider,
    /// Ours, towards the IdP.
    Ours(KeyPurpose),
}

/// A certificate that one connection relies on: of its kind the one that is good for longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relied {
    /// Whose it is.
    pub whose: Whose,
    /// The SHA-256 of the certificate in DER.
    pub fingerprint: [u8; 32],
    /// Until when it is good.
    pub not_after: Timestamp,
}

impl Relied {
    /// How many days it is good for; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        const MICROS: i64 = 86_400 * 1_000_000;
        self.not_after.0.saturating_sub(now.0).div_euclid(MICROS)
    }

    /// The warning that is due: so many days before the end; `None` while there is time.
    #[must_use]
    pub fn warning(&self, now: Timestamp) -> Option<i64> {
        DAYS.into_iter().find(|days| {
            let before = DAY.saturating_mul(u32::try_from(*days).unwrap_or(0));
            now >= self.not_after.before(before)
        })
    }

    /// What it is, in words.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self.whose {
            Whose::IdentityProvider => "the identity provider's signing certificate",
            Whose::Ours(KeyPurpose::Signing) => "our certificate for signing requests",
            Whose::Ours(KeyPurpose::Encryption) => "our certificate for encrypted assertions",
        }
    }

    /// What to do before it ends.
    #[must_use]
    pub fn advice(&self, connection: &Connection) -> String {
        let name = &connection.name;
        let fetched = matches!(&connection.settings.sso, Some(SingleSignOn::Saml(saml)) if saml.metadata_url.is_some());
        match self.whose {
            Whose::IdentityProvider if fetched => {
                "renew it at the identity provider: the new one is taken over from its \
                                                   metadata by itself"
                    .to_owned()
            }
            Whose::IdentityProvider => {
                "renew it at the identity provider, and add the new one to the connection before it \
                                        is used there"
                    .to_owned()
            }
            Whose::Ours(purpose) => {
                let purpose = purpose.as_str();
                format!(
                    "make the next one with `muster connection key add {name} {purpose} --after 7d`, and let the \
                     identity provider read our metadata again"
                )
            }
        }
    }
}

/// The certificates of ours that a connection's settings make use of, of each kind the one that is good for longest.
#[must_use]
pub fn own_relied(connection: &Connection, own: &[OwnCertificate]) -> Vec<Relied> {
    let uses = |purpose: KeyPurpose| match (&connection.settings.sso, purpose) {
        (Some(SingleSignOn::Saml(saml)), KeyPurpose::Signing) => saml.sign_requests || saml.slo_url.is_some(),
        (Some(SingleSignOn::Saml(saml)), KeyPurpose::Encryption) => saml.encryption,
        _ => false,
    };
    let longest = |purpose: KeyPurpose| {
        let of_purpose = own.iter().filter(|own| own.purpose == purpose && uses(purpose));
        of_purpose.max_by_key(|own| own.not_after).map(|own| Relied {
            whose: Whose::Ours(purpose),
            fingerprint: own.fingerprint,
            not_after: own.not_after,
        })
    };
    [KeyPurpose::Signing, KeyPurpose::Encryption].into_iter().filter_map(longest).collect()
}

/// Tells the owners of every organization of a connection which certificates end, each time once: on the activity log, and by
/// mail. How many warnings there were.
///
/// # Errors
///
/// The store's.
pub fn warn(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    connection: &Connection,
    relied: &[Relied],
) -> Result<usize, EngineError> {
    let mut warned = 0;
    if matches!(connection.state, ConnectionState::Off | ConnectionState::Draft) {
        return Ok(warned);
    }
    for one in relied {
        let Some(days) = one.warning(env.now()) else { continue };
        if tx.note_certificate_warning(connection.id, &one.fingerprint, days, env.now())? {
            tell(tx, env, sealer, connection, one)?;
            warned += 1;
        }
    }
    Ok(warned)
}

fn tell(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    connection: &Connection,
    one: &Relied,
) -> Result<(), EngineError> {
    let (name, what) = (&connection.name, one.what());
    let days = one.days_left(env.now());
    let when = match days {
        ..0 => format!("has ended on {}", one.not_after),
        0 => format!("ends within a day, on {}", one.not_after),
        1 => format!("ends in 1 day, on {}", one.not_after),
        _ => format!("ends in {days} days, on {}", one.not_after),
    };
    let advice = one.advice(connection);
    let subject = subject(&one.fingerprint);
    for covered in &connection.organizations {
        let detail = format!("{what} of connection '{name}' {when}: {advice}");
        if days < 8 {
            env.report_urgently(Rule::Sso8, Some(covered.id), Some(subject), detail);
        } else {
            env.report(Rule::Sso8, Some(covered.id), Some(subject), detail);
        }
    }
    let title = format!("A certificate of the connection {name} {}", if days < 0 { "has ended" } else { "ends soon" });
    let text = format!(
        "In Muster, {what} of the connection {name} {when}.\n\nPeople may not be able to sign in then. What to do: \
         {advice}.\n"
    );
    let organizations = connection.organizations.iter().map(|covered| covered.id);
    mail::post_to_owners(tx, env, sealer, organizations, &title, &text)?;
    env.about(connection.id);
    Ok(())
}

/// What a report about a certificate is about: the first half of its hash names it.
fn subject(fingerprint: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&fingerprint[..16]);
    Uuid::from_bytes(bytes)
}

/// Adds a certificate of ours to a connection. Those that it has stay, so that an IdP which knows only them goes on being
/// understood.
///
/// # Errors
///
/// The store's.
pub fn add(tx: &mut Tx<'_>, connection: ConnectionId, own: &OwnCertificate) -> Result<(), EngineError> {
    tx.insert_own_certificate(connection, own)?;
    connections::changed(tx)
}

/// Removes a certificate of ours. The last one that is good now is needed.
///
/// # Errors
///
/// [`EngineError::NotFound`], [`Refusal::LastKey`]; the store's.
pub fn remove(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    fingerprint: &[u8; 32],
) -> Result<OwnCertificate, EngineError> {
    let own = tx.own_certificates(connection)?;
    let found = own.iter().find(|own| own.fingerprint == *fingerprint);
    let found = found.ok_or_else(|| EngineError::not_found("key", "with this fingerprint"))?;
    let is_good = |own: &&OwnCertificate| own.purpose == found.purpose && own.not_before <= env.now();
    if own.iter().filter(is_good).all(|own| own.fingerprint == *fingerprint) && is_good(&found) {
        return Err(Refusal::LastKey(found.purpose).into());
    }
    tx.delete_own_certificate(connection, fingerprint, found.purpose)?;
    connections::changed(tx)?;
    Ok(found.clone())
}

/// A connection with the certificates of ours towards its IdP.
///
/// # Errors
///
/// The store's.
pub fn of(conn: &mut Conn<'_>, connection: ConnectionId) -> Result<Vec<OwnCertificate>, EngineError> {
    Ok(conn.own_certificates(connection)?)
}
