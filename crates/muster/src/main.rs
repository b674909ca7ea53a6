//! The `muster` binary: command line, configuration, logging, and putting the parts together.
//!
//! It owns what the other crates must not know: files, flags, the environment, signals, the clock. Rules are the
//! engine's, HTTP is `muster-http`'s, SQL is the store's. Start reading at [`main`]; a command is a function over a
//! store (`admin`), done here, by the server that holds the database (`local`), or over a server's API (`remote`).

mod admin;
mod backup;
mod cli;
mod config;
mod declaration;
mod demo;
mod doctor;
mod error;
mod local;
mod logging;
mod mail;
mod manual;
mod open;
mod output;
mod place;
mod progress;
mod recordings;
mod remote;
mod roster;
mod serve;
mod simulate;
mod surroundings;
mod toml_text;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use admin::{
    AdminError, Adopting, Answer, DomainAudit, HeldRequest, InvitedPeople, PlanRequest, Planned, Request,
    RequestsRequest, UserRequest,
};
use cli::{
    AdoptArgs, ApplyArgs, AuditCommand, Command, DomainCommand, HELD_SHOWN, HeldCommand, OrganizationCommand, PlanArgs,
    PlanCommand, ReplayArgs, RequestsCommand, UserCommand, Words,
};
use config::Config;
use error::CommandError;
use muster_engine::Surroundings as _;
use muster_store::Migrate;
use place::Place;

// Requests allocate on one thread and free on another: the system's allocator makes them wait for each other.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let words = Words::parse();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::remark(&format!("muster: {}", error::chain(&error)));
            error.exit_code()
        }
    }
}

fn run(words: &Words) -> Result<(), CommandError> {
    let cli = &words.cli;
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let variables = variables.collect();
    let config = Config::load(cli.config.as_deref(), &variables, |name| words.flag(name))?;
    let server = if cli.command.is_for_here() { None } else { words.server(&variables)? };
    let place = match server {
        Some(access) => Place::Server(Box::new(remote::Client::new(access).map_err(AdminError::from)?)),
        None => Place::Here(Box::new(config)),
    };
    let answer = match &cli.command {
        Command::Serve(args) => {
            let config = place.here("serving")?;
            logging::start(&config.log);
            let migrate = if args.no_migrate { Migrate::Refuse } else { Migrate::Run };
            return Ok(serve::serve(config, migrate)?);
        }
        Command::Demo(args) => {
            demo::refuse_settings(|name| words.flag(name))?;
            let config = place.here("a demonstration")?;
            logging::start(&config.log);
            return Ok(demo::demo(config, args.port, cli.json)?);
        }
        Command::Simulate(command) => return Ok(simulate::simulate(command, cli.json)?),
        Command::Doctor => return Ok(doctor::doctor(place.here("examining an installation")?, cli.json)?),
        Command::Backup(args) => backup::backup(place.here("a backup")?, args)?,
        Command::Restore(args) => {
            let restored = backup::restore(place.here("restoring a backup")?, args)?;
            return Ok(output::restored(&restored, cli.json)?);
        }
        Command::Apply(args) => apply(&place, args, cli.json)?,
        Command::Export => place.perform(Request::Export)?,
        Command::Token(command) => place.perform(command.request()?)?,
        Command::Explain(args) => {
            let (who, organization) = (args.who.clone(), args.organization.clone());
            place.perform(Request::Explain { who, organization })?
        }
        Command::Held(command) => held(&place, command, cli.json)?,
        Command::Requests(RequestsCommand::Export(args)) => return recordings::export(&place, args, cli.json),
        Command::Requests(RequestsCommand::Replay(args)) => replay(&place, args, cli.json)?,
        Command::Requests(RequestsCommand::List(args)) => place.perform(args.request())?,
        Command::Requests(RequestsCommand::Show { id }) => {
            place.perform(Request::Requests(RequestsRequest::Show { id: *id }))?
        }
        Command::Conflicts(args) => place.perform(args.request())?,
        Command::Plan(args) => place.perform(Request::Plan(plan_request(args)?))?,
        Command::Adopt(args) => adopt(&place, args, cli.json)?,
        Command::Drift(args) => place.perform(args.request())?,
        Command::User(command) => user(&place, command, cli.json)?,
        Command::Connection(command) => place.perform(command.request())?,
        Command::Audit(command) => audit(&place, command, cli.json)?,
        Command::Domain(command) => domain(&place, command, cli.json)?,
        Command::Session(command) => place.perform(command.request())?,
        Command::Webhook(command) => place.perform(command.request())?,
        Command::Org(OrganizationCommand::ExportMembers { organization, out }) => {
            return roster::export(organization, out.as_deref(), |request| place.perform(request));
        }
        Command::Org(OrganizationCommand::Invite(args)) => place.perform(roster::invite(args)?)?,
        Command::Org(command) => place.perform(command.request())?,
        Command::Team(command) => place.perform(command.request())?,
        Command::Completions { shell } => return Ok(manual::completions(*shell)?),
        Command::Man { out } => return Ok(manual::pages(out.as_deref())?),
    };
    Ok(output::show(&answer, cli.json)?)
}

