//! `muster backup` and `muster restore`.

use std::{
    fs,
    path::{Path, PathBuf, absolute},
    thread,
    time::Instant,
};

use clap::Args;
use muster_engine::Surroundings;
use muster_store::{
    Database, StoreError,
    backup::{self, BackupError, Claim},
};
use serde::Serialize;

use crate::{
    admin::{self, AdminError, Answer, BackUp, Request},
    config::Config,
    local::{self, Sent},
    place::PATIENCE,
    surroundings::System,
};

/// What every backup of PostgreSQL needs instead.
const POSTGRES: &str = "backups of PostgreSQL are made by its own tools: `pg_dump --format=custom --file=muster.dump URL`, \
                        and `pg_restore` to bring one back";

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The backup's file, or a folder for one that is named by the time.
    file: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup's file.
    file: PathBuf,
    /// Replace the database that is there; it is kept beside.
    #[arg(long)]
    force: bool,
}

/// Why there is no backup, or none was restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupCommandError {
    /// There is no embedded database.
    #[error("{0}")]
    NotEmbedded(&'static str),
    /// There is no database to back up.
    #[error("there is no database at {path}: name it with --database or --data-dir", path = .0.display())]
    Nothing(PathBuf),
    /// A database is in the way.
    #[error("a database is at {path}: stop its server and add --force, and it is kept beside", path = .0.display())]
    InTheWay(PathBuf),
    /// The key is another installation's.
    #[error(
        "the key file {key} does not open this backup: put the backup's own key file in its place (and the one that is \
         there aside) first", key = .0.display()
    )]
    OtherKey(PathBuf),
    /// A file.
    #[error("{path} cannot be used", path = .path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The backup itself.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database that is claimed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The administration.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Restored {
    /// The database's file.
    pub(crate) database: PathBuf,
    /// The last migration in it.
    pub(crate) schema: u32,
    /// How many rows its tables have.
    pub(crate) counts: Vec<(&'static str, u64)>,
    /// Where the former database is now.
    pub(crate) former: Option<PathBuf>,
    /// The key file that it needs.
    pub(crate) key_file: PathBuf,
    /// Whether the key there opens it; `None` if it is missing.
    pub(crate) key_fits: Option<bool>,
}

/// Backs the database up, or has the server that holds it do it.
pub(crate) fn backup(config: &Config, args: &BackupArgs) -> Result<Answer, BackupCommandError> {
    let database = embedded(config)?;
    if !database.exists() {
        return Err(BackupCommandError::Nothing(database));
    }
    let key_file = full(&config.master_key_file())?;
    let mut file = full(&args.file)?;
    if file.is_dir() {
        file.push(format!("muster-{}.db", time_for_names()));
    }
    let begun = Instant::now();
    let request = BackUp { database: full(&database)?, file, force: args.force, key_file };
    loop {
        if let Sent::Done(answer) = local::send(config, Request::BackUp(request.clone()))? {
            return Ok(answer);
        }
        match backup::claim(&database) {
            Ok(_claim) => return Ok(Answer::BackedUp(admin::back_up(&request)?)),
            // A server that is starting holds it, and will listen in a moment; so does another command.
            Err(StoreError::Unavailable(_)) if begun.elapsed() < PATIENCE => thread::sleep(PATIENCE / 60),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Puts a backup in the place of the database.
pub(crate) fn restore(config: &Config, args: &RestoreArgs) -> Result<Restored, BackupCommandError> {
    let database = embedded(config)?;
    let key_file = config.master_key_file();
    let contents = backup::inspect(&args.file)?;
    let key_fits = admin::backup::fits(&key_file, &contents);
    if key_fits == Some(false) {
        return Err(BackupCommandError::OtherKey(key_file));
    }
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        crate::open::make_folder(folder.to_owned()).map_err(|error| BackupCommandError::File {
            path: folder.to_owned(),
            source: std::io::Error::other(error),
        })?;
    }
    if database.exists() && !args.force {
        return Err(BackupCommandError::InTheWay(database));
    }
    let there = database.exists();
    let claim = backup::claim(&database)?;
    let unfinished = admin::backup::beside(&database, "unfinished");
    drop(fs::remove_file(&unfinished));
    // A copy: the backup itself stays as it is, and what arrives is checked.
    backup::copy(&args.file, &unfinished)?;
    let former = set_aside(&database, there, &claim)?;
    admin::backup::put_in_place(&unfinished, &database)?;
    let (schema, counts) = (contents.schema, contents.counts);
    Ok(Restored { database, schema, counts, former, key_file, key_fits })
}

/// Keeps what is there under other names. The database's own name is never free, so that no server makes a new one
/// meanwhile; its log always goes, because SQLite would play it into whatever database it finds beside it.
fn set_aside(database: &Path, there: bool, claim: &Claim) -> Result<Option<PathBuf>, BackupCommandError> {
    let former = admin::backup::beside(database, &format!("former-{}", time_for_names()));
    if there {
        // A damaged database is a reason to restore, not one to refuse.
        drop(backup::settle(database, claim));
        fs::hard_link(database, &former)
            .or_else(|_| fs::copy(database, &former).map(drop))
            .map_err(|source| BackupCommandError::File { path: former.clone(), source })?;
    }
    let mut kept = there;
    for log in ["-wal", "-shm"] {
        let log_there = admin::backup::named(database, log);
        if log_there.exists() {
            admin::backup::put_in_place(&log_there, &admin::backup::named(&former, log))?;
            kept = true;
        }
    }
    Ok(kept.then_some(former))
}

fn embedded(config: &Config) -> Result<PathBuf, BackupCommandError> {
    match config.database() {
        Database::Sqlite { path } => Ok(path),
        Database::Postgres(_) => Err(BackupCommandError::NotEmbedded(POSTGRES)),
        Database::SqliteMemory => Err(BackupCommandError::NotEmbedded("a database in memory has no backup")),
    }
}

/// The server may have another working directory.
fn full(path: &Path) -> Result<PathBuf, BackupCommandError> {
    absolute(path).map_err(|source| BackupCommandError::File { path: path.to_owned(), source })
}

/// The time as file names bear it: `20261122T051500Z`.
fn time_for_names() -> String {
    let text = System::default().now().to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    let plain: String = seconds.chars().filter(|character| !matches!(character, '-' | ':')).collect();
    format!("{plain}Z")
}
