//! The files of an installation: who may read them, whether they fit together, whether there is room.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use muster_crypto::{KeyFileError, MasterKey};
use muster_store::backup;

use crate::{admin::Check, error};

/// Less room than this is warned of, in MiB.
const LITTLE: u64 = 1_024;
/// Less room than this is a problem, in MiB.
const TOO_LITTLE: u64 = 128;

/// The data folder: only its owner may look into it.
pub(super) fn folder(path: &Path) -> Check {
    const NAME: &str = "data folder";
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => {
            Check::problem(NAME, format!("{shown}: {error}"), "start `muster serve` once, or name it with --data-dir")
        }
        Ok(found) => match found.permissions().mode() & 0o777 {
            mode if mode & 0o077 != 0 => {
                Check::warning(NAME, format!("{shown} has mode {mode:03o}"), format!("chmod 700 {shown}"))
            }
            _ => Check::ok(NAME, shown.to_string()),
        },
    }
}

/// The master key: there, of the right length, and nobody else can read it.
pub(super) fn key(path: &Path) -> (Check, Option<MasterKey>) {
    const NAME: &str = "master key";
    match MasterKey::open(path, false) {
        Ok(key) => (Check::ok(NAME, path.display().to_string()), Some(key)),
        Err(refused) => {
            let advice = match &refused {
                KeyFileError::TooOpen { .. } => format!("chmod 600 {}", path.display()),
                _ => "restore the key file from where it is kept apart, or start `muster serve` once on a new database"
                    .to_owned(),
            };
            (Check::problem(NAME, error::chain(&refused), advice), None)
        }
    }
}

/// The embedded database's file: whole, ours, opened by the key, and closed to others.
pub(super) fn database(path: &Path, key: Option<&MasterKey>) -> Vec<Check> {
    const NAME: &str = "database file";
    let shown = path.display();
    let mode = match fs::metadata(path) {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) => {
            return vec![Check::problem(
                NAME,
                format!("{shown}: {error}"),
                "start `muster serve`, or name it with --database",
            )];
        }
    };
    let mut checks = Vec::new();
    if mode & 0o077 != 0 {
        checks.push(Check::warning(NAME, format!("{shown} has mode {mode:03o}"), format!("chmod 600 {shown}")));
    }
    match backup::quick_check(path) {
        Err(refused) => checks.push(Check::problem(
            NAME,
            error::chain(&refused),
            "see whether another version made it, or restore a backup",
        )),
        Ok(quick) => {
            checks.push(match &quick.damage {
                Some(what) => Check::problem(
                    NAME,
                    format!("{shown} is damaged: {what}"),
                    "stop the server and restore a backup: muster restore FILE --force",
                ),
                None => Check::ok(NAME, format!("{shown}: whole, at migration {}", quick.schema)),
            });
            if quick.schema < quick.program {
                let found = format!("at migration {}, this program needs {}", quick.schema, quick.program);
                checks.push(Check::warning("schema", found, "back it up; `muster serve` then migrates it"));
            }
            checks.push(match (key, &quick.key_check) {
                (_, None) => Check::skipped("key and database", "the database was not set up yet"),
                (None, Some(_)) => Check::problem("key and database", "there is no key to try", "see `master key`"),
                (Some(key), Some(check)) if *check == key.check_value() => Check::ok("key and database", "they fit"),
                (Some(_), Some(_)) => {
                    Check::problem("key and database", "the key is not this database's", "restore the right key file")
                }
            });
        }
    }
    checks
}

/// The room on the disk.
pub(super) fn room(path: &Path) -> Check {
    const NAME: &str = "disk";
    let free = match rustix::fs::statvfs(path) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize) / 1_048_576,
        Err(error) => return Check::skipped(NAME, format!("{}: {error}", path.display())),
    };
    let found = format!("{free} MiB are free at {}", path.display());
    match free {
        0..TOO_LITTLE => Check::problem(NAME, found, "free some: without room nothing can be stored"),
        TOO_LITTLE..LITTLE => Check::warning(NAME, found, "free some soon"),
        LITTLE.. => Check::ok(NAME, found),
    }
}
