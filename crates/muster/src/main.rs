//! The `muster` binary: command line, configuration, logging, and putting the parts together.
//!
//! It owns what the other crates must not know: files, flags, the environment, signals, the clock. Rules are the
//! engine's, HTTP is `muster-http`'s, SQL is the store's. Start reading at [`main`]; a command is a function over a
//! store (`admin`), done here or by the server that holds the database (`local`).

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
mod recordings;
mod roster;
mod serve;
mod simulate;
mod surroundings;
mod toml_text;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use admin::{
    AdminError, Adopting, Answer, Application, HeldRequest, Installation, PlanRequest, Planned, Request,
    RequestsRequest, TokenRequest, UserRequest,
};
use cli::{
    AdoptArgs, ApplyArgs, AuditCommand, Command, DomainCommand, HELD_SHOWN, HeldCommand, OrganizationCommand, PlanArgs,
    PlanCommand, ReplayArgs, RequestsCommand, TokenCommand, UserCommand, Words,
};
use config::Config;
use error::CommandError;
use local::Sent;
use muster_store::Migrate;

// Requests allocate on one thread and free on another: the system's allocator makes them wait for each other.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How long a command waits for a database that somebody else holds.
const PATIENCE: Duration = Duration::from_secs(3);

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
    let config = Config::load(cli.config.as_deref(), &variables.collect(), |name| words.flag(name))?;
    let answer = match &cli.command {
        Command::Serve(args) => {
            logging::start(&config.log);
            let migrate = if args.no_migrate { Migrate::Refuse } else { Migrate::Run };
            return Ok(serve::serve(&config, migrate)?);
        }
        Command::Demo(args) => {
            demo::refuse_settings(|name| words.flag(name))?;
            logging::start(&config.log);
            return Ok(demo::demo(&config, args.port, cli.json)?);
        }
        Command::Simulate(command) => return Ok(simulate::simulate(command, cli.json)?),
        Command::Doctor => return Ok(doctor::doctor(&config, cli.json)?),
        Command::Backup(args) => backup::backup(&config, args)?,
        Command::Restore(args) => {
            let restored = backup::restore(&config, args)?;
            return Ok(output::restored(&restored, cli.json)?);
        }
        Command::Apply(args) => apply(&config, args, cli.json)?,
        Command::Export => perform(&config, Request::Export)?,
        Command::Token(command) => perform(&config, token_request(command))?,
        Command::Explain(args) => perform(&config, Request::Explain { email: args.email.clone() })?,
        Command::Held(command) => held(&config, command, cli.json)?,
        Command::Requests(RequestsCommand::Export(args)) => return recordings::export(&config, args, cli.json),
        Command::Requests(RequestsCommand::Replay(args)) => replay(&config, args, cli.json)?,
        Command::Requests(RequestsCommand::List(args)) => perform(&config, args.request())?,
        Command::Requests(RequestsCommand::Show { id }) => {
            perform(&config, Request::Requests(RequestsRequest::Show { id: *id }))?
        }
        Command::Conflicts(args) => perform(&config, args.request())?,
        Command::Plan(args) => perform(&config, Request::Plan(plan_request(args)?))?,
        Command::Adopt(args) => adopt(&config, args, cli.json)?,
        Command::Drift(args) => perform(&config, args.request())?,
        Command::User(command) => user(&config, command, cli.json)?,
        Command::Connection(command) => perform(&config, command.request())?,
        Command::Audit(command) => audit(&config, command, cli.json)?,
        Command::Domain(command) => domain(&config, command, cli.json)?,
        Command::Session(command) => perform(&config, command.request())?,
        Command::Org(OrganizationCommand::ExportMembers { organization, out }) => {
            return roster::export(organization, out.as_deref(), |request| perform(&config, request));
        }
        Command::Org(OrganizationCommand::Invite(args)) => perform(&config, roster::invite(args)?)?,
        Command::Org(command) => perform(&config, command.request())?,
        Command::Team(command) => perform(&config, command.request())?,
        Command::Completions { shell } => return Ok(manual::completions(*shell)?),
        Command::Man { out } => return Ok(manual::pages(out.as_deref())?),
    };
    Ok(output::show(&answer, cli.json)?)
}

/// The activity log. An export goes on page by page until it is through.
fn audit(config: &Config, command: &AuditCommand, json: bool) -> Result<Answer, CommandError> {
    let mut answer = perform(config, command.request(None))?;
    while let Answer::Activity(page) = &answer
        && command.is_export()
    {
        let Some(next) = page.next.clone() else { break };
        output::show(&answer, json)?;
        answer = perform(config, command.request(Some(next)))?;
    }
    Ok(answer)
}

/// A domain's errand. A list of people goes on page by page until it is through.
fn domain(config: &Config, command: &DomainCommand, json: bool) -> Result<Answer, CommandError> {
    let mut answer = perform(config, command.request(None))?;
    while let Answer::DomainAudit(page) = &answer {
        let Some(next) = page.next.clone() else { break };
        output::show(&answer, json)?;
        answer = perform(config, command.request(Some(next)))?;
    }
    Ok(answer)
}

/// Asks or changes what is there: as [`perform_or_begin`], but without a database there is nothing to do it on.
fn perform(config: &Config, request: Request) -> Result<Answer, CommandError> {
    open::require_database(config)?;
    perform_or_begin(config, request)
}

