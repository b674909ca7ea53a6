//! Encrypted assertions.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{DecryptionKeys, Login, MessageError, response};

use crate::idp::{Identity, Said, Template, expected};

const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
const OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

struct World {
    idp: Identity,
    ours: Identity,
    said: Said,
}

impl World {
    fn new() -> World {
        World { idp: Identity::rsa(), ours: Identity::rsa(), said: Said::default() }
    }

    fn assertion(&self, is_signed: bool) -> String {
        if is_signed {
            self.idp.sign(&self.said.assertion(&Template::over("#_a1").xml()))
        } else {
            self.said.assertion("")
        }
    }

    /// A response with this assertion, encrypted, and signed around it or not.
    fn response(&self, assertion: &str, cipher: &str, is_signed: bool) -> String {
        let encrypted = self.ours.encrypt(assertion, cipher, OAEP);
        if is_signed {
            self.idp.sign(&self.said.response(&Template::over("#_r1").xml(), &encrypted))
        } else {
            self.said.response("", &encrypted)
        }
    }

    fn read(&self, xml: &str) -> Result<Login, MessageError> {
        response::read(&STANDARD.encode(xml), &self.idp.signers(), Some(&self.ours.decryption_keys()), &expected())
    }
}

#[test]
fn sso_1_an_encrypted_assertion_is_read_if_it_or_the_response_is_signed() {
    let world = World::new();
    for (inside, outside, cipher) in
        [(true, false, GCM), (false, true, GCM), (true, true, GCM), (true, true, CBC), (false, true, CBC)]
    {
        let login = world.read(&world.response(&world.assertion(inside), cipher, outside));
        let login = login.unwrap_or_else(|error| panic!("{inside} {outside} {cipher}: {error}"));
        assert_eq!(login.name_id.value, "ada@example.com");
        let found = login.protection;
        assert_eq!((found.assertion_signed, found.response_signed, found.encrypted), (inside, outside, true));
    }
}

#[test]
fn what_is_encrypted_must_be_signed_all_the_same() {
    let world = World::new();
    // Anybody can encrypt for us.
    assert_eq!(world.read(&world.response(&world.assertion(false), GCM, false)), Err(MessageError::Unsigned));
    let stranger = Identity::rsa();
    let forged = stranger.sign(&world.said.assertion(&Template::over("#_a1").xml()));
    let error = world.read(&world.response(&forged, GCM, false)).unwrap_err();
    assert!(matches!(error, MessageError::Signature(_)), "{error}");
}

#[test]
fn ciphers_that_can_be_altered_are_taken_only_within_a_signature() {
    let world = World::new();
    let error = world.read(&world.response(&world.assertion(true), CBC, false)).unwrap_err();
    assert_eq!(error, MessageError::Algorithm(CBC.to_owned()));
    let old_padding = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    let response = world.response(&world.assertion(true), GCM, false).replace(OAEP, old_padding);
    assert_eq!(world.read(&response), Err(MessageError::Algorithm(old_padding.to_owned())));
}

#[test]
fn each_failure_to_decrypt_is_the_same_error() {
    let world = World::new();
    let response = world.response(&world.assertion(true), GCM, false);
    let value =
        |nth: usize| response.split("CipherValue>").nth(nth * 2 + 1).unwrap().trim_end_matches("</xenc:").to_owned();
    let altered = |text: &str| {
        let mut bytes = STANDARD.decode(text.replace(char::is_whitespace, "")).unwrap();
        bytes[20] ^= 1;
        STANDARD.encode(bytes)
    };
    for nth in [0, 1] {
        let value = value(nth);
        for other in [altered(&value), String::new(), "AAAA".to_owned(), "no base64".to_owned()] {
            assert_eq!(world.read(&response.replace(&value, &other)), Err(MessageError::Undecryptable));
        }
    }
    for plain in ["", "text", "<a/>", "<a", "<!DOCTYPE a><a/>", &format!("{0}{0}", world.assertion(false))] {
        assert_eq!(world.read(&world.response(plain, GCM, false)), Err(MessageError::Undecryptable), "{plain}");
    }
    let for_another = Identity::rsa().encrypt(&world.assertion(true), GCM, OAEP);
    assert_eq!(world.read(&world.said.response("", &for_another)), Err(MessageError::Undecryptable));
}

#[test]
fn a_connection_without_a_key_says_so() {
    let world = World::new();
    let text = STANDARD.encode(world.response(&world.assertion(true), GCM, false));
    let error = response::read(&text, &world.idp.signers(), None, &expected()).unwrap_err();
    assert_eq!(error, MessageError::NotExpectedEncrypted);
}

#[test]
fn nothing_may_be_fetched_and_nothing_hidden() {
    let world = World::new();
    let response = world.response(&world.assertion(true), GCM, false);
    let elsewhere =
        response.replace("<xenc:CipherData>", r#"<xenc:CipherData><xenc:CipherReference URI="http://localhost/"/>"#);
    assert!(matches!(world.read(&elsewhere), Err(MessageError::Structure(_))));
    let encrypted = world.ours.encrypt(&world.assertion(true), GCM, OAEP);
    let two = world.said.response("", &format!("{encrypted}{encrypted}"));
    assert!(matches!(world.read(&two), Err(MessageError::Structure(_))));
    // One in the clear beside it would be the one that is read by somebody.
    let beside = world.said.response("", &format!("{encrypted}{}", world.assertion(false)));
    assert!(matches!(world.read(&beside), Err(MessageError::Structure(_))));
}

#[test]
fn sso_8_the_next_decryption_key_takes_over_without_a_moment_of_refusal() {
    let (world, other) = (World::new(), Identity::rsa());
    let text = STANDARD.encode(world.response(&world.assertion(true), GCM, false));
    for order in [[&world.ours, &other], [&other, &world.ours]] {
        let keys = DecryptionKeys::new(order.map(|identity| identity.private_pem.as_str())).unwrap();
        assert!(response::read(&text, &world.idp.signers(), Some(&keys), &expected()).is_ok());
    }
}
