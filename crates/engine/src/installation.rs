//! The installation's identity and its data keys, made on the first start and checked on every later one.

use muster_crypto::{DataKey, MasterKey, SealError, Sealer};
use muster_store::{Conn, StoreError, Tx};

use crate::{EngineError, Env};

/// The number of the first data key.
const FIRST_KEY: u32 = 1;

/// Why an installation cannot be used with this master key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InstallationError {
    /// The database was set up with another key.
    #[error("the master key is not the one that this database was set up with: restore the right key file")]
    WrongKey,
    /// A data key does not open, or there is none.
    #[error("the data keys of this database cannot be used: {0}")]
    DataKeys(#[from] SealError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl muster_store::TxError for InstallationError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::WrongKey | Self::DataKeys(_) => None,
        }
    }
}

/// Whether the database belongs to an installation already: then its key file exists somewhere, and a new one would be
/// wrong.
///
/// # Errors
///
/// The store's.
pub fn exists(conn: &mut Conn<'_>) -> Result<bool, EngineError> {
    Ok(conn.installation()?.is_some())
}

/// Sets the installation up on the first start: its id, the check value of the master key, and a first data key. On
/// later starts checks the master key. Answers what seals and opens values at rest.
///
/// # Errors
///
/// [`InstallationError::WrongKey`] for another installation's master key; the store's.
pub fn set_up(tx: &mut Tx<'_>, env: &mut Env, master: &MasterKey) -> Result<Sealer, InstallationError> {
    let check_value = master.check_value();
    if tx.installation()?.is_none() {
        let id = env.new_id();
        if tx.insert_installation(id, &check_value, env.now())? {
            let key = DataKey::generate(FIRST_KEY).map_err(SealError::from)?;
            let wrapped = key.wrap(master)?;
            tx.insert_data_key(&muster_store::DataKey { id: FIRST_KEY, wrapped, retired: false }, env.now())?;
        }
    }
    // Read again also when it was made here: another node may have been first.
    let stored = tx.installation()?;
    if stored.is_none_or(|(_, stored)| stored != check_value) {
        return Err(InstallationError::WrongKey);
    }
    let keys = tx.data_keys()?;
    let keys = keys.iter().map(|key| DataKey::unwrap(key.id, &key.wrapped, master)).collect::<Result<Vec<_>, _>>()?;
    Ok(Sealer::new(&keys)?)
}
