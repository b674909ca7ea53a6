//! What Web Authentication asks of us as a relying party: options for browsers, and checks of what comes back.
//!
//! The library does the ceremonies; what of it must be remembered between two requests is opaque here, and kept sealed.

use muster_crypto::sha256;
use muster_engine::credentials::ceremonies::Kept;
use muster_model::{Account, AccountId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};

/// Us, towards browsers: a name that passkeys are bound to, and the one origin that may ask for them.
pub(crate) struct RelyingParty {
    webauthn: Webauthn,
}

/// A passkey that is being added.
#[derive(Serialize, Deserialize)]
pub(super) struct Adding {
    /// Whose it will be.
    pub(super) account: AccountId,
    state: PasskeyRegistration,
}

impl Kept for Adding {
    const PURPOSE: &'static str = "adding a passkey";
}

/// A passkey that is asked for, whosever it is.
#[derive(Serialize, Deserialize)]
pub(super) struct Asking {
    state: DiscoverableAuthentication,
}

/// A passkey as it is to be kept.
pub(super) struct Added {
    /// What must be known of it to verify what it says.
    pub(super) content: Vec<u8>,
    /// The hash of its credential id.
    pub(super) handle: [u8; 32],
}

/// Why a ceremony came to nothing; none of it is for the person.
#[derive(Debug, thiserror::Error)]
pub(super) enum CeremonyError {
    /// What the browser sent is none of what it should be.
    #[error("what came is no credential")]
    Unreadable(#[from] serde_json::Error),
    /// It was asked for within a page of another site.
    #[error("the passkey was asked for within a page of another site")]
    CrossOrigin,
    /// It names another account than the one whose it is.
    #[error("the passkey is another account's")]
    AnotherAccount,
    /// Origin, challenge, signature, user verification or counter is not as it should be.
    #[error(transparent)]
    Refused(#[from] WebauthnError),
}

impl RelyingParty {
    /// The relying party under a base URL; `None` where browsers have no passkeys: they are bound to a name, not to an
    /// address, and `http` is enough only on this machine.
    pub(crate) fn of(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let name = url.domain()?.to_owned();
        let is_here = name == "localhost" || name.ends_with(".localhost");
        if url.scheme() != "https" && !is_here {
            return None;
        }
        let origin = Url::parse(&url.origin().ascii_serialization()).ok()?;
        let webauthn = WebauthnBuilder::new(&name, &origin).ok()?.rp_name("Muster").build().ok()?;
        Some(Self { webauthn })
    }

    /// Begins to add a passkey to an account that has `known` ones: what the browser is to be told.
    pub(super) fn add(&self, account: &Account, known: &[&[u8]]) -> Result<(Value, Adding), CeremonyError> {
        let known: Vec<CredentialID> =
            known.iter().filter_map(|content| read(content).ok()).map(|known| known.cred_id().clone()).collect();
        let name = account.email.as_ref().map_or(account.username.as_str(), |email| email.as_str());
        let shown = if account.full_name.is_empty() { name } else { &account.full_name };
        let (options, state) = self.webauthn.start_passkey_registration(account.id.0, name, shown, Some(known))?;
        let mut options = serde_json::to_value(options)?;
        // Nobody types an address before a passkey: it must be one that the authenticator finds by itself (SEC-5).
        let selection = &mut options["publicKey"]["authenticatorSelection"];
        selection["residentKey"] = Value::from("required");
        selection["requireResidentKey"] = Value::from(true);
        Ok((options, Adding { account: account.id, state }))
    }

    /// Checks a passkey that a browser has made.
    pub(super) fn added(&self, adding: &Adding, text: &str) -> Result<Added, CeremonyError> {
        let credential: RegisterPublicKeyCredential = serde_json::from_str(text)?;
        require_own_page(&credential.response.client_data_json)?;
        let passkey = self.webauthn.finish_passkey_registration(&credential, &adding.state)?;
        Ok(Added { content: serde_json::to_vec(&passkey)?, handle: sha256(passkey.cred_id().as_slice()) })
    }

    /// Begins to ask for a passkey: what the browser is to be told. It names no credential, so it says nothing of anybody.
    pub(super) fn ask(&self) -> Result<(Value, Asking), CeremonyError> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication()?;
        // Somebody has pressed a button: the browser is to ask at once.
        options.mediation = None;
        Ok((serde_json::to_value(options)?, Asking { state }))
    }

    /// Checks what a passkey of `account` says: what must be known of it from now on.
    pub(super) fn asked(
        &self,
        asking: Asking,
        said: &PublicKeyCredential,
        account: AccountId,
        content: &[u8],
    ) -> Result<Vec<u8>, CeremonyError> {
        require_own_page(&said.response.client_data_json)?;
        let (named, _) = self.webauthn.identify_discoverable_authentication(said)?;
        if named != account.0 {
            return Err(CeremonyError::AnotherAccount);
        }
        let mut passkey = read(content)?;
        let key = DiscoverableKey::from(&passkey);
        let result = self.webauthn.finish_discoverable_authentication_v2(said, asking.state, key)?;
        passkey.update_credential(&result);
        Ok(serde_json::to_vec(&passkey)?)
    }
}

/// What a browser says of a passkey.
pub(super) fn said(text: &str) -> Result<PublicKeyCredential, CeremonyError> {
    Ok(serde_json::from_str(text)?)
}

fn read(content: &[u8]) -> Result<Passkey, CeremonyError> {
    Ok(serde_json::from_slice(content)?)
}

/// Pages of ours are in no frame of anybody's (Web Authentication §13.4.9).
fn require_own_page(client_data: &[u8]) -> Result<(), CeremonyError> {
    let client_data: Value = serde_json::from_slice(client_data)?;
    let is_within_another = client_data.get("crossOrigin").is_some_and(|within| *within != Value::Bool(false));
    if is_within_another { Err(CeremonyError::CrossOrigin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_bound_to_a_name_that_browsers_trust() {
        for name in
            ["https://muster.example.com", "https://example.com/muster", "http://localhost:8080", "http://a.localhost"]
        {
            assert!(RelyingParty::of(name).is_some(), "{name}");
        }
        for none in
            ["http://127.0.0.1:8080", "https://10.0.0.1", "https://[::1]", "http://muster.example.com", "nonsense", ""]
        {
            assert!(RelyingParty::of(none).is_none(), "{none}");
        }
    }
}
