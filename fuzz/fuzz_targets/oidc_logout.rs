//! Whatever comes as a logout token, nobody is signed out by what the provider has not signed, and nothing panics.
#![no_main]

#[expect(dead_code, reason = "a sign-in needs more of the provider than a logout")]
mod openid;

use libfuzzer_sys::fuzz_target;
use muster_oidc::{LogoutError, LogoutToken};
use openid::{Answers, ISSUER, NOW, client, signed};

fn check(token: &str) -> Result<LogoutToken, LogoutError> {
    let answers = Answers::honest();
    let provider = answers.discover().expect("a provider");
    let (client, transport) = (client(), answers.transport());
    futures_executor::block_on(client.logout_token(&transport, &provider, token, NOW)).1
}

fuzz_target!(|input: (bool, &[u8])| {
    let (is_signed, bytes) = input;
    assert!(check(&String::from_utf8_lossy(bytes)).is_err(), "nothing was signed");
    let claims = match (is_signed, std::str::from_utf8(bytes)) {
        (true, Ok(more)) => format!(
            r#"{{"iss":"{ISSUER}","aud":"muster","iat":{NOW},"exp":{},"jti":"j","events":{{"http://schemas.openid.net/event/backchannel-logout":{{}}}},{more}}}"#,
            NOW + 60
        )
        .into_bytes(),
        _ => bytes.to_vec(),
    };
    if let Ok(token) = check(&signed(&claims)) {
        assert!(!token.id.is_empty() && token.usable_until > NOW);
        assert!(token.subject.is_some() || token.session_id.is_some());
    }
});
