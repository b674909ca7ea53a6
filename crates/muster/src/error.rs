//! How a command fails.

use std::{error::Error, process::ExitCode};

use crate::{
    admin::AdminError, backup::BackupCommandError, config::ConfigError, declaration::ReadError, demo::DemoError,
    doctor::DoctorError, manual::ManualError, open::OpenError, output::OutputError, recordings::ExportError,
    remote::AccessError, roster::RosterError, serve::ServeError, simulate::SimulateError,
};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server, or what opens it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file to apply.
    #[error(transparent)]
    File(#[from] ReadError),
    /// The database or its keys.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The administration.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The demonstration.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The doctor.
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupCommandError),
    /// A recording.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The simulation.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// A list of people.
    #[error(transparent)]
    Roster(RosterError),
    /// Completions or manual pages.
    #[error(transparent)]
    Manual(#[from] ManualError),
    /// The output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The operator said no.
    #[error("nothing was changed")]
    Declined,
}

impl CommandError {
    /// 2 for what was asked wrongly, 1 for what could not be done.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Admin(error) if error.is_usage() => ExitCode::from(2),
            Self::Config(_)
            | Self::Access(_)
            | Self::File(_)
            | Self::Demo(DemoError::Setting(..))
            | Self::Simulate(
                SimulateError::Target(_)
                | SimulateError::Recording(_)
                | SimulateError::File { .. }
                | SimulateError::Metadata { .. }
                | SimulateError::Remote(_)
                | SimulateError::NoApplication,
            ) => ExitCode::from(2),
            Self::Simulate(_)
            | Self::Backup(_)
            | Self::Export(_)
            | Self::Doctor(_)
            | Self::Open(_)
            | Self::Admin(_)
            | Self::Serve(_)
            | Self::Demo(_)
            | Self::Roster(_)
            | Self::Manual(_)
            | Self::Output(_)
            | Self::Declined => ExitCode::FAILURE,
        }
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Transparent errors repeat their source's words.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
