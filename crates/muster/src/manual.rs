//! Completions for shells and manual pages, from the one definition of the command line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap_complete::Shell;
use clap_mangen::Man;

use crate::{cli, output, output::OutputError};

/// They cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManualError {
    /// The operating system refused.
    #[error("the folder `{path}` cannot be written", path = .path.display())]
    File {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The standard output.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Writes what a shell needs to complete commands.
pub(crate) fn completions(shell: Shell) -> Result<(), ManualError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut cli::definition(), "muster", &mut text);
    Ok(output::line(String::from_utf8_lossy(&text).trim_end())?)
}

/// Writes the page of `muster` itself to the standard output; with a folder, one page for each command into that.
pub(crate) fn pages(out: Option<&Path>) -> Result<(), ManualError> {
    let Some(folder) = out else {
        let text = page(cli::definition()).map_err(OutputError::from)?;
        return Ok(output::line(String::from_utf8_lossy(&text).trim_end())?);
    };
    let failed = |source| ManualError::File { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(cli::definition(), folder).map_err(failed)?;
    output::remark(&format!("read them with: man {}", folder.join("muster.1").display()));
    Ok(())
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(text)
}
