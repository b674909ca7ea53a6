//! Opening the database and its keys as the configuration says.

use std::{fs, io, os::unix::fs::DirBuilderExt, path::PathBuf, sync::Arc};

use muster_crypto::{KeyFileError, MasterKey, Sealer};
use muster_engine::{Env, Origin, Surroundings, installation};
use muster_store::{Database, Migrate, Options, Store, StoreError, TxError};

use crate::{config::Config, surroundings::System};

/// Why the database or its keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The data folder.
    #[error("the data folder {path} cannot be made", path = .path.display())]
    DataFolder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The embedded database is not there, and the command is none that begins one.
    #[error(
        "there is no database at {path}: name its folder with `--data-dir`, or its file with `--database`; `muster apply` and \
         `muster serve` make a new one", path = .0.display()
    )]
    NoDatabase(PathBuf),
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key file is missing, and a new one would open nothing.
    #[error(
        "key file {path} is missing, and this database was set up with one: restore it, or name it with \
         `keys.master_key_file`", path = .0.display()
    )]
    KeyFileMissing(PathBuf),
    /// The key does not fit.
    #[error("key file {path} does not fit this database", path = .path.display())]
    WrongKey {
        path: PathBuf,
        #[source]
        source: installation::InstallationError,
    },
}

impl OpenError {
    /// Whether the database may be there for us in a moment.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unavailable(_)))
    }
}

/// Refuses where the embedded database is not there yet: an empty one that a mistyped folder gets would only say that it
/// knows nobody.
pub(crate) fn require_database(config: &Config) -> Result<(), OpenError> {
    match config.database() {
        Database::Sqlite { path } if !path.exists() => Err(OpenError::NoDatabase(path)),
        Database::Sqlite { .. } | Database::SqliteMemory | Database::Postgres(_) => Ok(()),
    }
}

/// Opens the database.
pub(crate) fn store(config: &Config, migrate: Migrate) -> Result<Store, OpenError> {
    let database = config.database();
    if let Database::Sqlite { path } = &database {
        data_folder(config)?;
        // The database may lie elsewhere than the keys.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder.to_owned())?;
        }
    }
    Ok(Store::open(&Options { migrate, ..Options::new(database) })?)
}

/// Checks the master key, and sets a new installation up.
pub(crate) fn sealer(
    config: &Config,
    store: &Store,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<Sealer, OpenError> {
    let path = config.master_key_file();
    let exists = store.read_blocking(installation::exists).map_err(engine_error)?;
    if exists && !path.exists() {
        return Err(OpenError::KeyFileMissing(path));
    }
    data_folder(config)?;
    let master = MasterKey::open(&path, !exists)?;
    let surroundings = Arc::clone(surroundings);
    let result = store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::OPERATOR);
        installation::set_up(tx, &mut env, &master)
    });
    result.map_err(|source| match source {
        installation::InstallationError::Store(error) => OpenError::Store(error),
        source => OpenError::WrongKey { path, source },
    })
}

/// The clock and randomness, and where the installation's keys are at hand, the key under which values are compared that
/// must not be kept. A new installation has no such values, and gets no keys here.
pub(crate) fn surroundings(config: &Config, store: &Store) -> System {
    let exists = store.read_blocking(installation::exists).unwrap_or(false);
    let sealer = exists.then(|| sealer(config, store, &(Arc::new(System::default()) as _)));
    sealer.and_then(Result::ok).map_or_else(System::default, |sealer| System::with_keys(&sealer))
}

fn engine_error(error: muster_engine::EngineError) -> OpenError {
    match error.store_error() {
        Some(error) => OpenError::Store(error.clone()),
        None => OpenError::Store(StoreError::other(error)),
    }
}

fn data_folder(config: &Config) -> Result<(), OpenError> {
    make_folder(config.server.data_dir.clone())
}

/// A folder for its owner alone; one that is there stays as it is.
pub(crate) fn make_folder(path: PathBuf) -> Result<(), OpenError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
    made.map_err(|source| OpenError::DataFolder { path, source })
}
