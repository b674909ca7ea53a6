//! Programs that run on Node.js.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Failure, debian,
    process::{output, root, run},
};

/// A folder of ours with its pinned modules beside it, installed when they changed: a copy below `target`.
pub(crate) fn install(folder: &str) -> Result<PathBuf, Failure> {
    debian::require("npm", &["nodejs", "npm"])?;
    let (from, to) = (root().join(folder), root().join("target").join(folder));
    fs::create_dir_all(&to)?;
    let lock = "package-lock.json";
    let is_new = read(&from.join(lock)) != read(&to.join(lock)) || !to.join("node_modules").is_dir();
    for file in fs::read_dir(&from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    if is_new {
        let mut npm = Command::new("npm");
        let installed = run(npm.current_dir(&to).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]));
        if let Err(failure) = installed {
            // Half of it is no better than nothing.
            drop(output(Command::new("rm").arg("-rf").arg(to.join("node_modules"))));
            return Err(failure);
        }
    }
    Ok(to)
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}