/// Does it, or has the server that holds the database do it; a database that is not there yet is made.
fn perform_or_begin(config: &Config, mut request: Request) -> Result<Answer, CommandError> {
    let begun = Instant::now();
    let store = loop {
        request = match local::send(config, request)? {
            Sent::Done(answer) => return Ok(answer),
            Sent::Here(request) => request,
        };
        match open::store(config, Migrate::Run) {
            Ok(store) => break store,
            // A server that is starting holds the database, and will listen in a moment; so does another command.
            Err(error) if error.is_unavailable() && local::may_be_held(config) && begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(error.into()),
        }
    };
    let installation = Installation {
        store: store.clone(),
        surroundings: Arc::new(open::surroundings(config, &store)),
        base_url: config.base_url(config.server.listen),
        application: Application::Closed(Arc::new(config.clone())),
    };
    let answer = admin::run(&installation, request);
    drop(installation);
    store.close_blocking();
    Ok(answer?)
}

fn apply(config: &Config, args: &ApplyArgs, json: bool) -> Result<Answer, CommandError> {
    let declaration = Box::new(declaration::read(&args.file)?);
    // What needs no database to be refused is refused before one is opened.
    declaration::to_engine(&declaration)?;
    let request = |plan| Request::Apply { declaration: declaration.clone(), prune: args.prune, plan };
    if args.prune && !args.plan {
        let plan = perform_or_begin(config, request(true))?;
        confirm(&plan, args.yes, json)?;
    }
    perform_or_begin(config, request(args.plan))
}

/// What the guard holds. Before all of it is decided at once, it is shown, so that the number is known.
fn held(config: &Config, command: &HeldCommand, json: bool) -> Result<Answer, CommandError> {
    let request = |request| Request::Held { connection: command.connection().to_owned(), request };
    if let HeldRequest::Approve { ids, .. } | HeldRequest::Reject { ids } = command.request()
        && ids.is_empty()
        && !command.is_sure()
        && io::stdin().is_terminal()
    {
        let waiting = perform(config, request(HeldRequest::List { all: false, limit: HELD_SHOWN }))?;
        if matches!(&waiting, Answer::Held(held) if held.waiting == 0) {
            return Ok(waiting);
        }
        ask(&waiting, json)?;
    }
    perform(config, request(command.request()))
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
fn replay(config: &Config, args: &ReplayArgs, json: bool) -> Result<Answer, CommandError> {
    if !args.apply {
        return perform(config, args.request(false)?);
    }
    if !args.yes {
        let tried = perform(config, args.request(false)?)?;
        ask(&tried, json)?;
    }
    perform(config, args.request(true)?)
}

/// People. Before one is erased, it is shown who that is.
fn user(config: &Config, command: &UserCommand, json: bool) -> Result<Answer, CommandError> {
    let (who, yes) = match command {
        UserCommand::Erasures { limit } => {
            return perform(config, Request::User(UserRequest::Erasures { limit: *limit }));
        }
        UserCommand::Factors { who, reset } => {
            let request = UserRequest::Factors { who: who.clone(), reset: *reset };
            return perform(config, Request::User(request));
        }
        UserCommand::List { after, limit } => {
            let request = UserRequest::List { after: after.clone(), limit: *limit };
            return perform(config, Request::User(request));
        }
        UserCommand::Show { who } => {
            return perform(config, Request::User(UserRequest::Show { who: who.clone() }));
        }
        UserCommand::Erase { who, yes } => (who, *yes),
    };
    let shown = perform(config, Request::User(UserRequest::Find { who: who.clone() }))?;
    if !yes {
        if !io::stdin().is_terminal() {
            let text = "there is nobody to ask, and an erasure cannot be undone: say `--yes`".to_owned();
            return Err(AdminError::Wrong(text).into());
        }
        ask(&shown, json)?;
    }
    let Answer::Person(person) = shown else { return Ok(shown) };
    perform(config, Request::User(UserRequest::Erase { account: person.account }))
}

fn plan_request(args: &PlanArgs) -> Result<PlanRequest, CommandError> {
    Ok(match (&args.command, &args.file) {
        (Some(PlanCommand::List), _) => PlanRequest::List,
        (Some(PlanCommand::Show { id, from }), _) => PlanRequest::Show { id: *id, from: *from },
        (Some(PlanCommand::Apply { id }), _) => PlanRequest::Apply { id: *id },
        (Some(PlanCommand::Discard { id }), _) => PlanRequest::Discard { id: *id },
        (None, Some(file)) => {
            let declaration = Box::new(declaration::read(file)?);
            declaration::to_engine(&declaration)?;
            PlanRequest::Make { declaration, prune: args.prune }
        }
        (None, None) => PlanRequest::List,
    })
}

/// A plan, and with it or after a question the adoption itself.
fn adopt(config: &Config, args: &AdoptArgs, json: bool) -> Result<Answer, CommandError> {
    let answer = perform(config, Request::Adopt(args.request()))?;
    let Answer::Adopting(Adopting::Planned(Planned::Plan(plan))) = &answer else { return Ok(answer) };
    let id = plan.line.id;
    if args.plan || (!args.yes && !io::stdin().is_terminal()) {
        return Ok(answer);
    }
    if !args.yes {
        ask(&answer, json)?;
    }
    perform(config, Request::Plan(PlanRequest::Apply { id }))
}

fn token_request(command: &TokenCommand) -> Request {
    let (connection, request) = match command {
        TokenCommand::Create { connection, label, days } => {
            (connection, TokenRequest::Create { label: label.clone(), days: *days })
        }
        TokenCommand::List { connection } => (connection, TokenRequest::List),
        TokenCommand::Rotate { connection, overlap } => (connection, TokenRequest::Rotate { overlap: *overlap }),
        TokenCommand::Revoke { connection, id } => (connection, TokenRequest::Revoke { id: *id }),
    };
    Request::Token { connection: connection.clone(), request }
}
