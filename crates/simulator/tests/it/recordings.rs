//! SCIM-11: recordings without people, and played to another server.

use std::future::{Future, ready};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt as _;
use muster_simulator::recording::{
    Head, Made, Missing, Options, PersonalData, Reader, Recorded, VERSION, Verdict, play, pseudonyms, write,
};
use muster_simulator::transport::{Request, Response, Transport, TransportError};
use muster_simulator::trial::Clock;
use muster_simulator::{Directory, Idp, Length, run};
use serde_json::{Value, json};

use crate::stub::Stub;

const ADA: &str = "0190f5fe-7c2a-7000-8000-0123456789ab";

fn recorded(method: &str, path: &str, body: Value, status: u16) -> Recorded {
    Recorded {
        method: method.into(),
        path: path.into(),
        body: Some(body).filter(|body| !body.is_null()),
        status,
        ..Recorded::default()
    }
}

/// The requests without people, and the domains.
fn taken_out<const N: usize>(mut requests: [Recorded; N]) -> ([Recorded; N], Vec<String>) {
    let domains = pseudonyms::apply(&mut requests);
    (requests, domains)
}

#[test]
fn scim_11_people_are_taken_out_of_bodies_paths_and_filters_alike() {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": "Ada.Lovelace@acme.com", "externalId": "00u1ab", "active": "True", "password": "redacted", "title": "Countess",
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
        "emails": [{"value": "ada.lovelace@acme.com", "type": "work", "primary": true}, {"value": "ada@eu.acme.com"}],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "mobile"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Engines", "employeeNumber": 1815, "manager": {"value": "00u1ab", "displayName": "Ada Lovelace"},
        },
        "urn:ietf:params:scim:schemas:extension:docker:2.0:User": {"dockerRole": "editor", "dockerTeam": "lovelace"},
    });
    let created = Recorded { made: Some(Made::One(ADA.into())), ..recorded("POST", "/Users", user, 201) };
    let found = "/Users?filter=userName%20eq%20%22ADA.lovelace%40acme.com%22&startIndex=1&count=100";
    let patch = json!({"Operations": [
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada.lovelace@acme.com"},
        {"op": "Add", "value": {"name.familyName": "Lovelace", "nickName": "Ada"}},
    ]});
    let group = json!({"displayName": "moby:friends of Ada", "members": [{"value": ADA, "display": "Ada Lovelace"}]});
    let ([created, found, patched, group, plain], domains) = taken_out([
        created,
        recorded("GET", found, Value::Null, 200),
        recorded("PATCH", &format!("/Users/{ADA}"), patch, 200),
        recorded("POST", "/Groups", group, 201),
        recorded("GET", "/Groups?filter=displayName+eq+\"moby:developers\"", Value::Null, 200),
    ]);
    let body = created.body.unwrap();
    let user_name = body["userName"].as_str().unwrap();
    assert!(user_name.starts_with("User") && user_name.ends_with("@example.com"), "{user_name}");
    let lower = user_name.to_lowercase();
    assert_eq!(body["emails"][0], json!({"value": lower, "type": "work", "primary": true}));
    assert!(body["emails"][1]["value"].as_str().unwrap().ends_with("@s2.example.com"), "{body}");
    assert_eq!(
        (&body["active"], &body["password"], &body["title"]),
        (&json!("True"), &json!("redacted"), &json!("title1"))
    );
    let enterprise = &body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert_eq!(
        (&enterprise["manager"]["value"], &enterprise["department"]),
        (&body["externalId"], &json!("department1"))
    );
    assert_eq!(enterprise["manager"]["displayName"], body["name"]["formatted"]);
    let docker = &body["urn:ietf:params:scim:schemas:extension:docker:2.0:User"];
    assert_eq!((&docker["dockerRole"], &docker["dockerTeam"]), (&json!("editor"), &json!("group1")));
    let filter =
        format!("/Users?filter=userName%20eq%20%22{}%22&startIndex=1&count=100", user_name.replace('@', "%40"));
    assert_eq!(found.path, filter);
    assert_eq!(patched.path, format!("/Users/{ADA}"));
    let patched = patched.body.unwrap();
    assert_eq!(patched["Operations"][0]["path"], "emails[type eq \"work\"].value");
    assert_eq!(patched["Operations"][0]["value"], lower);
    assert_eq!(patched["Operations"][1]["value"]["name.familyName"], body["name"]["familyName"]);
    let group = group.body.unwrap();
    assert_eq!((&group["displayName"], &group["members"][0]["value"]), (&json!("moby:group2"), &json!(ADA)));
    assert_eq!(plain.path, "/Groups?filter=displayName+eq+\"moby:developers\"", "a group of nobody's is kept");
    assert_eq!(domains, ["example.com", "s2.example.com"]);
    let all = format!("{body}{filter}{patched}{group}").to_lowercase();
    for word in ["ada", "lovelace", "acme", "countess", "00u1ab", "7946", "1815", "engines"] {
        assert!(!all.contains(word), "{word}: {all}");
    }
}

