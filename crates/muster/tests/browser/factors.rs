//! Passkeys and authenticator apps, with the authenticator that WebDriver plays.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use muster_testkit::authenticator::typed_secret;
use serde_json::Value;

use crate::driver::{Browser, Screen};

const DECLARATION: &str = "[[organization]]\nname = \"moby\"\nowners = [\"owner@example.com\"]\n";
const PASSWORD: &str = "correct horse battery";

/// A server under a name, which passkeys need; gone with its data when dropped.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    here: String,
    pub(crate) link: String,
}

impl Server {
    pub(crate) fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("muster-factors-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("muster.toml");
        fs::write(&file, DECLARATION).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (listen, here) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let muster = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
            for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSTER_")) {
                command.env_remove(name);
            }
            command.env("MUSTER_SERVER_DATA_DIR", folder.join("data")).env("MUSTER_OPERATIONS_LISTEN", "off");
            command.env("MUSTER_SERVER_LISTEN", &listen).env("MUSTER_SERVER_BASE_URL", &here);
            command
        };
        let applied = muster().args(["apply", file.to_str().unwrap(), "--json"]).output().unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        let applied: Value = serde_json::from_slice(&applied.stdout).unwrap();
        let link = applied["sign_in_links"]["owner@example.com"].as_str().unwrap().to_owned();
        let child = muster().arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, folder, here, link };
        let is_up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(&listen).is_ok()
        });
        assert!(is_up, "the server does not listen");
        server
    }

    /// What a command in the shell answers, as JSON.
    pub(crate) fn shell(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSTER_")) {
            command.env_remove(name);
        }
        let done =
            command.env("MUSTER_SERVER_DATA_DIR", self.folder.join("data")).args(arguments).arg("--json").output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.here)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn sign_out(browser: &Browser, server: &Server) {
    browser.go(&server.at("/account"));
    browser.click("form[action$='/signout'] button");
    browser.wait_for("/signin");
}

#[test]
fn a_person_signs_in_with_a_passkey_and_with_a_code_after_the_password() {
    for (screen, name) in [(Screen::Phone, "phone"), (Screen::Desktop, "desktop")] {
        let server = Server::start(name);
        let browser = Browser::open(screen);
        if screen == Screen::Desktop {
            browser.prefer_dark();
        }
        browser.add_authenticator();
        browser.go(&server.link);
        browser.click("form button");
        browser.type_in("#password", PASSWORD);
        browser.click("form button");
        browser.wait_for_account();

        browser.go(&server.at("/account/security"));
        browser.type_in("#name", "My laptop");
        browser.click("[data-passkey] button");
        browser.wait_for_text("Remove");
        assert!(browser.text().contains("My laptop"), "{}", browser.text());
        browser.picture("security");
        sign_out(&browser, &server);
        browser.wait_for_text("Sign in with a passkey");
        browser.picture("sign-in-passkey");
        browser.click("[data-passkey] button");
        browser.wait_for_account();
        assert!(browser.text().contains("moby"), "{}", browser.text());

        browser.go(&server.at("/account/security"));
        browser.click("form[action$='/authenticator'] button");
        browser.wait_for_text("Key:");
        browser.picture("authenticator");
        let secret = typed_secret(&browser.text_of("main code"));
        let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        browser.type_in("#code", &secret.code(now()));
        browser.click("form button");
        browser.wait_for_text("I have them");
        browser.picture("recovery-codes");
        sign_out(&browser, &server);
        browser.go(&server.at("/signin/password"));
        browser.type_in("#name", "owner@example.com");
        browser.type_in("#password", PASSWORD);
        browser.click("form button");
        browser.wait_for_text("One more step");
        browser.picture("second-factor");
        // The present code was used to set the app up; the next one is taken already.
        browser.type_in("#code", &secret.code(now() + 30));
        browser.click("form button");
        browser.wait_for_account();
        browser.go(&server.at("/account/security"));
        browser.picture("security-with-app");
    }
}
