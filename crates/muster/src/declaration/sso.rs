//! `[connection.saml]` and `[connection.oidc]`, and what the engine takes of them.

use std::fmt;

use muster_crypto::Secret;
use muster_engine::Surroundings as _;
use muster_model::{
    connection::{self, Binding, ClientAuthentication, SingleSignOn},
    sign_in::AttributeNames,
};
use serde::{Deserialize, Serialize};

use super::{Connection, ReadError};
use crate::surroundings::System;

/// `[connection.saml]`: the IdP by its metadata (file, URL, or here), or by its parts, which win over metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Saml {
    /// Read when the file is, into `metadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<String>,
    /// Fetched in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sso_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binding: Option<Binding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) slo_url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sign_requests: Option<bool>,
    /// Publish an encryption key.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) encryption: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) force_authn: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) authn_contexts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name_id_format: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) subject_hint: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) idp_initiated: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) absent_groups_are_none: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) attributes: AttributeNames,
}

/// `[connection.oidc]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// Read when the file is, into `client_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret_file: Option<String>,
    /// Kept sealed; without one, the secret that is kept stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<ClientSecret>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) authentication: ClientAuthentication,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) force_authn: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) absent_groups_are_none: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) graph_groups: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) attributes: AttributeNames,
}

/// A client secret on its way from the file to where it is sealed, perhaps through the socket of a server.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ClientSecret(String);

impl ClientSecret {
    /// A secret, to the letter.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A secret as a file holds it: the line's end is none of it.
    pub(super) fn of_file(text: &str) -> Self {
        Self::new(text.trim_end_matches(['\r', '\n']))
    }

    /// The secret, to be sealed.
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.0.clone())
    }
}

/// Tells nothing.
impl fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientSecret(..)")
    }
}

/// The single sign-on settings of a connection, in the engine's types.
pub(super) fn to_engine(place: &str, stated: &Connection) -> Result<Option<SingleSignOn>, ReadError> {
    match (&stated.saml, &stated.oidc) {
        (None, None) => Ok(None),
        (Some(saml), None) => Ok(Some(SingleSignOn::Saml(Box::new(saml.to_engine(place)?)))),
        (None, Some(oidc)) => Ok(Some(SingleSignOn::Oidc(Box::new(oidc.to_engine())))),
        (Some(_), Some(_)) => Err(ReadError::Wrong(format!("{place}: it has one protocol: keep `saml` or `oidc`"))),
    }
}

/// What the engine exports, as the file says it.
pub(super) fn from_engine(exported: Option<SingleSignOn>) -> (Option<Saml>, Option<Oidc>) {
    match exported {
        None => (None, None),
        Some(SingleSignOn::Saml(saml)) => (Some(Saml::from_engine(*saml)), None),
        Some(SingleSignOn::Oidc(oidc)) => (None, Some(Oidc::from_engine(*oidc))),
    }
}

impl Saml {
    fn to_engine(&self, place: &str) -> Result<connection::Saml, ReadError> {
        let wrong = |why: String| ReadError::Wrong(format!("{place}: `saml`: {why}"));
        let mut saml = match &self.metadata {
            Some(metadata) => muster_http::saml_settings(metadata, System::default().now().seconds())
                .map_err(|error| wrong(format!("the metadata cannot be used: {error}")))?,
            None => connection::Saml::default(),
        };
        let set = |to: &mut String, stated: &Option<String>| {
            if let Some(stated) = stated {
                stated.trim().clone_into(to);
            }
        };
        set(&mut saml.entity_id, &self.entity_id);
        set(&mut saml.sso_url, &self.sso_url);
        saml.binding = self.binding.unwrap_or(saml.binding);
        saml.slo_url = self.slo_url.clone().or(saml.slo_url);
        saml.sign_requests = self.sign_requests.unwrap_or(saml.sign_requests);
        if !self.certificates.is_empty() {
            saml.certificates = muster_http::saml_certificates(&self.certificates)
                .map_err(|(at, error)| wrong(format!("certificate {}: {error}", at + 1)))?;
        }
        Ok(connection::Saml {
            metadata_url: self.metadata_url.clone(),
            encryption: self.encryption,
            force_authn: self.force_authn,
            authn_contexts: self.authn_contexts.clone(),
            name_id_format: self.name_id_format.clone(),
            subject_hint: self.subject_hint,
            idp_initiated: self.idp_initiated,
            attributes: self.attributes.clone(),
            absent_groups_are_none: self.absent_groups_are_none,
            ..saml
        })
    }

    fn from_engine(saml: connection::Saml) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            metadata_file: None,
            metadata: None,
            metadata_url: saml.metadata_url,
            entity_id: some(saml.entity_id),
            sso_url: some(saml.sso_url),
            binding: Some(saml.binding).filter(|binding| *binding != Binding::default()),
            slo_url: saml.slo_url,
            certificates: saml.certificates,
            sign_requests: Some(saml.sign_requests).filter(|sign| *sign),
            encryption: saml.encryption,
            force_authn: saml.force_authn,
            authn_contexts: saml.authn_contexts,
            name_id_format: saml.name_id_format,
            subject_hint: saml.subject_hint,
            idp_initiated: saml.idp_initiated,
            absent_groups_are_none: saml.absent_groups_are_none,
            attributes: saml.attributes,
        }
    }
}

impl Oidc {
    fn to_engine(&self) -> connection::Oidc {
        connection::Oidc {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            authentication: self.authentication,
            tenant: self.tenant.clone(),
            scopes: self.scopes.clone(),
            force_authn: self.force_authn,
            attributes: self.attributes.clone(),
            absent_groups_are_none: self.absent_groups_are_none,
            graph_groups: self.graph_groups,
        }
    }

    fn from_engine(oidc: connection::Oidc) -> Self {
        Self {
            issuer: oidc.issuer,
            client_id: oidc.client_id,
            client_secret_file: None,
            client_secret: None,
            authentication: oidc.authentication,
            tenant: oidc.tenant,
            scopes: oidc.scopes,
            force_authn: oidc.force_authn,
            absent_groups_are_none: oidc.absent_groups_are_none,
            graph_groups: oidc.graph_groups,
            attributes: oidc.attributes,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
