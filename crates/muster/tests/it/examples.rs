//! The products of `examples/` beside the demonstration: people come in through it, and are out when it says so (SES-4).

use std::{net::SocketAddr, time::Duration};

use muster_example_cli::Cli;
use muster_testkit::browser::{Browser, Page, Sockets};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

use crate::{client::Client, process::Folder, staying::Staying};

const ADA: &str = "ada.lindqvist@example.com";

/// The demonstration, and what its administrators do.
struct World {
    folder: Folder,
    demo: Staying,
}

impl World {
    fn new() -> Self {
        let folder = Folder::embedded();
        let demo = Staying::start(folder.muster().env("TMPDIR", folder.path()), &["demo"]);
        Self { folder, demo }
    }

    /// Applies a declaration to the running demonstration; the answer.
    fn apply(&self, declaration: &str) -> Value {
        let data = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let data = data.filter(|path| path.is_dir()).find(|path| !path.ends_with("data")).unwrap();
        let file = self.folder.write("product.toml", declaration);
        self.folder.json(&["apply", file.to_str().unwrap(), "--data-dir", data.to_str().unwrap()])
    }

    fn base_url(&self) -> &str {
        self.demo.says("base_url")
    }

    /// Ada, over SCIM.
    fn patch_ada(&self, change: Value) {
        let scim = &self.demo.said["connections"]["okta"]["scim"];
        let address: SocketAddr = self.base_url().strip_prefix("http://").unwrap().parse().unwrap();
        let mut client = Client::connect(address, scim["token"].as_str().unwrap()).unwrap();
        let found = format!("/scim/v2/Users?filter=userName%20eq%20%22{ADA}%22");
        let (_, found) = client.send("GET", &found, None).unwrap();
        let id = found["Resources"][0]["id"].as_str().unwrap();
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let patch = json!({"schemas": schemas, "Operations": [change]});
        let (status, answer) = client.send("PATCH", &format!("/scim/v2/Users/{id}"), Some(&patch)).unwrap();
        assert_eq!(status, 200, "{answer}");
    }

    fn set_ada_active(&self, is_active: bool) {
        self.patch_ada(json!({"op": "replace", "value": {"active": is_active}}));
    }

    /// Goes from a page that asks for an address through the identity provider, as Ada; where that leads.
    async fn sign_in(&self, browser: &mut Browser<Sockets>, page: &Page) -> Page {
        let choice = browser.submit(page, &page.form("email").with("email", ADA)).await;
        let okta = self.demo.said["connections"]["okta"]["id"].as_str().unwrap();
        let form = choice.forms().into_iter().find(|form| form.value("connection") == Some(okta)).unwrap();
        let people = browser.submit(&choice, &form).await;
        let sending = browser.submit(&people, &people.only_form().by("person", "ada")).await;
        let arrived = browser.submit(&sending, &sending.only_form()).await;
        if !arrived.words().contains("You are led on") {
            return arrived;
        }
        // What a browser does by itself.
        browser.follow(&arrived, &arrived.link("Go on")).await
    }
}

/// The web application, which the demonstration knows.
struct Notes {
    base_url: String,
}