#[test]
fn scim_11_what_is_malformed_stays_malformed_and_says_nothing_of_people() {
    let (refused, _) = taken_out([
        recorded(
            "POST",
            "/Users",
            json!({"userName": "Ada Lovelace", "active": "perhaps", "emails": "ada@acme.com"}),
            400,
        ),
        recorded("POST", "/Users", json!(["ada@acme.com", "Lovelace", 7, null]), 400),
        recorded("PATCH", "/Users/ada@acme.com", json!({"Operations": "Ada"}), 404),
        recorded(
            "POST",
            "/Bulk",
            json!({"Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada@acme.com"}},
                {"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"displayName": "Ada", "members": [{"value": "bulkId:a"}]}},
            ]}),
            413,
        ),
        recorded("POST", "/Users/.search", json!({"filter": "userName eq \"ada@acme.com", "count": 5}), 400),
        recorded("GET", "/Users?filter=userName+eq+Ada&sortBy=ada@acme.com&ada@acme.com", Value::Null, 400),
        recorded("GET", "/ada%40acme.com/x?attributes=ada%40acme.com", Value::Null, 404),
        recorded(
            "PATCH",
            "/Users/7",
            json!({"Operations": [
                {"op": "ada@acme.com", "path": "ada@acme.com", "value": {"schemas": ["urn: ada@acme.com"], "type": "of ada@acme.com"}},
            ]}),
            400,
        ),
        recorded(
            "PUT",
            "/Users/7",
            json!({"ada@acme.com": {"x": "Lovelace"}, "emails[type eq \"Ada\"].value": "a@b@acme.com"}),
            400,
        ),
    ]);
    let all = serde_json::to_string(&refused).unwrap().to_lowercase();
    assert!(!all.contains("ada") && !all.contains("lovelace") && !all.contains("acme"), "{all}");
    let bulk = refused[3].body.as_ref().unwrap();
    assert_eq!((&bulk["Operations"][0]["bulkId"], &bulk["Operations"][0]["method"]), (&json!("bulk1"), &json!("POST")));
    assert_eq!(bulk["Operations"][1]["data"]["members"][0]["value"], "bulkId:bulk1");
    assert_eq!(bulk["Operations"][0]["path"], "/Users");
    assert_eq!(refused[4].body.as_ref().unwrap()["count"], 5);
}

/// A transport that keeps what goes through it.
struct Recorder<'s>(&'s Stub, Mutex<Vec<Recorded>>);

impl Transport for Recorder<'_> {
    fn send(&self, request: &Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let response = self.0.send(request).now_or_never().unwrap().unwrap();
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let made = (response.status == 201).then(|| Made::One(body["id"].as_str().unwrap().to_owned()));
        let sent = request.body.clone().unwrap_or_default();
        let line = recorded(request.method.as_str(), &request.path, sent, response.status);
        self.1.lock().unwrap().push(Recorded { made, ..line });
        ready(Ok(response))
    }
}

/// Time that passes only by sleeping.
#[derive(Default)]
struct Timeless(Mutex<Duration>);

impl Clock for Timeless {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, length: Duration) {
        *self.0.lock().unwrap() += length;
    }
}

fn text(requests: &[Recorded]) -> Vec<u8> {
    let head = Head {
        version: VERSION,
        connection: None,
        from: None,
        requests: requests.len(),
        personal_data: PersonalData::Kept,
        changed: Vec::new(),
        domains: Vec::new(),
    };
    let mut text = Vec::new();
    write(&mut text, &head, requests).unwrap();
    text
}

async fn play_to(server: &impl Transport, requests: &[Recorded]) -> Verdict {
    let text = text(requests);
    let mut recording = Reader::new(text.as_slice()).unwrap();
    let options = Options { rate: Some(10), patience: Duration::from_secs(60) };
    play(&mut recording, server, &Timeless::default(), options, |_| ControlFlow::Continue(())).await.unwrap()
}

