//! Independent SCIM suites and identity providers against a running server: `conformance/README.md` says which, and what they found.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Failure, debian, node,
    postgres::{self, free_port},
    process::{output, root, run},
    tests::build_binaries,
};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The suites, each a script in `conformance/suites`.
const SUITES: &[&str] = &[
    "check_with_scim2_tester",
    "check_with_scim_sanity",
    "check_like_okta",
    "check_like_entra",
    "check_sign_in_with_pysaml2",
    "check_sign_in_with_oidc_provider",
];

/// An OpenID provider that others wrote.
const OIDC_PROVIDER: &str = "conformance/oidc-provider";

/// Runs every suite on SQLite and on PostgreSQL, each on a database of its own, and fails if any failed.
pub(crate) fn check() -> Result<(), Failure> {
    build_binaries()?;
    // pysaml2 signs with it.
    debian::require("xmlsec1", &["xmlsec1"])?;
    node::install(OIDC_PROVIDER)?;
    let python = environment()?;
    let mut failed = Vec::new();
    for suite in SUITES {
        println!("\n{suite} on SQLite");
        attempt(suite, &python, None, &mut failed)?;
    }
    let database = postgres::Server::start()?;
    for suite in SUITES {
        println!("\n{suite} on PostgreSQL");
        attempt(suite, &python, Some(database.url()), &mut failed)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// Runs one suite; that it fails is noted, that it cannot be run is an error.
fn attempt(suite: &str, python: &Path, database: Option<&str>, failed: &mut Vec<String>) -> Result<(), Failure> {
    let mut server = Server::start(suite, database)?;
    let mut script = Command::new(python);
    script.arg(root().join("conformance/suites").join(suite).with_extension("py"));
    script.env("SCIM_URL", &server.url).env("SCIM_TOKEN", &server.token).env("PYTHONDONTWRITEBYTECODE", "1");
    script.env("OIDC_PROVIDER", root().join("target").join(OIDC_PROVIDER).join("provider.mjs"));
    // With what a suite changes the declaration.
    script.env("MUSTER", serde_json::to_string(&server.command)?);
    if database.is_some() {
        script.env("MUSTER_DATABASE_SCHEMA", suite);
    }
    if let Err(failure) = run(&mut script) {
        println!("  {failure}");
        let engine = if database.is_some() { "PostgreSQL" } else { "SQLite" };
        failed.push(format!("{suite} on {engine}"));
    }
    server.stop()
}

/// The Python of a virtual environment with the pinned suites in it, made when they changed.
fn environment() -> Result<PathBuf, Failure> {
    let folder = root().join("target/conformance");
    let python = folder.join("venv/bin/python");
    let requirements = root().join("conformance/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) && python.is_file() {
        return Ok(python);
    }
    fs::create_dir_all(&folder)?;
    let venv = folder.join("venv");
    output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv)).map_err(|failure| {
        format!("{failure}\nthe suites need Python 3.10 or newer with venv: on Debian `apt-get install python3-venv`")
    })?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(install.arg(&requirements))?;
    fs::write(&installed, wanted)?;
    Ok(python)
}

/// `muster serve` on an empty database in a temporary folder; killed, and the folder removed, when this is dropped.
struct Server {
    child: Child,
    folder: Folder,
    /// The binary, with what leads it to this server.
    command: Vec<String>,
    url: String,
    token: String,
}

/// A folder that is removed when this is dropped.
struct Folder(PathBuf);

impl Server {
    /// Declares the connection that the suites use and serves it. With `database`, on a schema of its own there.
    fn start(suite: &str, database: Option<&str>) -> Result<Server, Failure> {
        let folder = std::env::temp_dir().join(format!("muster-{suite}-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let folder = Folder(folder);
        let port = free_port()?;
        let (program, data) = (binary(), folder.0.join("data"));
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a folder's name is not UTF-8");
        let mut words = vec![text(&program)?, "--data-dir".to_owned(), text(&data)?];
        words.extend(["--listen".to_owned(), format!("127.0.0.1:{port}")]);
        words.extend(database.iter().flat_map(|url| ["--database".to_owned(), (*url).to_owned()]));
        let muster = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.args(&words[1..]).args(arguments);
            command.env("MUSTER_OPERATIONS_LISTEN", "127.0.0.1:0");
            // Where the providers of the suites are.
            command.env("MUSTER_OUTBOUND_ALLOW", "127.0.0.1");
            if database.is_some() {
                command.env("MUSTER_DATABASE_SCHEMA", suite);
            }
            command
        };
        let declaration = root().join("conformance/muster.toml");
        let applied = output(muster(&["apply", "--json"]).arg(&declaration))?;
        let applied: Value = serde_json::from_str(&applied)?;
        let scim = &applied["connections"]["conformance"]["scim"];
        let told =
            |name: &str| scim[name].as_str().map(str::to_owned).ok_or_else(|| format!("no `{name}` in {applied}"));
        let (url, token) = (told("base_url")?, told("token")?);
        let log = File::create(folder.0.join("log"))?;
        let child = muster(&["serve"]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut server = Server { child, folder, command: words, url, token };
        server.wait(port)?;
        Ok(server)
    }

    fn wait(&mut self, port: u16) -> Result<(), Failure> {
        let start = Instant::now();
        while !is_ready(port) {
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(format!("`muster serve` does not answer:\n{}", self.log()).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Asks it to stop: a server that cannot is not conformant either.
    fn stop(&mut self) -> Result<(), Failure> {
        output(Command::new("kill").arg(self.child.id().to_string()))?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`muster serve` ended with {status}:\n{}", self.log()).into())
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended unless something went wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: `{}` is left behind: {error}", self.0.display());
        }
    }
}

/// The server's binary, which cargo has put beside this one.
fn binary() -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name("muster")
}

/// Whether `/readyz` answers 200.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
