//! A folder that is gone when the demonstration is.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// A temporary folder for its owner alone.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one, whose name nobody can foresee.
    pub(super) fn new() -> io::Result<Self> {
        let mut name = [0; 8];
        muster_crypto::random(&mut name).map_err(io::Error::other)?;
        let path = std::env::temp_dir().join(format!("muster-demo-{:016x}", u64::from_le_bytes(name)));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the temporary folder is left behind");
        }
    }
}