#[tokio::test]
async fn scim_11_every_idps_run_plays_to_a_server_that_gives_other_ids() {
    for idp in Idp::ALL {
        let stub = Stub::default();
        let recorder = Recorder(&stub, Mutex::default());
        let report = run(idp, &recorder, &Directory::example(), Length::Full).await;
        assert_eq!(report.failed(), 0, "{report}");
        let requests = recorder.1.into_inner().unwrap();
        let other = Stub::default();
        // Somebody is there already, so that every id is another one.
        let before = recorded("POST", "/Users", json!({"userName": "zero@example.com"}), 201);
        play_to(&other, &[before]).await;
        let verdict = play_to(&other, &requests).await;
        assert!(verdict.passed(), "{idp}: {verdict:#?}");
        assert_eq!(verdict.sum().same, requests.len(), "{idp}");
        assert_eq!(verdict.took.as_millis(), 100 * u128::try_from(requests.len() - 1).unwrap(), "ten a second");
    }
}

#[tokio::test]
async fn scim_11_what_cannot_be_sent_is_skipped_with_its_reason_and_a_lost_create_is_not_guessed_at() {
    let create = |name: &str, id: &str| Recorded {
        made: Some(Made::One(id.into())),
        ..recorded("POST", "/Users", json!({"userName": name}), 201)
    };
    let without = Recorded { missing: Some(Missing::Body), ..recorded("PATCH", "/Users/aa", Value::Null, 200) };
    let requests = [
        create("ada", "aa"),
        create("ada", "bb"),
        recorded("DELETE", "/Users/bb", Value::Null, 204),
        without,
        recorded("GET", "/Users/before", Value::Null, 200),
        recorded("GET", "/Users?cursor=abc", Value::Null, 200),
        recorded("DELETE", "/Users/aa", Value::Null, 412),
        recorded("GET", "/Users/never", Value::Null, 404),
        recorded("DELETE", "/Users/aa", Value::Null, 204),
    ];
    let verdict = play_to(&Stub::default(), &requests).await;
    let sum = verdict.sum();
    assert_eq!((sum.same, sum.different, sum.skipped), (3, 1, 5), "{verdict:#?}");
    let difference = &verdict.differences[0];
    assert_eq!((difference.line, difference.recorded, difference.answered), (3, 201, Some(409)));
    for words in ["not made here", "body was not recorded", "before the recording begins", "cursor", "condition"] {
        assert!(verdict.skipped.keys().any(|why| why.contains(words)), "{words}: {:?}", verdict.skipped);
    }
    assert!(!verdict.passed());
}

/// A server that answers these bodies with 200, one after the other, and keeps the requests.
struct Canned(Mutex<Vec<Value>>, Mutex<Vec<Request>>);

impl Transport for Canned {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.1.lock().unwrap().push(request.clone());
        let body = self.0.lock().unwrap().remove(0).to_string().into_bytes();
        Ok(Response { status: 200, headers: Vec::new(), body, took: None })
    }
}

#[tokio::test]
async fn scim_11_what_a_bulk_made_is_named_by_the_played_servers_ids_afterwards() {
    let operations = json!({"Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "q", "data": {"userName": "ada"}},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"members": [{"value": "bulkId:q"}]}},
    ]});
    let made = [("q", "recorded-user"), ("g", "recorded-group")];
    let made = Made::Each(made.map(|(bulk_id, id)| (bulk_id.to_owned(), id.to_owned())).into());
    let bulk = Recorded { made: Some(made), ..recorded("POST", "/Bulk", operations.clone(), 200) };
    let again = json!({"Operations": [
        {"method": "DELETE", "path": "/Users/recorded-user"},
        {"method": "PATCH", "path": "/Groups/recorded-group", "data": {"Operations": [
            {"op": "remove", "path": "members[value eq \"recorded-user\"]"},
        ]}},
    ]});
    let answer = json!({"Operations": [
        {"bulkId": "g", "location": "https://x/Groups/8", "status": "201"},
        {"bulkId": "q", "location": "https://x/Users/7", "status": "201"},
    ]});
    let server = Canned(Mutex::new(vec![answer, json!({})]), Mutex::default());
    let verdict = play_to(&server, &[bulk, recorded("POST", "/Bulk", again, 200)]).await;
    assert!(verdict.passed(), "{verdict:#?}");
    let sent = server.1.into_inner().unwrap();
    assert_eq!(sent[0].body.as_ref().unwrap(), &operations);
    let second = &sent[1].body.as_ref().unwrap()["Operations"];
    assert_eq!((&second[0]["path"], &second[1]["path"]), (&json!("/Users/7"), &json!("/Groups/8")));
    assert_eq!(second[1]["data"]["Operations"][0]["path"], "members[value eq \"7\"]");
}
