//! A connection with everything that is needed to talk to its IdP: read once, and used until something changes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_crypto::{Place, Sealer, Secret};
use muster_engine::{EngineError, connections};
use muster_model::{
    Connection, ConnectionId, Timestamp,
    connection::{ClientAuthentication, KeyPurpose, Oidc, OwnCertificate, Saml, SingleSignOn},
};
use muster_saml::{DecryptionKeys, KeyError, Signers, SigningKey};
use muster_store::{Conn, PendingSignIn};
use uuid::Uuid;

use super::{SignInFailure, oidc};
use crate::{App, HttpError, app::Lane};

/// The most connections that are kept; beyond it all are forgotten.
const KEPT: usize = 2_000;

/// The connections that were used lately.
#[derive(Default)]
pub(crate) struct Providers {
    known: Mutex<HashMap<ConnectionId, Arc<Provider>>>,
}

/// One connection, as it was under a version number of all of them.
pub(crate) struct Provider {
    /// The connection.
    pub(crate) connection: Connection,
    /// The number under which it was read ([`connections::version`]).
    pub(crate) version: i64,
    /// Our certificates towards the IdP, the newest first.
    pub(crate) own: Vec<OwnCertificate>,
    signers: Result<Signers, KeyError>,
    decryption: Option<DecryptionKeys>,
    /// From when each signs, the newest first.
    signing: Vec<(Timestamp, SigningKey)>,
    client_secret: Option<Secret>,
    client_keys: Vec<(Timestamp, muster_oidc::SigningKey)>,
}

impl Provider {
    fn new(read: Read, version: i64, sealer: &Sealer) -> Self {
        let Read { connection, own, secret } = read;
        let keys = |purpose: KeyPurpose| {
            let of_purpose = own.iter().filter(move |own| own.purpose == purpose);
            of_purpose.filter_map(|own| Some((own, private_key(sealer, own)?))).collect::<Vec<_>>()
        };
        let signing_keys = keys(KeyPurpose::Signing);
        let signing = signing_keys.iter().filter_map(|(own, pem)| Some((own.not_before, SigningKey::new(pem).ok()?)));
        let signing = signing.collect();
        let client_keys = signing_keys.iter().filter_map(|(own, pem)| {
            let key = muster_oidc::SigningKey::from_pkcs8(&der(pem)?, &own.fingerprint).ok()?;
            Some((own.not_before, key))
        });
        let client_keys = client_keys.collect();
        let decryption = DecryptionKeys::new(keys(KeyPurpose::Encryption).iter().map(|(_, pem)| pem.as_str())).ok();
        let certificates = match &connection.settings.sso {
            Some(SingleSignOn::Saml(saml)) => saml.certificates.as_slice(),
            _ => &[],
        };
        let certificates: Vec<Vec<u8>> = certificates.iter().filter_map(|text| STANDARD.decode(text).ok()).collect();
        let signers = Signers::new(certificates.iter().map(Vec::as_slice));
        let client_secret = secret.and_then(|sealed| oidc::open_secret(sealer, connection.id, &sealed));
        Self { connection, version, own, signers, decryption, signing, client_secret, client_keys }
    }

    /// The SAML settings.
    pub(crate) fn saml(&self) -> Result<&Saml, SignInFailure> {
        match &self.connection.settings.sso {
            Some(SingleSignOn::Saml(saml)) if !saml.entity_id.is_empty() => Ok(saml),
            _ => Err(SignInFailure::NotConfigured(self.connection.name.clone())),
        }
    }

    /// The OIDC settings.
    pub(crate) fn oidc(&self) -> Result<&Oidc, SignInFailure> {
        match &self.connection.settings.sso {
            Some(SingleSignOn::Oidc(oidc)) => Ok(oidc),
            _ => Err(SignInFailure::NotConfigured(self.connection.name.clone())),
        }
    }

    /// We, as the OpenID provider knows us.
    pub(crate) fn client(&self, base_url: &str, now: Timestamp) -> Result<muster_oidc::Client, SignInFailure> {
        let oidc = self.oidc()?;
        let name = || self.connection.name.clone();
        let secret = || {
            let secret = self.client_secret.as_ref().map(|secret| secret.expose().to_owned());
            secret.ok_or_else(|| SignInFailure::NoClientSecret(name()))
        };
        let authentication = match oidc.authentication {
            ClientAuthentication::ClientSecretBasic => muster_oidc::ClientAuthentication::Basic(secret()?),
            ClientAuthentication::ClientSecretPost => muster_oidc::ClientAuthentication::Post(secret()?),
            ClientAuthentication::PrivateKeyJwt => {
                let key =
                    signs_at(&self.client_keys, now).cloned().ok_or_else(|| SignInFailure::NotConfigured(name()))?;
                muster_oidc::ClientAuthentication::PrivateKey(key)
            }
            ClientAuthentication::None => muster_oidc::ClientAuthentication::None,
        };
        muster_oidc::Client::new(&oidc.client_id, authentication, &format!("{base_url}/sso/oidc/callback"))
            .map_err(SignInFailure::Issuer)
    }

