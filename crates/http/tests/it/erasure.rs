//! ACC-2: after an erasure nothing in the database says who it was, and what comes next is somebody new.

use std::{sync::Arc, time::Duration};

use muster_crypto::{DataKey, Sealer};
use muster_engine::{
    EngineError, Env, Origin,
    credentials::passkeys,
    declare::{self, Declaration},
    erasure::{self, Progress},
    plans::{self, Made, Proposal},
    retention::Policy,
    sessions::{self, Begin},
};
use muster_http::{HttpError, ScimDocuments, logged_body, logged_reads};
use muster_model::{
    AccountId, AccountState, Actor, Email, ErasureId, PlanId, Role, directory::Unprovisioned, session::ClientKind,
};
use muster_store::vals;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ENTERPRISE, SCIM, Server, USER, encoded};

/// What Ada was ever called, in lower case.
const CALLED: [&str; 9] = [
    "ada.lovelace@example.com",
    "ada.byron@example.com",
    "ada@home.example",
    "lovelace",
    "byron",
    "countess",
    "00uada",
    "+44 20 7946 0000",
    "engine street",
];

/// The columns of bytes. Those of the first list are opened by [`opened`]; what is in the others says nothing of anybody, or
/// nothing that lives longer than an hour. A column that is in neither is new: look whether an erasure has to open it.
const OPENED: [&str; 5] =
    ["ledger.changes", "ledger_baselines.fields", "plans.inputs", "read_chunks.content", "requests.body"];
const OTHER_BYTES: [&str; 40] = [
    "ceremonies.browser",
    "ceremonies.content",
    "ceremonies.key",
    "certificate_warnings.fingerprint",
    "connection_certificates.certificate",
    "connection_certificates.fingerprint",
    "connection_certificates.private_key",
    "connections.secret",
    "credentials.handle",
    "credentials.secret",
    "data_keys.wrapped",
    "devices.hash",
    "erasures.words",
    "held_changes.fingerprint",
    "idempotency_keys.answer",
    "idempotency_keys.fingerprint",
    "installation.key_check",
    "invitations.token_hash",
    "mails.content",
    "oauth_authorizations.salt",
    "oauth_clients.former_secret",
    "oauth_clients.secret",
    "oauth_tickets.hash",
    "oauth_tickets.user_code",
    "pending_sign_ins.browser",
    "pending_sign_ins.content",
    "pending_sign_ins.key",
    "plans.fingerprints",
    "plans.result",
    "rate_windows.key",
    "sessions.hash",
    "sessions.idp_index",
    "sessions.idp_subject",
    "signing_keys.private_key",
    "signing_keys.public_key",
    "tokens.hash",
    "used_once.value",
    "walk_slices.places",
    "webhooks.former_secret",
    "webhooks.secret",
];

fn ada(user_name: &str, family: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": user_name, "externalId": "00uADA", "active": true,
        "name": {"givenName": "Ada", "familyName": family, "formatted": format!("Ada {family}")},
        "displayName": format!("Countess Ada {family}"),
        "emails": [{"value": user_name, "type": "work", "primary": true}, {"value": "ada@home.example", "type": "home"}],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        "addresses": [{"formatted": "1 Engine Street, London"}],
        ENTERPRISE: {"department": "Analysis"},
    })
}

fn account_of(server: &Server, email: &str) -> AccountId {
    server.world.account_of(email).unwrap().id
}

async fn erase(server: &Server, account: AccountId) -> ErasureId {
    let erasure = server.app.erase(account, Actor::Operator).await.unwrap();
    finish(server, erasure.id).await;
    erasure.id
}

async fn finish(server: &Server, id: ErasureId) {
    for _ in 0..1_000 {
        match server.app.erase_slice(id, false).await.unwrap() {
            Progress::Done => return,
            Progress::Until(_) | Progress::Unopened(_) => server.world.advance(Duration::from_secs(61)),
            Progress::More => server.world.assert_ledger_tells_the_state(),
        }
    }
    panic!("the erasure does not end");
}

/// Everything in the database as text: columns as they are, and what is packed or sealed as it is inside.
fn everything(server: &Server) -> Vec<(String, String)> {
    let stored = server.world.everything_stored();
    let plain = stored.into_iter().map(|stored| (stored.place, String::from_utf8_lossy(&stored.bytes).to_lowercase()));
    plain.chain(opened(server)).collect()
}

