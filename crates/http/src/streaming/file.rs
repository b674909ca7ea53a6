//! Lines at the end of a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::NotSent;
use crate::ActivityLine;

/// Appends a JSON object a line, and waits until the disk has them. Only the file's owner may read a new one: it is about
/// people.
pub(super) async fn append(path: PathBuf, lines: &[ActivityLine]) -> Result<(), NotSent> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&super::json(line)?);
        text.push('\n');
    }
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || write(&path, text.as_bytes())).await;
    let failed = |reason: &dyn std::fmt::Display| NotSent(format!("`{shown}` cannot be written to: {reason}"));
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if ends_within_a_line(&mut file)? {
        // Whoever wrote it was stopped; the whole line is sent again.
        file.write_all(b"\n")?;
    }
    file.write_all(text)?;
    file.sync_data()
}

fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    // What is no regular file, such as a pipe, has no end to look at.
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