    /// Whose signatures count.
    pub(crate) fn signers(&self) -> Result<&Signers, SignInFailure> {
        self.signers.as_ref().map_err(|error| SignInFailure::Key(error.clone()))
    }

    /// What opens what is encrypted for us; `None` where the connection offers no key.
    pub(crate) fn decryption(&self) -> Option<&DecryptionKeys> {
        let is_offered = self.saml().is_ok_and(|saml| saml.encryption);
        self.decryption.as_ref().filter(|_| is_offered)
    }

    /// What our requests are signed with.
    pub(crate) fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        signs_at(&self.signing, now)
    }

    /// The keys that prove to an OpenID provider who we are, with those whose time is to come.
    pub(crate) fn client_keys(&self) -> impl Iterator<Item = &muster_oidc::SigningKey> {
        self.client_keys.iter().map(|(_, key)| key)
    }

    /// Our certificates for a purpose, in DER, the newest first.
    pub(crate) fn certificates(&self, purpose: KeyPurpose) -> Vec<Vec<u8>> {
        self.own.iter().filter(|own| own.purpose == purpose).map(|own| own.certificate.clone()).collect()
    }

    /// Whether every key is there that the connection needs.
    pub(crate) fn lacks(&self, purpose: KeyPurpose) -> bool {
        !self.own.iter().any(|own| own.purpose == purpose)
    }
}

/// The newest key whose time has come; those before it are still in our metadata, those after it already.
fn signs_at<K>(keys: &[(Timestamp, K)], now: Timestamp) -> Option<&K> {
    let begun = keys.iter().find(|(from, _)| *from <= now);
    begun.or(keys.last()).map(|(_, key)| key)
}

fn private_key(sealer: &Sealer, own: &OwnCertificate) -> Option<String> {
    let opened = sealer.open(&key_place(&own.fingerprint), &own.private_key);
    if let Err(error) = &opened {
        tracing::error!(%error, "a private key of a connection cannot be opened");
    }
    String::from_utf8(opened.ok()?).ok()
}

/// The DER in a PEM of ours.
fn der(pem: &str) -> Option<Vec<u8>> {
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).ok()
}

/// Where a private key is sealed.
pub(crate) fn key_place(fingerprint: &[u8; 32]) -> Place {
    Place { table: "connection_certificates", column: "private_key", row: head(fingerprint) }
}

/// The first half of a hash, which names its row.
pub(crate) fn head(hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

/// A connection, and the sign-in with this key that is on its way through it, if any: one look at the database.
pub(crate) async fn load(
    app: &App,
    id: ConnectionId,
    key: Option<[u8; 32]>,
) -> Result<(Arc<Provider>, Option<PendingSignIn>), HttpError> {
    let known = app.providers().known(id);
    let now = app.surroundings().now();
    let under = known.as_ref().map(|known| known.version);
    let (version, read, pending) = app
        .read(Lane::Snapshot, move |conn| {
            let version = connections::version(conn)?;
            let pending = key.map(|key| conn.pending_sign_in(&key, now)).transpose()?.flatten();
            let read = if under == Some(version) { None } else { Some(read(conn, id)?) };
            Ok((version, read, pending))
        })
        .await?;
    let pending = pending.filter(|pending| pending.connection == id);
    let Some(read) = read else {
        let known = known.ok_or(EngineError::not_found("connection", id))?;
        return Ok((known, pending));
    };
    let provider = Arc::new(Provider::new(read, version, app.sealer()));
    app.providers().keep(id, Arc::clone(&provider));
    Ok((provider, pending))
}

/// What the database knows of a connection.
struct Read {
    connection: Connection,
    own: Vec<OwnCertificate>,
    secret: Option<Vec<u8>>,
}

fn read(conn: &mut Conn<'_>, id: ConnectionId) -> Result<Read, EngineError> {
    let connection = conn.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
    Ok(Read { connection, own: conn.own_certificates(id)?, secret: conn.connection_secret(id)? })
}

impl Providers {
    fn known(&self, id: ConnectionId) -> Option<Arc<Provider>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn keep(&self, id: ConnectionId, provider: Arc<Provider>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(id, provider);
    }
}