fn opened(server: &Server) -> Vec<(String, String)> {
    let connections = server.world.read(|conn| Ok(conn.connection_ids()?));
    let sealer = Arc::clone(&server.sealer);
    let mut texts = server.world.read(|conn| {
        let mut texts = Vec::new();
        conn.each_ledger_row(|row| {
            texts.push(("ledger.changes".to_owned(), serde_json::to_string(&row.changes).unwrap()));
            Ok(())
        })?;
        conn.each_baseline(|baseline| {
            texts.push(("ledger_baselines.fields".to_owned(), baseline.fields.get().to_owned()));
            Ok(())
        })?;
        for plan in plans::plans(conn, 1_000)? {
            texts.push(("plans.inputs".to_owned(), serde_json::to_string(&plan.proposal).unwrap()));
            texts.push(("plans.result".to_owned(), serde_json::to_string(&plan.outcome).unwrap()));
        }
        Ok(texts)
    });
    for connection in connections {
        let (requests, chunks) = server
            .world
            .read(move |conn| Ok((conn.requests(connection, 10_000)?, conn.read_chunks(connection, 10_000)?)));
        for request in requests {
            let body = logged_body(&sealer, &request).unwrap().unwrap_or_default();
            texts.push(("requests.body".to_owned(), String::from_utf8(body).unwrap()));
        }
        for line in chunks.iter().flat_map(|chunk| logged_reads(chunk).unwrap()) {
            texts.push(("read_chunks.content".to_owned(), format!("{line:?}")));
        }
    }
    let decoded = |text: String| {
        form_urlencoded::parse(text.replace('&', "%26").as_bytes()).map(|(a, b)| format!("{a}={b}")).collect::<String>()
    };
    texts
        .into_iter()
        .map(|(place, text)| (place, format!("{} {}", text.to_lowercase(), decoded(text.to_lowercase()))))
        .collect()
}

/// Where something says one of these words.
fn said(server: &Server, words: &[String]) -> Vec<String> {
    let all = everything(server);
    let says = |text: &str| words.iter().find(|word| text.contains(word.as_str()));
    let mut found: Vec<String> =
        all.iter().filter_map(|(place, text)| Some(format!("{place} says {}", says(text)?))).collect();
    found.sort();
    found.dedup();
    found
}

/// A life in which everything happened of which the database keeps something: the account, its directory user, its words.
async fn lived(server: &Server) -> (AccountId, String, Vec<String>) {
    let world = &server.world;
    let user = server.post("/Users", ada("ada.byron@example.com", "Byron")).await.due(201).id();
    let path = format!("/Users/{user}");
    server.post("/Users", ada("ada.byron@example.com", "Byron")).await.due(409);
    let crew = json!({"value": user, "display": "Countess Ada Byron"});
    let group = json!({"displayName": "moby:crew", "members": [crew]});
    let group = server.post("/Groups", group).await.due(201).id();
    let bob = json!({"schemas": [USER], "userName": "bob@example.com", "name": {"formatted": "Bob"}});
    let bob = server.post("/Users", bob).await.due(201).id();
    let manager = json!([{"op": "add", "path": format!("{ENTERPRISE}:manager"),
        "value": {"value": user, "displayName": "Countess Ada Byron"}}]);
    server.patch(&format!("/Users/{bob}"), manager).await.due(200);
    // What is older than a day is folded into baselines.
    world.advance(Duration::from_hours(48));
    world.retain(&Policy { activity: Duration::from_hours(24), ..Policy::default() }, 1);

    blocked(server, account_of(server, "ada.byron@example.com"));
    server.put(&path, ada("ada.lovelace@example.com", "Lovelace")).await.due(200);
    server.app.forget_connections();
    let renamed = json!([{"op": "replace", "path": "nickName", "value": "Countess"}]);
    server.patch(&path, renamed).await.due(200);
    let manager = json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager"),
        "value": {"value": user, "displayName": "Ada Lovelace"}}]);
    server.patch(&format!("/Users/{bob}"), manager).await.due(200);
    server.put(&format!("/Users/{bob}"), ada("ada.lovelace@example.com", "Lovelace")).await.due(409);
    let back = json!([{"op": "add", "value": {"members": [{"value": user, "display": "ada.lovelace@example.com"}]}}]);
    server.patch(&format!("/Groups/{group}"), json!([{"op": "remove", "path": "members"}])).await;
    server.patch(&format!("/Groups/{group}"), back).await.due(200);
    for filter in
        ["userName eq \"Ada.Lovelace@example.com\"", "name.familyName co \"Lovelace\" or externalId eq \"00uADA\""]
    {
        server.get(&format!("/Users?filter={}", encoded(filter))).await.due(200);
    }
    server.get("/Users/ada.lovelace@example.com").await.due(404);
    server.delete("/Users/ada.lovelace@example.com").await.due(404);

    let account = account_of(server, "ada.lovelace@example.com");
    let username = world.account_of("ada.lovelace@example.com").unwrap().username;
    second_directories(server).await;
    other_rows(server, account, &user, &username);
    server
        .eventually(async || {
            let connection = server.connection;
            let chunks = world.read(move |conn| Ok(conn.read_chunks(connection, 100)?));
            chunks.iter().map(|chunk| logged_reads(chunk).unwrap().len()).sum::<usize>() >= 3
        })
        .await;
    let words = CALLED.iter().map(|word| (*word).to_owned()).chain([username]).collect();
    (account, user, words)
}

