//! What the management API's lists and the console's pages cost in a small and in a large organization, and whether that is the same.
//!
//! `cargo bench -p muster-http --bench lists`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise"
)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use muster_crypto::{DataKey, Sealer, TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    authority::Limit,
    sessions, teams,
    tokens::access::{self, Holder, Wanted},
};
use muster_http::{App, AppOptions, Limits};
use muster_model::{
    Account, Email, Grant, GrantId, Layers, Membership, MembershipState, Organization, Role, Rule, Source, TeamId,
    grant::Origin, session::ClientKind, token::Scopes,
};
use muster_outbound::{Allowed, Outbound};
use muster_store::{Counter, Database, Options, Store, Tx};
use muster_testkit::World;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

const SMALL: usize = 100;
const LARGE: usize = 100_000;
const TEAMS: usize = 2_000;
/// Requests in each measurement.
const COUNT: usize = 300;

/// A page of the console may take so long, at any size.
const PAGE: Duration = Duration::from_millis(100);

struct Site {
    router: Router,
    bearers: Vec<(&'static str, String)>,
    cookies: Vec<String>,
}

fn main() {
    let folder = std::env::temp_dir().join(format!("muster-lists-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&folder));
    drop(std::fs::remove_dir_all(&folder));
}

async fn measure(folder: &Path) {
    let site = site(folder).await;
    let lists = [
        ("members, first page", "/members?page_size=25"),
        ("members, page 3", "/members?page_size=25&page=3"),
        ("members, the last page by number", "LAST"),
        ("members, the last page by following next", "NEXT"),
        ("owners", "/members?role=owner"),
        ("search, few match", "/members?search=p0000001"),
        ("search, all match", "/members?search=p"),
        ("teams, first page", "/groups?page_size=25"),
        ("teams, search", "/groups?search=t001"),
        ("members of a team of all", "/groups/all/members?page_size=25"),
        ("a team of all", "/groups/all"),
        ("one member", "ONE"),
        ("one member, explained", "EXPLAIN"),
        ("sessions, first page, nobody signed in", "/sessions"),
        ("who is kept out", "/blocks"),
    ];
    println!("{:<44} {:>12} {:>12} {:>8}", "p50 in us, members:", SMALL, LARGE, "ratio");
    for (name, list) in lists {
        let mut figures = Vec::new();
        for (organization, bearer) in &site.bearers {
            let size = if *organization == "small" { SMALL } else { LARGE };
            let path = match list {
                "LAST" => format!("/members?page_size=25&page={}", size / 25),
                "NEXT" => format!("/members?page_size=25&page=4&after=m:{}", nearly_last(size)),
                "ONE" => format!("/members/{}", username(size, 1)),
                "EXPLAIN" => format!("/members/{}/explain", username(size, 1)),
                list => list.to_owned(),
            };
            figures.push(middle(&site.router, bearer, &format!("/v2/orgs/{organization}{path}")).await);
        }
        let ratio = figures[1].as_secs_f64() / figures[0].as_secs_f64();
        println!("{name:<44} {:>12} {:>12} {ratio:>8.2}", figures[0].as_micros(), figures[1].as_micros());
    }
    let pages = [
        ("console: overview", ""),
        ("console: members", "/members"),
        ("console: members, a search that all match", "/members?search=p"),
        ("console: guests, of whom there are none", "/members?kind=guest"),
        ("console: one member, and why", "ONE"),
        ("console: teams", "/teams"),
        ("console: a team of all", "/teams/all"),
        ("console: sessions", "/sessions"),
        ("console: activity", "/activity"),
    ];
    for (name, page) in pages {
        let mut figures = Vec::new();
        for ((organization, _), cookie) in site.bearers.iter().zip(&site.cookies) {
            let size = if *organization == "small" { SMALL } else { LARGE };
            let path = if page == "ONE" { format!("/members/{}", username(size, 1)) } else { page.to_owned() };
            let path = format!("/console/orgs/{organization}{path}");
            figures.push(middle_of(&site.router, ("cookie", cookie), &path, COUNT).await);
        }
        let ratio = figures[1].as_secs_f64() / figures[0].as_secs_f64();
        let missed = if figures[1] > PAGE { "  more than 100 ms" } else { "" };
        println!("{name:<44} {:>12} {:>12} {ratio:>8.2}{missed}", figures[0].as_micros(), figures[1].as_micros());
    }
    // Whole exports, for each 1,000 members: as quick at the end of a large one as in a small one.
    let mut figures = Vec::new();
    for (organization, bearer) in &site.bearers {
        let (size, count) = if *organization == "small" { (SMALL, 50) } else { (LARGE, 1) };
        let path = format!("/v2/orgs/{organization}/members/export");
        let whole = middle_of(&site.router, ("authorization", &bearing(bearer)), &path, count).await;
        figures.push(whole.as_secs_f64() * 1_000.0 / size as f64);
    }
    let micros = |seconds: f64| seconds * 1_000_000.0;
    println!(
        "{:<44} {:>12.0} {:>12.0} {:>8.2}",
        "members' export, each 1,000",
        micros(figures[0]),
        micros(figures[1]),
        figures[1] / figures[0]
    );
}

async fn middle(router: &Router, bearer: &str, path: &str) -> Duration {
    middle_of(router, ("authorization", &bearing(bearer)), path, COUNT).await
}

fn bearing(bearer: &str) -> String {
    format!("Bearer {bearer}")
}

async fn middle_of(router: &Router, header: (&str, &str), path: &str, count: usize) -> Duration {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let request = Request::get(path).header(header.0, header.1);
        let begun = Instant::now();
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        times.push(begun.elapsed());
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    }
    times.sort_unstable();
    times[count / 2]
}

/// The account of a number: ids rise with it.
fn id(size: usize, number: usize) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) + ((size as u128) << 32) + number as u128)
}

