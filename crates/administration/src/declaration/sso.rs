//! `[connection.saml]` and `[connection.oidc]`, and what the engine takes of them.

use std::fmt;

use muster_crypto::Secret;
use muster_model::{
    connection::{self, Binding, ClientAuthentication, SingleSignOn},
    sign_in::AttributeNames,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Connection;
use crate::{Misstated, metadata};

/// `[connection.saml]`: the IdP by its metadata (file, URL, or here), or by its parts, which win over metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = StatedSaml)]
pub struct Saml {
    /// Read when the file is, into `metadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_file: Option<String>,
    /// The metadata itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// Fetched in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// The entity id of the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Where people are sent to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_url: Option<String>,
    /// How: `redirect` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub binding: Option<Binding>,
    /// Where people are sent to sign out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slo_url: Option<String>,
    /// Its signing certificates, in PEM or bare base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// Sign our requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_requests: Option<bool>,
    /// Publish an encryption key.
    #[serde(skip_serializing_if = "is_false")]
    pub encryption: bool,
    /// People authenticate anew each time.
    #[serde(skip_serializing_if = "is_false")]
    pub force_authn: bool,
    /// Which ways of authenticating are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authn_contexts: Vec<String>,
    /// Which NameID format is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_id_format: Option<String>,
    /// Tell the provider the address that was typed.
    #[serde(skip_serializing_if = "is_false")]
    pub subject_hint: bool,
    /// Accept answers to no request (SSO-3).
    #[serde(skip_serializing_if = "is_false")]
    pub idp_initiated: bool,
    /// Read an absent groups attribute as no groups (JIT-3).
    #[serde(skip_serializing_if = "is_false")]
    pub absent_groups_are_none: bool,
    /// Other names of attributes (SSO-4).
    #[serde(skip_serializing_if = "is_default")]
    #[schema(value_type = Object)]
    pub attributes: AttributeNames,
}

/// `[connection.oidc]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedOidc)]
pub struct Oidc {
    /// The issuer, to the letter.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Read when the file is, into `client_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<String>,
    /// Kept sealed; without one, the secret that is kept stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only)]
    pub client_secret: Option<ClientSecret>,
    /// How we prove who we are.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(value_type = String)]
    pub authentication: ClientAuthentication,
    /// The tenant that every answer must be of, for issuers that many share (SSO-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Scopes to ask for besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// People authenticate anew each time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_authn: bool,
    /// Read an absent groups claim as no groups (JIT-3).
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent_groups_are_none: bool,
    /// Look groups up at Microsoft Graph where there are too many for the token.
    #[serde(default, skip_serializing_if = "is_false")]
    pub graph_groups: bool,
    /// Other names of claims (SSO-4).
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(value_type = Object)]
    pub attributes: AttributeNames,
}

/// A client secret on its way from the file to where it is sealed, perhaps through the socket of a server.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// A secret, to the letter.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A secret as a file holds it: the line's end is none of it.
    pub fn of_file(text: &str) -> Self {
        Self::new(text.trim_end_matches(['\r', '\n']))
    }

    /// The secret, to be sealed.
    pub fn secret(&self) -> Secret {
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
pub(super) fn to_engine(place: &str, stated: &Connection, now: i64) -> Result<Option<SingleSignOn>, Misstated> {
    match (&stated.saml, &stated.oidc) {
        (None, None) => Ok(None),
        (Some(saml), None) => Ok(Some(SingleSignOn::Saml(Box::new(saml.to_engine(place, now)?)))),
        (None, Some(oidc)) => Ok(Some(SingleSignOn::Oidc(Box::new(oidc.to_engine())))),
        (Some(_), Some(_)) => {
            Err(Misstated::new("oidc", format!("{place}: it has one protocol: keep `saml` or `oidc`")))
        }
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
    fn to_engine(&self, place: &str, now: i64) -> Result<connection::Saml, Misstated> {
        let wrong = |key: &str, why: String| Misstated::new(key, format!("{place}: `saml`: {why}"));
        let mut saml = match &self.metadata {
            Some(metadata) => metadata::settings(metadata, now)
                .map_err(|error| wrong("saml.metadata", format!("the metadata cannot be used: {error}")))?,
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
            saml.certificates = metadata::certificates(&self.certificates)
                .map_err(|(at, error)| wrong("saml.certificates", format!("certificate {}: {error}", at + 1)))?;
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