/// An owner of `whale` removes and blocks her.
fn blocked(server: &Server, account: AccountId) {
    let whale = &server.organizations[1];
    let account = server.world.read(move |conn| Ok(conn.account(account)?.unwrap()));
    server.world.set_member(whale, &account, Role::Member).unwrap();
    server.world.remove_member(whale, &account, true).unwrap();
}

/// Another directory pushes her as well; a third one invites her as a guest, and forgets her again.
async fn second_directories(server: &Server) {
    let organizations: Vec<_> = server.organizations.iter().collect();
    let entra = server.world.connection("entra", &organizations).build();
    let google = server
        .world
        .connection("google", &organizations)
        .domains(&["other.example"])
        .set(|settings| settings.scim.other_domains = true)
        .build();
    for (connection, name) in [(entra, "ada.lovelace@example.com"), (google, "ada@home.example")] {
        let bearer = format!("Bearer {}", server.world.scim_token(connection).expose());
        let made = server.to("POST", &format!("{SCIM}/Users")).header("authorization", &bearer);
        let made = made.json(ada(name, "Lovelace")).send().await.due(201).id();
        if connection == google {
            let gone = server.to("DELETE", &format!("{SCIM}/Users/{made}")).header("authorization", &bearer);
            gone.send().await.due(204);
            let again = server.to("POST", &format!("{SCIM}/Users")).header("authorization", &bearer);
            again.json(ada(name, "Lovelace")).send().await.due(201);
        }
    }
}

/// What later parts of the product will write.
fn other_rows(server: &Server, account: AccountId, user: &str, username: &str) {
    let (connection, username, user) = (server.connection, username.to_owned(), user.parse::<Uuid>().unwrap());
    let write = move |tx: &mut muster_store::Tx<'_>| {
        let id = |n: u128| Uuid::from_u128(0xADA0 + n);
        let any = muster_store::Expect::Any;
        tx.put("INSERT INTO sessions (id, hash, account, connection, kind, device, idp_session, created, last_used, \
             authenticated, absolute_end, bound, version) VALUES (?1, ?2, ?3, ?4, 'web', 'Ada Lovelace''s laptop', '{\"subject\":\"ada.lovelace@example.com\"}', 1, 1, 1, 9, 'kind', 1)",
            vals![id(1), vec![1_u8; 32], account, connection], any)?;
        tx.put(
            "INSERT INTO tokens (id, hash, kind, scope, label, scopes, account, created_by_kind, created, version) \
             VALUES (?1, ?2, 'personal', ?3, 'Countess', '', ?3, 'operator', 1, 1)",
            vals![id(2), vec![2_u8; 32], account],
            any,
        )?;
        tx.put(
            "INSERT INTO subjects (connection, kind, value, account, created, last_used) \
             VALUES (?1, 'name-id', 'ada.lovelace@example.com', ?2, 1, 1)",
            vals![connection, account],
            any,
        )?;
        tx.put("INSERT INTO idempotency_keys (scope, key, fingerprint, status, answer, expires) VALUES (?1, 'k', ?2, 200, ?3, 9)",
            vals![account, vec![4_u8], b"Ada Lovelace".to_vec()], any)?;
        tx.put("INSERT INTO reports (id, connection, subject, kind, urgent, detail, at) VALUES (?1, ?2, ?3, 'SCIM-6', ?4, ?5, 1)",
            vals![id(5), connection, account, false, format!("{username} (Ada Lovelace) is not managed")], any)?;
        tx.put("INSERT INTO held_changes (id, connection, request, fingerprint, resource, endings, state, lifted, note, created) \
             VALUES (?1, ?2, ?3, ?4, ?5, '[]', 'refused', ?6, 'the email `ada.lovelace@example.com` belongs to another account', 1)",
            vals![id(6), connection, id(7), vec![5_u8; 32], user, false], any)?;
        let declaration = Declaration {
            organizations: vec![declare::Organization {
                name: "moby".to_owned(),
                company: None,
                seats: None,
                owners: vec![Email::parse("ada.lovelace@example.com").unwrap()],
                teams: Vec::new(),
            }],
            ..Declaration::default()
        };
        let env = Env::new(Arc::new(muster_testkit::Clock::new(3)), Origin::OPERATOR);
        let proposal = Proposal::Declaration { declaration, prune: false };
        plans::keep(tx, &Made::new(&env, PlanId(id(8)), &proposal, &[])?)?;
        Ok::<_, EngineError>(())
    };
    server.world.store.write_blocking(write).unwrap();
    let sealer = Arc::clone(&server.sealer);
    let add = move |tx: &mut muster_store::Tx<'_>, env: &mut Env| {
        let begin = Begin {
            hash: [9; 32],
            kind: ClientKind::Web,
            device: String::new(),
            idp: None,
            not_after: None,
            replaces: None,
        };
        let session = sessions::begin(tx, env, account, None, begin)?;
        passkeys::add(tx, env, &sealer, &session, "Lovelace's key", b"Ada Lovelace", &[3; 32]).map(drop)
    };
    server.world.by_hand(add).unwrap();
}

