//! What each identity provider sends, and what it is answered, byte for byte but for ids.
//!
//! `MUSTER_BLESS=1 cargo test -p muster-http exchanges` writes the files anew; read the difference like code.

use std::{collections::HashMap, fmt::Write as _, path::Path, time::Duration};

use muster_simulator::{
    Directory, Idp, Length, Report, Request, Response, Transport, report::Verdict, transport::TransportError,
};
use serde_json::Value;

use crate::support::Server;

/// Headers of answers that are shown.
const HEADERS: [&str; 5] = ["content-type", "etag", "location", "allow", "retry-after"];

/// Delivers requests into the router, a second apart.
pub(crate) struct InMemory<'s>(pub(crate) &'s Server);

impl Transport for InMemory<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let Self(server) = self;
        server.world.advance(Duration::from_secs(1));
        let mut sending = server.scim(request.method.as_str(), &request.path);
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = &request.body {
            sending = sending.bytes(body.to_string());
        }
        let answer = sending.send().await;
        let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Ok(Response {
            status: answer.status.as_u16(),
            headers: headers.collect(),
            body: answer.text.into_bytes(),
            took: None,
        })
    }
}

async fn play(idp: Idp) -> Report {
    let server = Server::new();
    let report = muster_simulator::run(idp, &InMemory(&server), &Directory::example(), Length::Full).await;
    assert_eq!((report.failed(), report.skipped()), (0, 0), "{report}");
    report
}

fn transcript(report: &Report) -> String {
    let mut text = String::new();
    for outcome in report.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed) {
        let (request, response) = (&outcome.request, outcome.response.as_ref().unwrap());
        writeln!(text, "# {}\n\n{request}", outcome.name).unwrap();
        for (name, value) in &request.headers {
            writeln!(text, "{name}: {value}").unwrap();
        }
        if let Some(body) = &request.body {
            writeln!(text, "\n{}", serde_json::to_string_pretty(body).unwrap()).unwrap();
        }
        writeln!(text, "\n{}", response.status).unwrap();
        for name in HEADERS {
            if let Some(value) = response.header(name) {
                writeln!(text, "{name}: {value}").unwrap();
            }
        }
        if !response.body.is_empty() {
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(body.to_string().as_bytes(), response.body, "a body is compact JSON");
            writeln!(text, "\n{}", serde_json::to_string_pretty(&body).unwrap()).unwrap();
        }
        text.push('\n');
    }
    normalised(&text)
}

/// Ids become numbers in the order of their first mention, and times are cut to seconds.
fn normalised(text: &str) -> String {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(id) = rest.get(..36).filter(|id| uuid::Uuid::parse_str(id).is_ok()) {
            let next = ids.len() + 1;
            write!(out, "<{}>", ids.entry(id).or_insert(next)).unwrap();
            rest = &rest[36..];
        } else if let Some(time) = rest.get(..24).filter(|time| is_time(time)) {
            write!(out, "{}.000Z", &time[..19]).unwrap();
            rest = &rest[24..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes[4] == b'-' && bytes[10] == b'T' && bytes[19] == b'.' && bytes[23] == b'Z'
}

async fn compare(idp: Idp) {
    let slug = idp.slug();
    let folder = slug.split('-').next().unwrap_or(slug);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/exchanges/{folder}/{slug}.txt"));
    let text = transcript(&play(idp).await);
    if std::env::var_os("MUSTER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = text.lines().zip(stored.lines()).position(|(is, was)| is != was);
    let line = differing.map_or(text.lines().count().min(stored.lines().count()), |index| index) + 1;
    assert!(text == stored, "{} differs from line {line} on; MUSTER_BLESS=1 writes it anew", path.display());
}

macro_rules! exchanges {
    ($($name:ident: $idp:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                compare($idp).await;
            }
        )*

        #[test]
        fn every_identity_provider_is_played() {
            assert_eq!([$($idp),*].len(), Idp::ALL.len());
        }
    };
}

exchanges! {
    scim_12_okta_is_served: Idp::Okta;
    scim_12_okta_wizard_is_served: Idp::OktaWizard;
    scim_12_entra_is_served: Idp::Entra;
    scim_12_entra_compliant_is_served: Idp::EntraCompliant;
    scim_12_onelogin_is_served: Idp::OneLogin;
    scim_12_jumpcloud_is_served: Idp::JumpCloud;
    scim_12_google_is_served: Idp::Google;
    scim_12_ping_is_served: Idp::Ping;
}