impl Notes {
    async fn start(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let applied = world.apply(&format!(
            r#"
[[client]]
name = "Other notes"
redirect_uris = ["{base_url}/callback"]
post_logout_redirect_uris = ["{base_url}/"]
backchannel_logout_uri = "{base_url}/backchannel-logout"

[[webhook]]
name = "notes"
organization = "moby"
url = "{base_url}/webhook"
"#
        ));
        let (client, webhook) = (&applied["clients"]["Other notes"], &applied["webhooks"]["moby/notes"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let settings = muster_example_web::Settings {
            issuer: text(&client["issuer"]),
            client_id: text(&client["client_id"]),
            client_secret: text(&client["client_secret"]),
            base_url: base_url.parse().unwrap(),
            webhook_secret: Some(text(&webhook["secret"])),
        };
        tokio::spawn(async move { axum::serve(listener, muster_example_web::router(settings)).await.unwrap() });
        Self { base_url }
    }

    /// Its page, once it says something.
    async fn shows(&self, browser: &mut Browser<Sockets>, words: &str) -> Page {
        let mut page = browser.get(&self.base_url).await;
        for _ in 0..500 {
            if page.words().contains(words) {
                return page;
            }
            sleep(Duration::from_millis(20)).await;
            page = browser.get(&self.base_url).await;
        }
        panic!("it never says {words}: {}", page.words())
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn ses_4_the_web_application_lets_people_in_and_those_who_are_out_are_out() {
    let world = World::new();
    wait_for(async {
        let notes = Notes::start(&world).await;
        let mut browser = Browser::new(Sockets::new());
        let enter = async |browser: &mut Browser<Sockets>| {
            let home = browser.get(&notes.base_url).await;
            let page = browser.follow(&home, &home.link("Continue with SSO")).await;
            world.sign_in(browser, &page).await
        };
        let inside = enter(&mut browser).await;
        assert_eq!(inside.url.to_string(), format!("{}/", notes.base_url), "{}", inside.words());
        for words in ["Hello, Ada Lindqvist", "moby", "developers"] {
            assert!(inside.words().contains(words), "{words} is missing in: {}", inside.words());
        }
        // The webhook has her looked up anew.
        let extension = "urn:ietf:params:scim:schemas:extension:docker:2.0:User";
        let place = json!({"dockerOrg": "moby", "dockerTeam": "pilots"});
        world.patch_ada(json!({"op": "add", "value": {extension: place}}));
        notes.shows(&mut browser, "pilots").await;
        // The logout token ends her session.
        world.set_ada_active(false);
        notes.shows(&mut browser, "Continue with SSO").await;
        let refused = enter(&mut browser).await;
        assert!(refused.url.to_string().starts_with(world.base_url()), "{}", refused.words());
        world.set_ada_active(true);
        // Signing out leads there and back, and both are left.
        let mut browser = Browser::new(Sockets::new());
        let inside = enter(&mut browser).await;
        let out = browser.submit(&inside, &inside.form("signout")).await;
        assert_eq!(out.url.to_string(), format!("{}/", notes.base_url), "{}", out.words());
        assert!(out.words().contains("Continue with SSO"), "{}", out.words());
        let page = browser.follow(&out, &out.link("Continue with SSO")).await;
        assert!(page.words().contains("Sign in") && page.url.path() == "/signin", "{}", page.words());
    });
    world.demo.stop();
}

#[test]
fn the_web_application_believes_nothing_that_muster_did_not_say() {
    let world = World::new();
    wait_for(async {
        let notes = Notes::start(&world).await;
        let mut browser = Browser::new(Sockets::new());
        let home = browser.get(&notes.base_url).await;
        let page = browser.follow(&home, &home.link("Continue with SSO")).await;
        // An answer that was not asked for, or to another question.
        let forged = format!("{}/callback?code=forged&state=forged", notes.base_url);
        assert_eq!(Browser::new(Sockets::new()).get(&forged).await.status, 403);
        let mut other = Browser::new(Sockets::new());
        other.get(&format!("{}/signin", notes.base_url)).await;
        assert_eq!(other.get(&forged).await.status, 403);
        world.sign_in(&mut browser, &page).await;
        // Nobody else's word ends it.
        let told = |path: &str| format!("{}{path}", notes.base_url);
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
        let token = [("logout_token", unsigned)];
        let answer = other.post_from(&notes.base_url, &told("/backchannel-logout"), &token).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        let answer = other.post_from(&notes.base_url, &told("/webhook"), &[("type", "member.removed")]).await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        assert!(browser.get(&notes.base_url).await.words().contains("Hello, Ada Lindqvist"));
    });
    world.demo.stop();
}

#[test]
fn ses_1_the_command_line_is_signed_in_by_a_code_that_is_typed_elsewhere() {
    let world = World::new();
    wait_for(async {
        let client = &world.demo.said["clients"]["Notes in the shell"];
        let text = |name: &str| client[name].as_str().unwrap().to_owned();
        let settings = muster_example_cli::Settings { issuer: text("issuer"), client_id: text("client_id") };
        let session = world.folder.path().join("session.json");
        let cli = Cli::new(settings, session.clone());
        assert!(cli.who().await.unwrap_err().to_string().contains("not signed in"));
        let login = cli.begin().await.unwrap();
        let approving = async {
            let mut browser = Browser::new(Sockets::new());
            let page = browser.get(&login.address()).await;
            let page = world.sign_in(&mut browser, &page).await;
            let typed = page.form("/oauth2/device/confirm");
            assert_eq!(typed.value("user_code"), Some(login.code()));
            let asked = browser.submit(&page, &typed).await;
            assert!(asked.words().contains("Notes in the shell waits for you"), "{}", asked.words());
            let done = browser.submit(&asked, &asked.form("/oauth2/device/confirm").by("answer", "yes")).await;
            assert!(done.words().contains("You are signed in there"), "{}", done.words());
        };
        let (finished, ()) = tokio::join!(cli.finish(&login), approving);
        finished.unwrap();
        let who = cli.who().await.unwrap().to_string();
        assert!(who.starts_with("You are Ada Lindqvist.\n  moby: ") && who.contains("developers"), "{who}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&session).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // Each refresh token is kept before it is used up: what is in the file works.
        cli.who().await.unwrap();
        world.set_ada_active(false);
        let over = cli.who().await.unwrap_err().to_string();
        assert!(over.contains("your session is over"), "{over}");
        cli.logout().await.unwrap();
        assert!(!session.exists());
    });
    world.demo.stop();
}
