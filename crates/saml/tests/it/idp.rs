//! An identity provider of our own, which says whatever a test wants and signs it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{DsigContext, EncContext, Key, KeyUsage, KeysManager, encrypt, keys::loader, sign};
use muster_saml::{DecryptionKeys, Expected, Login, MessageError, Signers, response};
use rcgen::{CertificateParams, KeyPair, RsaKeySize, SignatureAlgorithm};

pub(crate) const IDP: &str = "https://idp.example.com/saml";
pub(crate) const SP: &str = "https://muster.example.com/sso/saml/okta/metadata";
pub(crate) const ACS: &str = "https://muster.example.com/sso/saml/okta/acs";
pub(crate) const REQUEST: &str = "_8f2c1d7e9b";
/// 2026-11-22T10:00:00Z.
pub(crate) const NOW: i64 = 1_795_341_600;

pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// A key with its certificate.
pub(crate) struct Identity {
    pub(crate) private_pem: String,
    pub(crate) certificate: Vec<u8>,
}

impl Identity {
    pub(crate) fn rsa() -> Identity {
        Identity::of(KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
    }

    pub(crate) fn ec(algorithm: &'static SignatureAlgorithm) -> Identity {
        Identity::of(KeyPair::generate_for(algorithm).unwrap())
    }

    fn of(pair: KeyPair) -> Identity {
        let certificate =
            CertificateParams::new(vec!["idp.example.com".to_owned()]).unwrap().self_signed(&pair).unwrap();
        let private_pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines(&STANDARD.encode(pair.serialize_der()))
        );
        Identity { private_pem, certificate: certificate.der().to_vec() }
    }

    pub(crate) fn signers(&self) -> Signers {
        Signers::new([self.certificate.as_slice()]).unwrap()
    }

    pub(crate) fn decryption_keys(&self) -> DecryptionKeys {
        DecryptionKeys::new([self.private_pem.as_str()]).unwrap()
    }

    fn private_key(&self) -> Key {
        let mut key = loader::load_pem_auto(self.private_pem.as_bytes(), None).unwrap();
        key.usage = KeyUsage::Any;
        key
    }

    /// Fills the first signature of a document in.
    pub(crate) fn sign(&self, xml: &str) -> String {
        let mut keys = KeysManager::new();
        keys.add_key(self.private_key());
        sign(&DsigContext::new_permissive(keys), xml).unwrap()
    }

    /// Encrypts an assertion for this identity.
    pub(crate) fn encrypt(&self, assertion: &str, cipher: &str, transport: &str) -> String {
        let template = format!(
            r#"<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="{cipher}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{transport}"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"#
        );
        let mut keys = KeysManager::new();
        keys.add_key(self.private_key());
        let encrypted = encrypt(&EncContext::new(keys), &template, assertion.as_bytes()).unwrap();
        let encrypted = encrypted.trim_start_matches(r#"<?xml version="1.0" encoding="UTF-8"?>"#).trim_start();
        format!("<saml:EncryptedAssertion>{encrypted}</saml:EncryptedAssertion>")
    }
}

/// Text in lines of 64, as PEM has it.
fn lines(text: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

/// What a signature template says.
pub(crate) struct Template<'t> {
    pub(crate) uri: &'t str,
    pub(crate) method: &'t str,
    pub(crate) digest: &'t str,
    pub(crate) transforms: &'t [&'t str],
}

impl Template<'_> {
    /// The usual one, over the element with this ID.
    pub(crate) fn over(uri: &str) -> Template<'_> {
        Template {
            uri,
            method: RSA_SHA256,
            digest: "http://www.w3.org/2001/04/xmlenc#sha256",
            transforms: &[ENVELOPED, EXCLUSIVE],
        }
    }

    pub(crate) fn xml(&self) -> String {
        let transforms: String =
            self.transforms.iter().map(|one| format!(r#"<ds:Transform Algorithm="{one}"></ds:Transform>"#)).collect();
        format!(
            r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><ds:SignatureMethod Algorithm="{}"/><ds:Reference URI="{}"><ds:Transforms>{transforms}</ds:Transforms><ds:DigestMethod Algorithm="{}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"##,
            self.method, self.uri, self.digest
        )
    }
}

/// What an identity provider says: pieces of XML that a test may replace.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) version: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) conditions: String,
    pub(crate) statements: String,
    pub(crate) response_attributes: String,
    pub(crate) status: String,
}

impl Default for Said {
    fn default() -> Said {
        Said {
            version: "2.0".to_owned(),
            issuer: format!("<saml:Issuer>{IDP}</saml:Issuer>"),
            subject: format!(
                r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@example.com</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData Recipient="{ACS}" InResponseTo="{REQUEST}" NotOnOrAfter="2026-11-22T10:05:00Z"/></saml:SubjectConfirmation></saml:Subject>"#
            ),
            conditions: format!(
                r#"<saml:Conditions NotBefore="2026-11-22T09:55:00Z" NotOnOrAfter="2026-11-22T10:05:00Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#
            ),
            statements: r#"<saml:AuthnStatement AuthnInstant="2026-11-22T09:59:00Z" SessionIndex="_s1" SessionNotOnOrAfter="2026-11-22T18:00:00Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="name" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string">Ada Lovelace</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>moby:developers</saml:AttributeValue><saml:AttributeValue>moby:security</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>whale:backend</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#.to_owned(),
            response_attributes: format!(r#"Destination="{ACS}" InResponseTo="{REQUEST}""#),
            status: r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#.to_owned(),
        }
    }
}

impl Said {
    /// The assertion, with a signature template or none.
    pub(crate) fn assertion(&self, signature: &str) -> String {
        format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="{}" IssueInstant="2026-11-22T10:00:00Z">{}{signature}{}{}{}</saml:Assertion>"#,
            self.version, self.issuer, self.subject, self.conditions, self.statements
        )
    }

    /// The response around it.
    pub(crate) fn response(&self, signature: &str, inner: &str) -> String {
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" Version="{}" IssueInstant="2026-11-22T10:00:00Z" {}>{}{signature}{}{inner}</samlp:Response>"#,
            self.version, self.response_attributes, self.issuer, self.status
        )
    }

    /// With the assertion signed, as most send it.
    pub(crate) fn signed(&self, idp: &Identity) -> String {
        self.response("", &idp.sign(&self.assertion(&Template::over("#_a1").xml())))
    }

    /// With the response signed.
    pub(crate) fn response_signed(&self, idp: &Identity) -> String {
        idp.sign(&self.response(&Template::over("#_r1").xml(), &self.assertion("")))
    }
}

/// What we expect.
pub(crate) fn expected() -> Expected<'static> {
    Expected { issuer: IDP, audience: SP, acs_url: ACS, request: Some(REQUEST), authn_contexts: &[], now: NOW }
}

/// Reads a response as the usual service provider does.
pub(crate) fn read(xml: &str, idp: &Identity) -> Result<Login, MessageError> {
    response::read(&STANDARD.encode(xml), &idp.signers(), None, &expected())
}
