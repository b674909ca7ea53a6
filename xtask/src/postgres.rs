//! A throw-away PostgreSQL server: own port, own data folder, own user, gone at the end.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{DirBuilderExt, OpenOptionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, process};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it ends, and its data with it, when this is dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
    pg_ctl: PathBuf,
    user: Option<User>,
    folder: Folder,
}

/// A folder that is removed when this is dropped.
struct Folder(PathBuf);

/// Whom the server runs as: PostgreSQL refuses to be root.
#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Server {
    /// Starts a server, installing PostgreSQL first where that is possible and needed.
    pub(crate) fn start() -> Result<Server, Failure> {
        let root = process::output(Command::new("id").arg("-u"))? == "0";
        let binaries = match find_binaries() {
            Some(found) => found,
            None => install(root)?,
        };
        let user = if root { Some(unprivileged()?) } else { None };
        let password = random_password()?;
        let folder = Folder::make(user, &password)?;
        let data = folder.data();
        // Tests connect thousands of times, over the loopback alone: a password is quicker to check than to prove.
        let mut initdb = Command::new(binaries.join("initdb"));
        initdb
            .args(["--username=muster", "--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(&data)
            .arg("--pwfile")
            .arg(folder.0.join("password"));
        process::output(as_user(&mut initdb, user, &folder.0))?;

        let port = free_port()?;
        let mut postgres = Command::new(binaries.join("postgres"));
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        let sockets = format!("unix_socket_directories={}", folder.0.display());
        let hasty = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        for setting in ["listen_addresses=127.0.0.1", &sockets, "max_connections=300"].into_iter().chain(hasty) {
            postgres.args(["-c", setting]);
        }
        let log = File::create(folder.0.join("log"))?;
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = as_user(&mut postgres, user, &folder.0).spawn()?;
        let url = format!("postgres://muster:{password}@127.0.0.1:{port}/postgres?sslmode=disable");
        let mut server = Server { child, url, pg_ctl: binaries.join("pg_ctl"), user, folder };
        server.wait(&binaries, &data)?;
        Ok(server)
    }

    /// The address, with a superuser's password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until this server, and no other at that address, answers.
    fn wait(&mut self, binaries: &Path, data: &Path) -> Result<(), Failure> {
        let start = Instant::now();
        loop {
            let mut psql = Command::new(binaries.join("psql"));
            let found = process::output(psql.args([&self.url, "-XAtc", "SHOW data_directory"]));
            match found {
                Ok(directory) if Path::new(&directory) == data => return Ok(()),
                Ok(directory) => return Err(format!("another server answers, with data in `{directory}`").into()),
                Err(failure) if start.elapsed() > PATIENCE => return Err(failure),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL ended ({status}):\n{log}").into());
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The data goes next, so it need not be written out; but shared memory should be given back.
        let mut stop = Command::new(&self.pg_ctl);
        stop.args(["stop", "--mode=immediate", "--pgdata"]).arg(self.folder.data());
        if let Err(failure) = process::output(as_user(&mut stop, self.user, &self.folder.0)) {
            eprintln!("xtask: {failure}");
            // It may have ended by itself.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Folder {
    /// Makes it, for `user` alone, with the password in a file.
    fn make(user: Option<User>, password: &str) -> Result<Folder, Failure> {
        let folder = std::env::temp_dir().join(format!("muster-postgres-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let folder = Folder(folder);
        let path = folder.0.join("password");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(password.as_bytes())?;
        if let Some(User { uid, gid }) = user {
            chown(&path, Some(uid), Some(gid))?;
            chown(&folder.0, Some(uid), Some(gid))?;
        }
        Ok(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: `{}` is left behind: {error}", self.0.display());
        }
    }
}

/// The folder of PostgreSQL's programs.
fn find_binaries() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    // The newest first.
    installed.sort();
    installed.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.into_iter().chain(std::env::split_paths(&path)).find(complete)
}

fn install(root: bool) -> Result<PathBuf, Failure> {
    const MISSING: &str = "PostgreSQL (initdb, postgres, psql) is missing: install it, on Debian with \
                           `apt-get install postgresql`, or put its programs on PATH";
    if !root || process::output(Command::new("apt-get").arg("--version")).is_err() {
        return Err(MISSING.into());
    }
    println!("installing PostgreSQL");
    process::run(Command::new("apt-get").args(["-q", "update"]))?;
    let mut install = Command::new("apt-get");
    install.args(["-q", "install", "-y", "--no-install-recommends", "postgresql"]);
    process::run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    find_binaries().ok_or_else(|| MISSING.into())
}

/// The user that the package made, or nobody.
fn unprivileged() -> Result<User, Failure> {
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some(User { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
    };
    find("postgres").or_else(|| find("nobody")).ok_or_else(|| "there is no user `postgres` or `nobody`".into())
}

fn as_user<'c>(command: &'c mut Command, user: Option<User>, folder: &Path) -> &'c mut Command {
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command.current_dir(folder)
}

fn random_password() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