#[tokio::test]
async fn acc_2_after_an_erasure_no_table_says_who_it_was() {
    let server = Server::new();
    let (account, user, words) = lived(&server).await;
    let before = said(&server, &words);
    for place in OPENED {
        assert!(before.iter().any(|found| found.starts_with(place)), "{place} is not tested: {before:#?}");
    }
    for place in [
        "accounts.",
        "blocked_addresses.",
        "directory_emails.",
        "directory_users.",
        "held_changes.note",
        "idempotency_keys.answer",
        "invitations.email",
        "reports.detail",
        "requests.steps",
        "requests.target",
        "sessions.device",
        "subjects.value",
        "tokens.label",
        "credentials.label",
    ] {
        assert!(before.iter().any(|found| found.starts_with(place)), "{place} is not tested: {before:#?}");
    }
    let others = said(&server, &["bob@example.com".to_owned()]);

    erase(&server, account).await;
    assert_eq!(said(&server, &words), Vec::<String>::new());
    assert_eq!(said(&server, &["bob@example.com".to_owned()]), others, "what is said of others stays");
    server.world.assert_ledger_tells_the_state();
    let bodies =
        opened(&server).iter().filter(|(place, text)| place == "requests.body" && text.contains("\"display\"")).count();
    assert_eq!(bodies, 0, "references lose what they call her");

    let (stored, row) = {
        let id = user.parse().unwrap();
        let connection = server.connection;
        server
            .world
            .read(move |conn| Ok((conn.account(account)?.unwrap(), conn.directory_user(connection, id)?.unwrap())))
    };
    assert_eq!(
        (stored.state, stored.email, stored.username),
        (AccountState::Erased, None, format!("erased-{account}"))
    );
    assert_eq!((row.active, row.account, row.unprovisioned), (false, None, Some(Unprovisioned::Erased)));
    let read = server.get(&format!("/Users/{user}")).await.due(200).value();
    assert_eq!((&read["userName"], &read["active"]), (&json!(format!("erased-{user}")), &json!(false)));
    assert_eq!(read["groups"][0]["display"], json!("moby:crew"), "structure stays");
}

