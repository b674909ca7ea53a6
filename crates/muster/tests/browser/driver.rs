//! A browser with a screen, through WebDriver (<https://www.w3.org/TR/webdriver2/>).

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_testkit::browser::{Sockets, Transport};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What an element is called in answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How wide the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Phone,
    Tablet,
    Desktop,
}

impl Screen {
    fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Tablet => (820, 1_180),
            Self::Desktop => (1280, 900),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
        }
    }
}

/// A browser of its own, gone when dropped.
pub(crate) struct Browser {
    driver: Child,
    runtime: Runtime,
    transport: Sockets,
    session: String,
    screen: Screen,
}

impl Browser {
    /// Opens a window.
    pub(crate) fn open(screen: Screen) -> Self {
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.split("successfully on port ").nth(1).map(|port| port.trim_end_matches('.').to_owned())
        });
        // It writes no more than a few lines; somebody must read them.
        std::thread::spawn(move || lines.for_each(drop));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = format!("http://127.0.0.1:{}/session", port.unwrap());
        let mut browser = Self { driver, runtime, transport: Sockets::new(), session, screen };
        let (width, height) = screen.size();
        let mut arguments =
            vec!["--headless=new".to_owned(), "--no-sandbox".to_owned(), "--disable-dev-shm-usage".to_owned()];
        arguments.push(format!("--window-size={width},{height}"));
        let options = json!({
            "args": arguments,
            "mobileEmulation": { "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0 } },
        });
        let capabilities = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let opened = browser.ask("POST", "", &json!({ "capabilities": { "alwaysMatch": capabilities } }));
        browser.session = format!("{}/{}", browser.session, opened["sessionId"].as_str().unwrap());
        browser
    }

    /// Sends a command; its value, or what was wrong.
    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let body = if method == "GET" || method == "DELETE" { Vec::new() } else { body.to_string().into_bytes() };
        let request = http::Request::builder().method(method).uri(format!("{}{path}", self.session));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = self.runtime.block_on(self.transport.send(request));
        let value: Value = serde_json::from_slice(answer.body()).unwrap();
        if answer.status().is_success() { Ok(value["value"].clone()) } else { Err(value["value"].clone()) }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_ask(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Goes to an address.
    pub(crate) fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        self.ask("GET", "/url", &Value::Null).as_str().unwrap().to_owned()
    }

    /// Waits until an element is there, by a CSS selector.
    fn element(&self, selector: &str) -> String {
        let begun = Instant::now();
        loop {
            let found = self.try_ask("POST", "/element", &json!({ "using": "css selector", "value": selector }));
            match found {
                Ok(found) => return found[ELEMENT].as_str().unwrap().to_owned(),
                Err(error) => {
                    assert!(begun.elapsed() < PATIENCE, "{selector}: {error} at {}: {}", self.address(), self.text());
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }

    /// Waits until an element is there, by a CSS selector.
    pub(crate) fn wait_for_element(&self, selector: &str) {
        self.element(selector);
    }

    /// Types into a field, in place of what is there.
    pub(crate) fn type_in(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.ask("POST", &format!("/element/{element}/clear"), &json!({}));
        self.ask("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Clicks.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Waits until the address contains this.
    pub(crate) fn wait_for(&self, part: &str) {
        let begun = Instant::now();
        while !self.address().contains(part) {
            assert!(begun.elapsed() < PATIENCE, "{part} is not in {}: {}", self.address(), self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.element("main");
    }

    /// Waits until the account's own page is there: also the addresses of pages before it contain `/account`, and whoever goes
    /// on from one of those is brought back by what is still on its way.
    pub(crate) fn wait_for_account(&self) {
        self.wait_for("/account");
        self.wait_for_text("This session");
    }

    /// What a person reads.
    pub(crate) fn text(&self) -> String {
        let body = self.try_ask("POST", "/element", &json!({ "using": "css selector", "value": "body" }));
        let body = body.unwrap_or_default();
        let text =
            self.try_ask("GET", &format!("/element/{}/text", body[ELEMENT].as_str().unwrap_or_default()), &json!({}));
        text.unwrap_or_default().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a person reads this.
    pub(crate) fn wait_for_text(&self, words: &str) {
        let begun = Instant::now();
        while !self.text().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "{words} is missing at {}: {}", self.address(), self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What a person reads in an element.
    pub(crate) fn text_of(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.ask("GET", &format!("/element/{element}/text"), &Value::Null).as_str().unwrap().to_owned()
    }

    /// Gives the machine an authenticator that keeps passkeys and verifies its user
    /// (<https://www.w3.org/TR/webauthn-3/#sctn-automation>).
    pub(crate) fn add_authenticator(&self) {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        self.ask("POST", "/webauthn/authenticator", &authenticator);
    }

    /// Likes pages dark from now on.
    pub(crate) fn prefer_dark(&self) {
        let features = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.ask("POST", "/goog/cdp/execute", &command);
    }

    /// Demands that axe-core finds nothing on the page that WCAG 2.2 AA or good practice forbids.
    pub(crate) fn require_accessible(&self, name: &str) {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/accessibility/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{}: {error}: `cargo xtask test --only browser` installs it", file.display())
        });
        let run = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(\
            (found) => done(found.violations.map((one) => one.id + ': ' + one.help + ': ' + \
            one.nodes.map((node) => node.html + ' ' + (node.any[0] || node.all[0] || {}).message).join(' | '))), \
            (error) => done([String(error)]));";
        let script = json!({ "script": format!("{axe}\n{run}"), "args": [] });
        let found = self.ask("POST", "/execute/async", &script);
        assert!(found.as_array().is_some_and(Vec::is_empty), "{name}: {found:#}");
    }

    /// How many bytes the page and everything it loaded have, and the hosts that they came from.
    pub(crate) fn weight(&self) -> (u64, Vec<String>) {
        let script = "const all = [...performance.getEntriesByType('navigation'), \
            ...performance.getEntriesByType('resource')]; \
            return [all.reduce((sum, one) => sum + one.decodedBodySize, 0), \
            [...new Set(all.map((one) => new URL(one.name).host))]];";
        let weight = self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }));
        let hosts = weight[1].as_array().unwrap().iter().map(|host| host.as_str().unwrap().to_owned()).collect();
        (weight[0].as_u64().unwrap(), hosts)
    }

    /// The cookies that the browser has for where it is.
    pub(crate) fn cookies(&self) -> Value {
        self.ask("GET", "/cookie", &Value::Null)
    }

    /// Takes cookies of another browser, at an address of theirs.
    pub(crate) fn take_cookies(&self, url: &str, cookies: &Value) {
        self.go(url);
        for cookie in cookies.as_array().unwrap() {
            self.ask("POST", "/cookie", &json!({ "cookie": cookie }));
        }
    }

    /// Where a link leads.
    pub(crate) fn link(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.ask("GET", &format!("/element/{element}/property/href"), &Value::Null).as_str().unwrap().to_owned()
    }

    /// Keeps a picture of the page, and demands that it fits the window's width and that nothing was refused or failed.
    pub(crate) fn picture(&self, name: &str) {
        let whole = json!({ "cmd": "Page.captureScreenshot", "params": { "captureBeyondViewport": true } });
        let picture = self.ask("POST", "/goog/cdp/execute", &whole)["data"].take();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}-{}.png", self.screen.name()));
        fs::write(file, STANDARD.decode(picture.as_str().unwrap()).unwrap()).unwrap();
        let script = json!({ "script": "return document.documentElement.scrollWidth - window.innerWidth", "args": [] });
        let over = self.ask("POST", "/execute/sync", &script).as_i64().unwrap();
        assert!(over <= 0, "{name} is {over} pixels wider than the window");
        let log = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        let is_own = |entry: &&Value| !entry["message"].as_str().unwrap_or_default().contains("favicon");
        let log: Vec<_> = log.as_array().unwrap().iter().filter(is_own).collect();
        let grave: Vec<_> = log.iter().filter(|entry| is_grave(entry)).collect();
        assert!(grave.is_empty(), "{name}: {grave:?}");
    }
}

/// A refusal of the policy or a failed script; that a page is an error page by its status is none.
fn is_grave(entry: &Value) -> bool {
    entry["level"] == "SEVERE" && entry["source"] != "network"
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.try_ask("DELETE", "", &Value::Null));
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
