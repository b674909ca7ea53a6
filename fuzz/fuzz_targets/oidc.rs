//! Whatever a provider answers, nobody is signed in by what it has not signed, and nothing panics.
#![no_main]

mod openid;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use muster_oidc::{AuthorizationRequest, Callback, Client, EndSessionRequest, Login, Pending, Provider, SignInError};
use openid::{Answers, ISSUER, NOW, client, signed};

const PENDING: Pending = Pending { secret: [7; 32], requested_at: NOW, forced: false };

fn sign_in(client: &Client, provider: &Provider, answers: &Answers) -> Result<Login, SignInError> {
    let callback = Callback::parse("state=s&code=c").expect("a callback");
    let transport = answers.transport();
    let signing_in = client.sign_in(&transport, provider, &callback, &PENDING, "j", NOW);
    let (received, login) = futures_executor::block_on(signing_in);
    assert!(received.into_json().to_string().len() < 128 * 1_024);
    login
}

fuzz_target!(|input: (u8, &[u8])| {
    let (what, bytes) = input;
    let (client, mut answers) = (client(), Answers::honest());
    match what % 6 {
        0 => answers.metadata = Bytes::copy_from_slice(bytes),
        1 => answers.keys = Bytes::copy_from_slice(bytes),
        2 => answers.token = Bytes::copy_from_slice(bytes),
        3 => answers.id_token(&String::from_utf8_lossy(bytes)),
        4 => answers.userinfo = Bytes::copy_from_slice(bytes),
        _ => {}
    }
    let Ok(provider) = answers.discover() else { return };
    let request = AuthorizationRequest { state: "s", pending: PENDING, scopes: &[], login_hint: Some("a@example.com") };
    let url = request.url(&client, &provider);
    assert!(url.starts_with("https://"), "{url}");
    let leaving = EndSessionRequest { id_token: None, subject: "u1", return_to: "https://muster.example.com/" };
    assert!(leaving.url(&client, &provider).is_none_or(|url| url.starts_with("https://")));
    if what % 6 < 4 {
        assert!(sign_in(&client, &provider, &answers).is_err(), "nothing was signed");
        return;
    }
    // Claims that the provider has signed, and userinfo beside honest ones.
    let nonce = url.split('&').find_map(|pair| pair.strip_prefix("nonce=")).expect("a nonce");
    let honest = format!(
        r#"{{"iss":"{ISSUER}","aud":"muster","sub":"u1","iat":{NOW},"exp":{},"nonce":"{nonce}","email":"a@example.com""#,
        NOW + 300
    );
    let claims = match (what % 6, std::str::from_utf8(bytes)) {
        (5, Ok(more)) if what >= 128 => format!("{honest},{more}}}").into_bytes(),
        (5, _) => bytes.to_vec(),
        _ => format!("{honest}}}").into_bytes(),
    };
    answers.id_token(&signed(&claims));
    if let Ok(login) = sign_in(&client, &provider, &answers) {
        assert!(login.issuer == ISSUER && !login.subject.is_empty());
        assert!(login.claims.iter().all(|(name, _)| name != "nonce"));
    }
});