#[test]
fn acc_2_every_column_of_bytes_is_known() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let mut table = String::new();
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.trim_end_matches([' ', '(']).to_owned();
            }
            let mut words = line.split_whitespace();
            if let (Some(column), Some(kind)) = (words.next(), words.next())
                && kind.starts_with("{bytes}")
            {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found.sort();
    let mut known: Vec<_> = OPENED.into_iter().chain(OTHER_BYTES).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[tokio::test]
async fn acc_2_the_next_push_makes_a_new_account_and_a_block_still_holds() {
    let server = Server::new();
    let (account, user, _) = lived(&server).await;
    erase(&server, account).await;
    let (moby, whale) = (&server.organizations[0], &server.organizations[1]);

    // Under the former id, or as a new resource: it is somebody new.
    server.put(&format!("/Users/{user}"), ada("ada.lovelace@example.com", "Lovelace")).await.due(200);
    let anew = server.world.account_of("ada.lovelace@example.com").unwrap();
    assert_ne!(anew.id, account);
    assert!(server.world.is_member(moby, "ada.lovelace@example.com"));
    assert_eq!(server.world.teams(moby, "ada.lovelace@example.com"), ["company", "crew"], "its groups place it");
    for email in ["ada.byron@example.com", "ada.lovelace@example.com"] {
        let place = json!({"dockerOrg": "whale"});
        let mut said = ada(email, "Lovelace");
        said["urn:ietf:params:scim:schemas:extension:docker:2.0:User"] = place;
        server.put(&format!("/Users/{user}"), said).await.due(200);
        assert!(!server.world.is_member(whale, email), "{email} is kept out, although nobody can read that");
    }
    server.world.assert_ledger_tells_the_state();
    // An owner who adds the person lifts the block.
    let added = server.world.account_of("ada.lovelace@example.com").unwrap();
    server.world.set_member(whale, &added, Role::Member).unwrap();
    assert!(server.world.is_member(whale, "ada.lovelace@example.com"));
}

#[tokio::test]
async fn acc_2_only_the_person_and_the_operator_erase_and_scim_delete_never_does() {
    let server = Server::new();
    let user = server.user("ada@example.com").await;
    let ada = account_of(&server, "ada@example.com");
    let bob = server.user("bob@example.com").await;
    let refused = server.app.erase(ada, Actor::Account(bob.parse().unwrap())).await;
    assert!(matches!(refused, Err(HttpError::Engine(EngineError::Refused(_)))), "{refused:?}");
    server.delete(&format!("/Users/{user}")).await.due(204);
    assert_eq!(server.world.account_of("ada@example.com").unwrap().state, AccountState::Active);

    let erasure = server.app.erase(ada, Actor::Account(ada.0)).await.unwrap();
    assert!(server.world.account_of("ada@example.com").is_none(), "at once");
    finish(&server, erasure.id).await;
    let again = server.app.erase(ada, Actor::Operator).await;
    assert!(matches!(again, Err(HttpError::Engine(EngineError::NotFound { .. }))), "{again:?}");
}

#[tokio::test]
async fn acc_2_the_last_owner_hands_the_organization_over_first() {
    let server = Server::new();
    for person in ["ada@example.com", "bob@example.com"] {
        server.user(person).await;
    }
    let moby = &server.organizations[0];
    let (ada, bob) =
        (server.world.account_of("ada@example.com").unwrap(), server.world.account_of("bob@example.com").unwrap());
    server.world.set_member(moby, &ada, Role::Owner).unwrap();
    let refused = server.app.erase(ada.id, Actor::Operator).await.unwrap_err().to_string();
    assert!(refused.contains("last owner of organization `moby`"), "{refused}");
    assert!(server.world.is_member(moby, "ada@example.com"), "nothing was done");
    server.world.set_member(moby, &bob, Role::Owner).unwrap();
    server.app.erase(ada.id, Actor::Operator).await.unwrap();
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn acc_2_an_erasure_whose_key_is_lost_keeps_no_other_from_going_on() {
    let server = Server::new();
    for name in ["ada@example.com", "bob@example.com"] {
        server.user(name).await;
    }
    let (ada, bob) = (account_of(&server, "ada@example.com"), account_of(&server, "bob@example.com"));
    let lost = Arc::new(Sealer::new(&[DataKey::generate(9).unwrap()]).unwrap());
    let seals = Arc::clone(&lost);
    let first = server.world.by_hand(move |tx, env| erasure::begin(tx, env, &ScimDocuments, &seals, ada)).unwrap();
    let second = server.app.erase(bob, Actor::Operator).await.unwrap();
    let states = || {
        let all = server.world.read(|conn| Ok((erasure::list(conn, 10)?, erasure::stuck(conn)?)));
        let of = |id: ErasureId| all.0.iter().find(|erasure| erasure.id == id).unwrap().clone();
        let (first, second) = (of(first.id), of(second.id));
        (first.is_stuck, first.done.is_some(), second.is_stuck, second.done.is_some(), all.1)
    };
    server.eventually(async || states() == (true, false, false, false, 1)).await;
    server.world.advance(Duration::from_secs(61));
    server.eventually(async || states() == (true, false, false, true, 1)).await;
    assert_eq!(said(&server, &["bob@example.com".to_owned()]), Vec::<String>::new());

    server.app.close().await;
    let _restored = server.node_with(&lost);
    server.world.advance(Duration::from_hours(1));
    server.eventually(async || states() == (false, true, false, true, 0)).await;
}