/// The activity log. An export goes on page by page until it is through.
fn audit(place: &Place, command: &AuditCommand, json: bool) -> Result<Answer, CommandError> {
    let mut answer = place.perform(command.request(None))?;
    while let Answer::Activity(page) = &answer
        && command.is_export()
    {
        let Some(next) = page.next.clone() else { break };
        output::show(&answer, json)?;
        answer = place.perform(command.request(Some(next)))?;
    }
    Ok(answer)
}

/// A domain's errand. A list of people goes on page by page until it is through.
fn domain(place: &Place, command: &DomainCommand, json: bool) -> Result<Answer, CommandError> {
    let mut answer = place.perform(command.request(None))?;
    loop {
        let next = match &answer {
            Answer::DomainAudit(DomainAudit { next, .. }) | Answer::Invited(InvitedPeople { next, .. }) => next.clone(),
            _ => None,
        };
        let Some(next) = next else { break };
        output::show(&answer, json)?;
        answer = place.perform(command.request(Some(next)))?;
    }
    Ok(answer)
}

fn apply(place: &Place, args: &ApplyArgs, json: bool) -> Result<Answer, CommandError> {
    let declaration = Box::new(declaration::read(&args.file)?);
    check(&declaration)?;
    let request = |plan| Request::Apply { declaration: declaration.clone(), prune: args.prune, plan };
    if args.prune && !args.plan {
        let plan = place.perform_or_begin(request(true))?;
        confirm(&plan, args.yes, json)?;
    }
    place.perform_or_begin(request(args.plan))
}

/// What needs no database to be refused is refused before one is opened.
fn check(declaration: &declaration::Declaration) -> Result<(), CommandError> {
    let now = surroundings::System::default().now();
    declaration::to_engine(declaration, now.seconds()).map(drop).map_err(|wrong| AdminError::from(wrong).into())
}

/// What the guard holds. Before all of it is decided at once, it is shown, so that the number is known.
fn held(place: &Place, command: &HeldCommand, json: bool) -> Result<Answer, CommandError> {
    let request = |request| Request::Held { connection: command.connection().to_owned(), request };
    if let HeldRequest::Approve { ids, .. } | HeldRequest::Reject { ids } = command.request()
        && ids.is_empty()
        && !command.is_sure()
        && io::stdin().is_terminal()
    {
        let waiting = place.perform(request(HeldRequest::List { all: false, limit: HELD_SHOWN }))?;
        if matches!(&waiting, Answer::Held(held) if held.waiting == 0) {
            return Ok(waiting);
        }
        ask(&waiting, json)?;
    }
    place.perform(request(command.request()))
}