/// Of both organizations the same, but that each must be unique.
fn username(size: usize, number: usize) -> String {
    if size == LARGE { format!("p{number:07}") } else { format!("p{number:07}.s") }
}

fn nearly_last(size: usize) -> Uuid {
    id(size, size - 26)
}

async fn site(folder: &Path) -> Site {
    let options = Options::new(Database::Sqlite { path: folder.join("muster.db") });
    let world = World::on(Store::open(&options).expect("a store"));
    let (mut tokens, mut cookies) = (Vec::new(), Vec::new());
    for (name, size) in [("small", SMALL), ("large", LARGE)] {
        let organization = world.organization(name);
        people(&world, &organization, size);
        let text = TokenText::generate(TokenPrefix::Organization).unwrap();
        let (hash, holder) = (text.hash(), Holder::Organization(organization.id));
        let wanted = Wanted { label: "bench".to_owned(), scopes: Scopes::all(), expires: None };
        world
            .by_hand(move |tx, env| {
                access::create(tx, env, holder, &hash, &wanted, Limit { scopes: &Scopes::all(), until: None })
            })
            .unwrap();
        tokens.push((name, text));
        cookies.push(signed_in(&world, id(size, 0)));
    }
    let app = App::new(AppOptions {
        store: world.store.clone(),
        surroundings: Arc::clone(&world.clock) as _,
        sealer: Arc::new(Sealer::new(&[DataKey::generate(1).unwrap()]).unwrap()),
        base_url: "http://127.0.0.1:8080".to_owned(),
        limits: Limits { api_requests: u32::MAX, ..Limits::default() },
        outbound: Outbound::new(Allowed::default()).unwrap(),
        sends_mail: false,
    });
    let router = muster_http::router(&app);
    let mut bearers = Vec::new();
    for (name, text) in tokens {
        let body = json!({"identifier": name, "secret": text.expose()}).to_string();
        let request = Request::post("/v2/auth/token").header("content-type", "application/json");
        let answer = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        bearers.push((name, answer["access_token"].as_str().unwrap().to_owned()));
    }
    Site { router, bearers, cookies }
}

/// The cookie of a browser in which somebody is signed in.
fn signed_in(world: &World, account: Uuid) -> String {
    let mut secret = [0; 32];
    muster_crypto::random(&mut secret).unwrap();
    let text = URL_SAFE_NO_PAD.encode(secret);
    let hash = muster_crypto::sha256(text.as_bytes());
    world
        .by_hand(move |tx, env| {
            let begin = sessions::Begin {
                hash,
                kind: ClientKind::Web,
                device: "Firefox on Linux".to_owned(),
                idp: None,
                not_after: None,
                replaces: None,
            };
            sessions::begin(tx, env, account.into(), None, begin)
        })
        .unwrap();
    format!("muster={text}")
}

/// Members, all of them in the team `all`, and many other teams; as rows, since nothing here asks how they came.
fn people(world: &World, organization: &Organization, size: usize) {
    let of = organization.clone();
    let all = world.by_hand(move |tx, env| teams::find_or_create(tx, env, of.id, "all", Rule::Grp1)).unwrap();
    let count = TEAMS.min(size);
    let of = organization.clone();
    world
        .by_hand(move |tx, env| {
            for number in 0..count {
                teams::find_or_create(tx, env, of.id, &format!("t{number:04}"), Rule::Grp1)?;
            }
            Ok(())
        })
        .unwrap();
    for first in (0..size).step_by(5_000) {
        let of = organization.clone();
        world
            .by_hand(move |tx, env| {
                for number in first..size.min(first + 5_000) {
                    member(tx, env, &of, all.id, size, number)?;
                }
                Ok(())
            })
            .unwrap();
    }
    let of = organization.clone();
    world
        .by_hand(move |tx, _| {
            let size = i64::try_from(size).unwrap();
            tx.add_to_count(of.id.0, Counter::Members, size)?;
            tx.add_to_count(all.id.0, Counter::TeamMembers, size)?;
            Ok::<_, EngineError>(())
        })
        .unwrap();
}

fn member(
    tx: &mut Tx<'_>,
    env: &mut muster_engine::Env,
    organization: &Organization,
    team: TeamId,
    size: usize,
    number: usize,
) -> Result<(), EngineError> {
    let id = id(size, number);
    let username = username(size, number);
    let email = Email::parse(&format!("{username}@{}.example", organization.name)).unwrap();
    let account = Account {
        id: id.into(),
        email: Some(email),
        email_confirmed: true,
        email_since: env.now(),
        username,
        full_name: "Ada Lovelace".to_owned(),
        names: Layers::default(),
        session_minutes: Layers::default(),
        conflict: false,
        departures: Vec::new(),
        relinks: Vec::new(),
        password_set: None,
        state: muster_model::AccountState::Active,
        created: env.now(),
        version: 1,
    };
    tx.insert_account(&account)?;
    tx.insert_membership(&Membership {
        organization: organization.id,
        account: account.id,
        role: if number < 3 { Role::Owner } else { Role::Member },
        roles: Layers::default(),
        state: MembershipState::Active,
        blocked: false,
        guest: false,
        role_kept: false,
        conflict: false,
        joined: env.now(),
        ended: None,
        version: 1,
    })?;
    let origin = env.origin();
    tx.insert_grant(&Grant {
        id: GrantId(env.new_id()),
        account: account.id,
        organization: organization.id,
        team: Some(team),
        source: Source::Manual,
        connection: None,
        origin: Origin::Person,
        rule: Rule::Grp6,
        actor: origin.actor,
        request: None,
        given: env.now(),
        asleep: false,
        version: 1,
    })?;
    Ok(())
}
