//! `muster org export-members` and `muster org invite`: what takes files.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use muster_engine::invitations::Person;
use muster_http::invitees::{self, ListError};

use crate::{
    admin::{AdminError, Answer, Invitee, OrganizationRequest, Request},
    cli::InviteArgs,
    error::CommandError,
    output,
};

/// A file cannot be read or written, or holds no list of people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RosterError {
    /// The operating system refused.
    #[error("`{path}` cannot be used", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds no list of people.
    #[error("`{path}`", path = .path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ListError,
    },
}

/// Writes all members as CSV, page after page.
pub(crate) fn export(
    organization: &str,
    out: Option<&Path>,
    mut perform: impl FnMut(Request) -> Result<Answer, CommandError>,
) -> Result<(), CommandError> {
    let name = out.unwrap_or(Path::new("-"));
    let failed = |source| CommandError::from(RosterError::File { path: name.to_owned(), source });
    let mut file: Box<dyn Write> = match out {
        Some(path) => Box::new(fs::File::create(path).map_err(failed)?),
        None => Box::new(io::stdout().lock()),
    };
    let is_shown = out.is_some() && io::stderr().is_terminal();
    let (mut after, mut people) = (None, 0);
    loop {
        let request = OrganizationRequest::Export { organization: organization.to_owned(), after };
        let Answer::MembersExported(page) = perform(Request::Organization(request))? else { return Ok(()) };
        match file.write_all(page.csv.as_bytes()) {
            // Whoever closed it has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(failed)?,
        }
        people += page.people;
        if is_shown {
            output::remark(&format!("{people} people"));
        }
        after = page.next;
        if after.is_none() {
            return file.flush().map_err(failed);
        }
    }
}

/// What inviting these people asks for.
pub(crate) fn invite(args: &InviteArgs) -> Result<Request, CommandError> {
    let everybody = Person { to: String::new(), role: args.role, team: args.team.clone() };
    let people = match &args.csv {
        Some(path) => {
            let bytes = read(path).map_err(|source| RosterError::File { path: path.clone(), source })?;
            let rows =
                invitees::csv(&bytes, &everybody).map_err(|source| RosterError::List { path: path.clone(), source })?;
            rows.into_iter().map(row).collect()
        }
        None => {
            let named = args.who.iter().map(|to| Person { to: to.clone(), ..everybody.clone() });
            named.map(|person| invitee(person, None, None)).collect()
        }
    };
    let (organization, dry_run) = (args.organization.clone(), args.dry_run);
    Ok(Request::Organization(OrganizationRequest::Invite { organization, people, dry_run }))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    // One byte more than is taken, so that what is too large is told.
    let most = u64::try_from(invitees::BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn row(row: invitees::Row) -> Invitee {
    match row.person {
        Ok(person) => invitee(person, Some(row.line), None),
        Err((to, wrong)) => {
            let person = Person { to, role: muster_model::Role::Member, team: None };
            invitee(person, Some(row.line), Some(wrong))
        }
    }
}

fn invitee(person: Person, line: Option<u64>, wrong: Option<String>) -> Invitee {
    let Person { to, role, team } = person;
    Invitee { to, role, team, line, wrong }
}

impl From<RosterError> for CommandError {
    fn from(error: RosterError) -> Self {
        match error {
            // What a file says is a usage error, as with `apply`.
            RosterError::List { .. } => AdminError::Wrong(crate::error::chain(&error)).into(),
            RosterError::File { .. } => Self::Roster(error),
        }
    }
}
