//! Until when certificates are good, and telling owners in time.

use std::{sync::Arc, time::Duration};

use muster_administration::connections::relied_certificates;
use muster_engine::{
    EngineError, Env, Origin, Surroundings,
    certificates::{self, Relied},
    transact,
};
use muster_model::{Connection, ConnectionId};
use muster_store::{Duty, Tx};
use uuid::Uuid;

use crate::{App, HttpError, app::Lane};

/// How often it is looked.
const EVERY: Duration = Duration::from_hours(6);
/// How long whoever looks has time for that.
const BUSY_FOR: Duration = Duration::from_mins(10);
/// Connections looked at together.
const CHUNK: usize = 100;

/// Looks through all connections once in a while, on one node; owners are told of what ends. Never more is to do at once.
pub(crate) async fn warn_of_ends(app: App) -> Result<bool, HttpError> {
    let surroundings = app.surroundings();
    let now = surroundings.now();
    let mut node = [0; 16];
    surroundings.random(&mut node);
    let node = Uuid::from_bytes(node);
    let taken = app
        .store()
        .write(move |tx| Ok::<_, EngineError>(tx.take_duty(Duty::Certificates, node, now, now.after(BUSY_FOR))?))
        .await?;
    if taken.is_none() {
        return Ok(false);
    }
    let ids = app.read(Lane::Scan, |conn| Ok(conn.connection_ids()?)).await?;
    for ids in ids.chunks(CHUNK) {
        for (connection, relied) in due(&app, ids.to_vec()).await? {
            warn(&app, connection, relied).await?;
        }
    }
    app.store().write(move |tx| Ok::<_, EngineError>(tx.finish_duty(Duty::Certificates, now.after(EVERY))?)).await?;
    Ok(false)
}

/// The connections whose owners may have to be told.
async fn due(app: &App, ids: Vec<ConnectionId>) -> Result<Vec<(Connection, Vec<Relied>)>, HttpError> {
    let now = app.surroundings().now();
    app.read(Lane::Scan, move |conn| {
        let mut due = Vec::new();
        for id in &ids {
            let Some(connection) = conn.connection(*id)? else { continue };
            let relied = relied_certificates(&connection, &certificates::of(conn, *id)?);
            if relied.iter().any(|one| one.warning(now).is_some()) {
                due.push((connection, relied));
            }
        }
        Ok(due)
    })
    .await
}

async fn warn(app: &App, connection: Connection, relied: Vec<Relied>) -> Result<(), HttpError> {
    let (surroundings, sealer): (Arc<dyn Surroundings>, _) = (app.surroundings(), app.shared_sealer());
    let origin = Origin { connection: Some(connection.id), ..Origin::SYSTEM };
    let work = move |tx: &mut Tx<'_>| {
        let mut env = Env::new(Arc::clone(&surroundings), origin);
        transact(tx, &mut env, |tx, env| certificates::warn(tx, env, &sealer, &connection, &relied))
    };
    app.store().write(work).await?;
    Ok(())
}
