//! The master key: 32 bytes in a file that only its owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::hmac;

use crate::{NoRandomness, random};

const LENGTH: usize = 32;

/// Wraps the data keys. It is never in the database nor in a backup of it.
#[derive(Clone)]
pub struct MasterKey([u8; LENGTH]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others can read it.
    #[error("key file {path} can be read by others (mode {mode:03o}): run `chmod 600 {path}`", path = .path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not 32 bytes.
    #[error("key file {path} holds {length} bytes, not {LENGTH}: restore the right file", path = .path.display())]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Its length.
        length: usize,
    },
    /// It cannot be read or made.
    #[error("key file {path} cannot be used", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl MasterKey {
    /// A new random key that is in no file.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut key = [0; LENGTH];
        random(&mut key)?;
        Ok(Self(key))
    }

    /// Reads the key file; makes it, with mode 0600, when it is missing and `may_create`.
    ///
    /// # Errors
    ///
    /// Any [`KeyFileError`].
    pub fn open(path: &Path, may_create: bool) -> Result<Self, KeyFileError> {
        let io_error = |source| KeyFileError::Io { path: path.to_owned(), source };
        match fs::File::open(path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
                let key = Self::generate()?;
                let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                match created {
                    Ok(mut file) => {
                        file.write_all(&key.0).and_then(|()| file.sync_all()).map_err(io_error)?;
                        Ok(key)
                    }
                    // Another process was first.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        Self::read(fs::File::open(path).map_err(io_error)?, path)
                    }
                    Err(error) => Err(io_error(error)),
                }
            }
            Err(error) => Err(io_error(error)),
        }
    }

    fn read(file: fs::File, path: &Path) -> Result<Self, KeyFileError> {
        let io_error = |source| KeyFileError::Io { path: path.to_owned(), source };
        let mode = file.metadata().map_err(io_error)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
        }
        let mut bytes = Vec::new();
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(io_error)?;
        let length = bytes.len();
        let key = bytes.try_into().map_err(|_| KeyFileError::WrongLength { path: path.to_owned(), length })?;
        Ok(Self(key))
    }

    /// A value by which the right key is told from a wrong one, and from which the key cannot be computed.
    #[must_use]
    pub fn check_value(&self) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hmac::sign(&key, b"muster key check").as_ref().to_vec()
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("muster-key-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = folder("made");
        let path = folder.join("master.key");
        assert!(matches!(MasterKey::open(&path, false), Err(KeyFileError::Io { .. })));
        let key = MasterKey::open(&path, true).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(MasterKey::open(&path, true).unwrap().check_value(), key.check_value());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_or_of_another_length_is_refused() {
        let folder = folder("refused");
        let path = folder.join("master.key");
        MasterKey::open(&path, true).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = MasterKey::open(&path, true).err().unwrap();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        assert!(matches!(MasterKey::open(&path, true), Err(KeyFileError::WrongLength { length: 5, .. })));
        fs::remove_dir_all(folder).unwrap();
    }
}
