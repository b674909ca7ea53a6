//! `muster requests export`: a piece of the request log as a recording that can be played to any SCIM server.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use muster_simulator::recording::{self, Head, PersonalData, Recorded, RecordingError, pseudonyms};
use serde::Serialize;

use crate::{
    admin::{Answer, ExportPage, ExportRequest, Request, RequestsRequest},
    cli::ExportArgs,
    error::CommandError,
    output,
    place::Place,
};

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// Nothing came in that time.
    #[error("no request of connection `{0}` is on the log for this time: `muster requests list` shows what is")]
    Nothing(String),
    /// A file is in the way.
    #[error("{path} exists: name another file, or add `--force`", path = .0.display())]
    InTheWay(PathBuf),
    /// The file.
    #[error("{path} cannot be written", path = .path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written<'w> {
    file: &'w Path,
    #[serde(flatten)]
    head: &'w Head,
    /// How many of the requests cannot be played, because the log keeps no bodies of what changed nothing.
    without_body: usize,
}

/// Puts the pages of the log together and writes them.
pub(crate) fn export(place: &Place, args: &ExportArgs, json: bool) -> Result<(), CommandError> {
    // What is in the way is told before the log is read.
    if !args.force && !is_standard_output(&args.file) && args.file.exists() {
        return Err(ExportError::InTheWay(args.file.clone()).into());
    }
    let (from, mut requests) = collect(place, args)?;
    if requests.is_empty() {
        return Err(ExportError::Nothing(args.connection.clone()).into());
    }
    let (personal_data, changed, domains) = if args.with_personal_data {
        (PersonalData::Kept, vec!["nothing; passwords were never recorded".to_owned()], Vec::new())
    } else {
        let domains = pseudonyms::apply(&mut requests);
        (PersonalData::Pseudonyms, pseudonyms::CHANGED.map(str::to_owned).to_vec(), domains)
    };
    let head = Head {
        version: recording::VERSION,
        connection: Some(args.connection.clone()),
        from,
        requests: requests.len(),
        personal_data,
        changed,
        domains,
    };
    write(args, &head, &requests)?;
    let without_body = requests.iter().filter(|request| request.missing.is_some()).count();
    let written = Written { file: &args.file, head: &head, without_body };
    if is_standard_output(&args.file) {
        return Ok(());
    }
    if json {
        output::json(&written)?;
    } else {
        output::line(&text(&written))?;
    }
    Ok(())
}

/// All requests of the range, in the order in which they came, and when the first one did.
fn collect(place: &Place, args: &ExportArgs) -> Result<(Option<String>, Vec<Recorded>), CommandError> {
    let mut request = ExportRequest {
        connection: args.connection.clone(),
        since: args.since.clone(),
        until: args.until.clone(),
        before: None,
    };
    let mut found = Vec::new();
    loop {
        let answer = place.perform(Request::Requests(RequestsRequest::Export(request.clone())))?;
        let Answer::ExportPage(ExportPage { requests, since, next }) = answer else { break };
        found.extend(requests);
        let Some(next) = next else { break };
        request.since = since;
        request.before = Some(next);
    }
    found.reverse();
    let begin = found.first().map(|(at, _)| *at);
    let after = |at: muster_model::Timestamp| {
        let micros = begin.map_or(0, |begin| at.0.saturating_sub(begin.0));
        u64::try_from(micros / 1_000).unwrap_or(0)
    };
    let requests = found.into_iter().map(|(at, recorded)| Recorded { after_ms: after(at), ..recorded }).collect();
    Ok((begin.map(|begin| begin.to_string()), requests))
}

fn write(args: &ExportArgs, head: &Head, requests: &[Recorded]) -> Result<(), CommandError> {
    if is_standard_output(&args.file) {
        return Ok(
            recording::write(&mut BufWriter::new(io::stdout().lock()), head, requests).map_err(ExportError::from)?
        );
    }
    let failed = |source| ExportError::File { path: args.file.clone(), source };
    // For its owner alone: even pseudonyms tell how many people joined and left.
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    let options = if args.force { options.create(true).truncate(true) } else { options.create_new(true) };
    let file = options.open(&args.file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::InTheWay(args.file.clone()),
        _ => failed(error),
    })?;
    let mut file = BufWriter::new(file);
    recording::write(&mut file, head, requests).map_err(ExportError::from)?;
    Ok(file.flush().map_err(failed)?)
}

fn is_standard_output(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn text(written: &Written<'_>) -> String {
    let Written { file, head, without_body } = written;
    let file = file.display();
    let mut lines = vec![format!("{} requests written to {file}", head.requests)];
    match head.personal_data {
        PersonalData::Kept => {
            lines.push("It says who people are: keep it as you keep the directory itself.".to_owned());
        }
        PersonalData::Pseudonyms => {
            lines.push(
                "People are pseudonyms; its first line says what was changed. Look through it before you pass it on."
                    .to_owned(),
            );
            lines.extend(head.domains.first().map(|_| format!("Its addresses are of {}.", head.domains.join(", "))));
        }
    }
    if *without_body > 0 {
        lines.push(format!("{without_body} of them cannot be played: the log keeps no body of what changed nothing."));
    }
    lines.push(format!("Play it: muster simulate scim --recording {file} --target URL --token TOKEN"));
    lines.join("\n")
}
