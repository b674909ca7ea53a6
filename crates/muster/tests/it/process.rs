//! Running the binary: a folder of its own for each test, commands, and servers that end with the test.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Two organizations, a verified domain, and a connection with SCIM enabled.
pub(crate) const DECLARATION: &str = r#"
[[organization]]
name = "moby"
seats = 100000
owners = ["owner@example.com"]

[[organization]]
name = "whale"

[[domain]]
name = "example.com"
organization = "moby"
verified = true

[[connection]]
name = "okta"
organizations = ["moby", "whale"]
domains = ["example.com"]
default_organization = "moby"

[connection.scim]
enabled = true
"#;

/// A folder that is gone when the test is, and a database of its own: in the folder, or a schema of the PostgreSQL
/// server that `MUSTER_TEST_POSTGRES` names, if it names one.
pub(crate) struct Folder {
    path: PathBuf,
    postgres: Option<(String, String)>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let schema = format!("it_{}", uuid::Uuid::now_v7().simple());
        let mut folder = Self::embedded();
        folder.postgres = env::var("MUSTER_TEST_POSTGRES").ok().map(|url| (url, schema));
        folder
    }

    /// With the embedded database whatever the environment says, for tests of what only it does.
    pub(crate) fn embedded() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("muster-it-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path, postgres: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file and answers its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary with its data in this folder.
    pub(crate) fn muster(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("MUSTER_")) {
            command.env_remove(name);
        }
        command.env("MUSTER_SERVER_DATA_DIR", self.path.join("data")).env("MUSTER_OPERATIONS_LISTEN", "off");
        // Nobody is asked for TXT records, unless a test names a server.
        command.env("MUSTER_SERVER_LISTEN", "127.0.0.1:0").env("MUSTER_DNS_RESOLVERS", "").stdin(Stdio::null());
        if let Some((url, schema)) = &self.postgres {
            command.env("MUSTER_DATABASE_URL", url).env("MUSTER_DATABASE_SCHEMA", schema);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.muster().args(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed and answer JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.succeed(&arguments)).unwrap()
    }

    /// Applies a declaration; the answer.
    pub(crate) fn apply(&self, declaration: &str) -> Value {
        let file = self.write("muster.toml", declaration);
        self.json(&["apply", file.to_str().unwrap()])
    }

    /// Applies the usual declaration; the token that it made.
    pub(crate) fn set_up(&self) -> String {
        self.apply(DECLARATION)["connections"]["okta"]["scim"]["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// What a command said of its failure.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Keeps the pipe open, so that the server can go on logging.
    log: BufReader<ChildStderr>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it serves.
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::spawn(folder.muster().arg("serve"))
    }

    /// Starts a server with a command that is ready.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, log, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let mut seen = String::new();
        while server.address.port() == 0 {
            let mut line = String::new();
            assert_ne!(server.log.read_line(&mut line).unwrap(), 0, "the server ended: {seen}");
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == "serving" {
                server.address = entry["address"].as_str().unwrap().parse().unwrap();
            }
            seen.push_str(&line);
        }
        server
    }

    /// Kills it, as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for its end; the rest of its log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        let status = self.child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(30), "the server took too long to stop");
        (status, log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
