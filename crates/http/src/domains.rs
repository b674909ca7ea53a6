//! Looking for the TXT records of domains (ORG-4), in the background and when somebody asks.

use muster_engine::{
    Env, Origin,
    domains::{self, Came, Question, Seen, Why},
};
use muster_model::DomainId;
use muster_outbound::dns::{Dns, Txt};

use crate::{App, HttpError, app::Lane};

impl App {
    /// Looks for the record of a domain now; what came of it. `None` if the domain is gone, or somebody else looks just now:
    /// what that comes to is kept with the domain.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn check_domain(&self, id: DomainId) -> Result<Option<Came>, HttpError> {
        check(self, id, Why::Wanted).await
    }

    /// What is in DNS under this name, for who examines the installation.
    pub async fn txt_records(&self, name: &str) -> Txt {
        self.outbound().dns().txt(name).await
    }
}

/// Looks for the record of one domain that is due; whether there was one.
pub(crate) async fn check_due(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    let Some(id) = app.read(Lane::Point, move |conn| domains::due(conn, now)).await? else { return Ok(false) };
    Ok(check(&app, id, Why::Due).await?.is_some())
}

/// Tells owners who joined by a domain (ORG-5); whether there was anything to tell.
pub(crate) async fn tell_of_joins(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    let Some(organization) = app.read(Lane::Point, move |conn| domains::was_joined(conn, now)).await? else {
        return Ok(false);
    };
    let (surroundings, sealer) = (app.surroundings(), app.shared_sealer());
    let told = app.store().write(move |tx| {
        let mut env = Env::new(surroundings.clone(), Origin::SYSTEM);
        muster_engine::transact(tx, &mut env, |tx, env| domains::tell_of_joins(tx, env, &sealer, organization))
    });
    told.await?;
    Ok(true)
}

async fn check(app: &App, id: DomainId, why: Why) -> Result<Option<Came>, HttpError> {
    let surroundings = app.surroundings();
    let taken = app.store().write(move |tx| {
        let env = Env::new(surroundings.clone(), Origin::SYSTEM);
        domains::take(tx, &env, id, why)
    });
    let Some(question) = taken.await? else { return Ok(None) };
    let seen = look(app.outbound().dns(), &question).await;
    let (surroundings, sealer) = (app.surroundings(), app.shared_sealer());
    let kept = app.store().write(move |tx| {
        let mut env = Env::new(surroundings.clone(), Origin::SYSTEM);
        muster_engine::transact(tx, &mut env, |tx, env| domains::checked(tx, env, &sealer, id, &seen))
    });
    Ok(kept.await?)
}

/// What is seen under both names.
async fn look(dns: &Dns, question: &Question) -> Seen {
    let [first, second] = &question.names;
    let (first, second) = tokio::join!(dns.txt(first), dns.txt(second));
    match (first, second) {
        (Txt::Values(mut first), Txt::Values(second)) => {
            first.extend(second);
            Seen::Values(first)
        }
        (Txt::Values(values), Txt::NoRecord) | (Txt::NoRecord, Txt::Values(values)) => Seen::Values(values),
        (Txt::Values(values), Txt::NoAnswer(why)) | (Txt::NoAnswer(why), Txt::Values(values)) => {
            Seen::Partly(values, why)
        }
        (Txt::NoRecord, Txt::NoRecord) => Seen::NoRecord,
        (Txt::NoAnswer(why), _) | (_, Txt::NoAnswer(why)) => Seen::NoAnswer(why),
    }
}