/// Shows what pruning would do, and asks where there is somebody to ask.
fn confirm(plan: &Answer, yes: bool, json: bool) -> Result<(), CommandError> {
    let Answer::Applied(applied) = plan else { return Ok(()) };
    if applied.changes.is_empty() || yes {
        return Ok(());
    }
    ask(plan, json)
}

/// Shows what would be done, and asks where there is somebody to ask.
fn ask(plan: &Answer, json: bool) -> Result<(), CommandError> {
    if !json {
        output::show(plan, false)?;
    }
    if !io::stdin().is_terminal() {
        return Ok(());
    }
    // A prompt that cannot be written is answered no, below.
    drop(write!(io::stderr(), "Do this? [y/N] ").and_then(|()| io::stderr().flush()));
    let mut reply = String::new();
    let read = io::stdin().read_line(&mut reply);
    if read.is_ok() && matches!(reply.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(CommandError::Declined) }
}

/// Recorded requests: tried, and with `--apply` shown and done.
fn replay(place: &Place, args: &ReplayArgs, json: bool) -> Result<Answer, CommandError> {
    if !args.apply {
        return place.perform(args.request(false)?);
    }
    if !args.yes {
        let tried = place.perform(args.request(false)?)?;
        ask(&tried, json)?;
    }
    place.perform(args.request(true)?)
}

/// People. Before one is erased, it is shown who that is.
fn user(place: &Place, command: &UserCommand, json: bool) -> Result<Answer, CommandError> {
    let (who, yes) = match command {
        UserCommand::Erasures { limit } => {
            return place.perform(Request::User(UserRequest::Erasures { limit: *limit }));
        }
        UserCommand::Factors { who, reset } => {
            let request = UserRequest::Factors { who: who.clone(), reset: *reset };
            return place.perform(Request::User(request));
        }
        UserCommand::List { search, after, limit } => {
            let request = UserRequest::List { search: search.clone(), after: after.clone(), limit: *limit };
            return place.perform(Request::User(request));
        }
        UserCommand::Show { who } => {
            return place.perform(Request::User(UserRequest::Show { who: who.clone() }));
        }
        UserCommand::Erase { who, yes } => (who, *yes),
    };
    let shown = place.perform(Request::User(UserRequest::Find { who: who.clone() }))?;
    if !yes {
        if !io::stdin().is_terminal() {
            let text = "there is nobody to ask, and an erasure cannot be undone: say `--yes`".to_owned();
            return Err(AdminError::Wrong(text).into());
        }
        ask(&shown, json)?;
    }
    let Answer::Person(person) = shown else { return Ok(shown) };
    place.perform(Request::User(UserRequest::Erase { account: person.account }))
}

fn plan_request(args: &PlanArgs) -> Result<PlanRequest, CommandError> {
    Ok(match (&args.command, &args.file) {
        (Some(PlanCommand::List), _) => PlanRequest::List,
        (Some(PlanCommand::Show { id, from }), _) => PlanRequest::Show { id: *id, from: *from },
        (Some(PlanCommand::Apply { id }), _) => PlanRequest::Apply { id: *id },
        (Some(PlanCommand::Discard { id }), _) => PlanRequest::Discard { id: *id },
        (None, Some(file)) => {
            let declaration = Box::new(declaration::read(file)?);
            check(&declaration)?;
            PlanRequest::Make { declaration, prune: args.prune }
        }
        (None, None) => PlanRequest::List,
    })
}

/// A plan, and with it or after a question the adoption itself.
fn adopt(place: &Place, args: &AdoptArgs, json: bool) -> Result<Answer, CommandError> {
    let answer = place.perform(Request::Adopt(args.request()))?;
    let Answer::Adopting(Adopting::Planned(Planned::Plan(plan))) = &answer else { return Ok(answer) };
    let id = plan.line.id;
    if args.plan || (!args.yes && !io::stdin().is_terminal()) {
        return Ok(answer);
    }
    if !args.yes {
        ask(&answer, json)?;
    }
    place.perform(Request::Plan(PlanRequest::Apply { id }))
}
