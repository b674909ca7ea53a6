//! Servers that the comparison starts, waits for and ends.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use muster_bench::connection::Connection;
use muster_bench::error::Error;
use muster_bench::process;
use muster_bench::state::State;
use muster_bench::target::Target;
use serde_json::Value;

/// A server that does not answer within this time has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `muster apply` is given: nothing that would hold the load back or refuse it.
const DIRECTORY: &str = r#"
[[organization]]
name = "moby"

[[domain]]
name = "example.com"
organization = "moby"
verified = true

[[connection]]
name = "bench"
organizations = ["moby"]
domains = ["example.com"]
default_organization = "moby"

[connection.scim]
enabled = true
mass_change_guard = false
"#;

/// How to start a server again.
pub(crate) struct Program {
    name: &'static str,
    path: PathBuf,
    arguments: Vec<OsString>,
    token: String,
    log: PathBuf,
}

impl Program {
    /// The yardstick that answers a fixed body.
    pub(crate) fn bare(folder: &Path) -> Result<Program, Error> {
        Ok(Program::new("bare", beside_us("bare")?, Vec::new(), folder))
    }

    /// The yardstick that stores ready JSON.
    pub(crate) fn thin(folder: &Path) -> Result<Program, Error> {
        let arguments = vec!["--data-dir".into(), folder.join("thin").into()];
        Ok(Program::new("thin", beside_us("thin")?, arguments, folder))
    }

    /// Muster, with an organization, a domain and a SCIM connection made; on `database`, or on the embedded one.
    pub(crate) fn muster(path: &Path, folder: &Path, database: Option<&str>) -> Result<Program, Error> {
        let name = if database.is_some() { "muster on PostgreSQL" } else { "muster" };
        let data = folder.join(name.replace(' ', "-"));
        let file = folder.join("bench.toml");
        fs::write(&file, DIRECTORY).map_err(|source| Error::File { path: file.clone(), source })?;
        let mut common: Vec<OsString> = vec!["--data-dir".into(), data.into()];
        if let Some(database) = database {
            common.extend(["--database".into(), database.into()]);
        }
        let output = Command::new(path)
            .arg("apply")
            .arg(&file)
            .arg("--json")
            .args(&common)
            .output()
            .map_err(|source| Error::File { path: path.to_owned(), source })?;
        let token = serde_json::from_slice::<Value>(&output.stdout)
            .ok()
            .and_then(|made| made["connections"]["bench"]["scim"]["token"].as_str().map(str::to_owned));
        let Some(token) = token.filter(|_| output.status.success()) else {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(name, format!("gave no SCIM token to `apply`: {}", said.trim())));
        };
        let arguments = [vec!["serve".into()], common].concat();
        Ok(Program { token, ..Program::new(name, path.to_owned(), arguments, folder) })
    }

    fn new(name: &'static str, path: PathBuf, arguments: Vec<OsString>, folder: &Path) -> Program {
        let log = folder.join(format!("{}.log", name.replace(' ', "-")));
        Program { name, path, arguments, token: "none".to_owned(), log }
    }

    /// Starts it on a free port and waits for its first right answer.
    pub(crate) fn start(&self) -> Result<Server, Error> {
        let address = free_address().map_err(|source| Error::Connection { address: "127.0.0.1".to_owned(), source })?;
        let target = Target::new(&format!("http://{address}/scim/v2"), &self.token)?;
        let log = File::create(&self.log).map_err(|source| Error::File { path: self.log.clone(), source })?;
        let copy = log.try_clone().map_err(|source| Error::File { path: self.log.clone(), source })?;
        let begun = Instant::now();
        let child = Command::new(&self.path)
            .args(&self.arguments)
            .args(["--listen", &address])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy)
            .spawn()
            .map_err(|source| Error::File { path: self.path.clone(), source })?;
        let mut server = Server { name: self.name, target, state: State::default(), child, started_in: Duration::ZERO };
        server.wait(begun, &self.log)?;
        server.started_in = begun.elapsed();
        Ok(server)
    }
}

/// A running server; it is ended when dropped.
pub(crate) struct Server {
    /// What a reader calls it.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) target: Target,
    /// What it holds.
    pub(crate) state: State,
    /// From the start of its process to its first right answer.
    pub(crate) started_in: Duration,
    child: Child,
}

impl Server {
    fn wait(&mut self, begun: Instant, log: &Path) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
        let mut request = Vec::new();
        self.target.get(&mut request, format_args!("/Users?count=1"));
        loop {
            let status = runtime.block_on(async {
                let mut connection = Connection::open(&self.target).await?;
                connection.exchange(&request).await.map(|answer| answer.status)
            });
            if matches!(status, Ok(200)) {
                return Ok(());
            }
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(failed(self.name, format!("does not answer ({status:?}): {}", said.trim())));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Resident memory in KiB; 0 where the system does not tell.
    pub(crate) fn memory(&self) -> u64 {
        process::memory(self.child.id())
    }

    /// Ends it in order, so that it can be started again on the same data.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + PATIENCE;
        while asked.is_ok() && Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that was built together with this one.
fn beside_us(name: &'static str) -> Result<PathBuf, Error> {
    let path = std::env::current_exe().map_err(Error::Runtime)?.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(failed(name, "is not built: cargo build --release -p muster-bench")) }
}

fn free_address() -> std::io::Result<String> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.to_string())
}

/// A program that did not do its part.
pub(crate) fn failed(program: &str, reason: impl Into<String>) -> Error {
    Error::Program { program: program.to_owned(), reason: reason.into() }
}
