//! Backups, for people.

use crate::{admin::BackedUp, backup::Restored};

/// Says what is in a backup, and what is not.
pub(super) fn text(backup: &BackedUp) -> String {
    let BackedUp { file, bytes, schema, counts, key_file, key_fits } = backup;
    let counts: Vec<(&str, u64)> = counts.iter().map(|(table, count)| (table.as_str(), *count)).collect();
    let key = match key_fits {
        Some(true) => format!("The master key is not in it: keep a copy of {} elsewhere.", key_file.display()),
        Some(false) => format!("The key file {} does NOT open it: find the right one.", key_file.display()),
        None => format!("The master key is not in it, and {} was not found: find it.", key_file.display()),
    };
    format!(
        "{}: {bytes} bytes, checked, at migration {schema}\n{}\n{key}\nWithout the key, sealed values in it cannot be \
         read (bodies of the request log, secrets of connections); accounts and memberships can.",
        file.display(),
        counted(&counts)
    )
}

/// Says what was restored, and what to do next.
pub(super) fn restored(restored: &Restored) -> String {
    let Restored { database, schema, counts, former, key_file, key_fits } = restored;
    let mut text = format!("{}: restored and checked, at migration {schema}\n{}", database.display(), counted(counts));
    if let Some(former) = former {
        text.push_str(&format!("\nThe former database is kept: {}", former.display()));
    }
    if key_fits.is_none() {
        text.push_str(&format!("\nPut its key file at {} before the server starts.", key_file.display()));
    }
    text.push_str("\nWhat identity providers have sent since is not in it: start a full cycle there.");
    text
}

fn counted(counts: &[(&str, u64)]) -> String {
    let each = |(table, count): &(&str, u64)| {
        let many = table.replace('_', " ");
        // All tables are named in the plural, and all plurals are made with an s.
        let one = many.strip_suffix('s').unwrap_or(&many);
        format!("{count} {}", if *count == 1 { one } else { &many })
    };
    counts.iter().map(each).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_one() {
        let counts = [("organizations", 1), ("directory_users", 2), ("accounts", 0)];
        assert_eq!(counted(&counts), "1 organization, 2 directory users, 0 accounts");
    }
}
