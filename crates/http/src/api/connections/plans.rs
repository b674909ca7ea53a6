//! Plans for a connection (MIG-2): what other settings, or adopting members (MIG-1), would do; and doing exactly that.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_administration::{
    adoption::{Adopted, Candidates},
    applying::Applied,
    connections::patched,
    declaration::connection_to_engine,
    plans::{PlanLine, PlanView, line},
};
use muster_engine::{
    authority::Action,
    plans::{self, Proposal},
};
use muster_model::{ConnectionId, DirectoryUserId, Email, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Asked, Named, Sent},
    },
    app::Lane,
};

/// The most plans of a page.
const PLANS: i64 = 25;
/// The most directory users of a page.
const CANDIDATES: usize = 100;

/// Plans.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Plans {
    /// What to ask for as `before` for the next page.
    #[schema(format = Uuid)]
    next: Option<String>,
    /// The plans, newest first. They are kept for 30 days.
    results: Vec<PlanLine>,
}

/// Settings that are to be planned.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Wanted {
    /// A JSON Merge Patch (RFC 7396) on the connection's settings.
    #[schema(value_type = Object, example = json!({"precedence": "scim"}))]
    settings: Map<String, Value>,
}

/// Whom to adopt.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Adoption {
    /// Only members of this organization.
    #[schema(example = "moby")]
    organization: Option<String>,
    /// These people; everybody whom nothing hinders without. Owners are adopted only when named alone.
    #[serde(default)]
    emails: Vec<String>,
}

/// A plan that was applied.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct AppliedPlan {
    /// As it is now.
    plan: PlanView,
    /// Of settings: what applying them came to. A SCIM token is shown here and never again.
    applied: Option<Applied>,
}

/// Where a list goes on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Before {
    /// The `next` of the page before.
    #[param(value_type = Option<String>, format = Uuid)]
    before: Option<PlanId>,
}

/// Where the people of a plan go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct From {
    /// How many people to pass over: the `next` of the page before.
    #[serde(default)]
    #[param(minimum = 0)]
    from: usize,
}

/// Which members could be adopted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Which {
    /// Only of this organization.
    organization: Option<String>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<DirectoryUserId>,
}

/// List a connection's plans
#[utoipa::path(
    get, path = "/v2/connections/{id}/plan", tag = "Plans", operation_id = "listPlans",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), Before),
    responses((status = 200, description = "A page of plans.", body = Plans))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(Before { before }): Asked<Before>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        caller.connection(conn, id, Action::ReadConnections)?;
        let found = plans::plans_of(conn, id, before.unwrap_or(PlanId(Uuid::max())), PLANS)?;
        let is_full = i64::try_from(found.len()).is_ok_and(|found| found == PLANS);
        let next = found.last().filter(|_| is_full).map(|last| last.id.to_string());
        Ok(Plans { next, results: found.iter().map(line).collect() })
    })
    .await
}

/// Plan other settings
///
/// Nothing is changed. The plan says whom the settings would add, remove, move, and give another role, and what that does to
/// seats; applied, it does exactly that, or refuses because the state has changed since.
#[utoipa::path(
    post, path = "/v2/connections/{id}/plan", tag = "Plans", operation_id = "planSettings",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Wanted,
    responses((status = 201, description = "The plan.", body = PlanView))
)]
pub(in crate::api) async fn make(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Wanted { settings }): Sent<Wanted>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        if settings.get("oidc").is_some_and(|oidc| oidc.get("client_secret").is_some()) {
            let why = "a plan is kept and holds no secrets: change it with PATCH /v2/connections/{id}/settings";
            return Err(HttpError::field("settings.oidc.client_secret", why));
        }
        let wanted = call.read(Lane::Snapshot, move |conn, caller| patched(conn, caller, id, &settings)).await?;
        let view = call.undertake(move |administrator| {
            let stated = Box::new(connection_to_engine(&wanted, administrator.seconds())?);
            let plan = administrator.make_plan(&Proposal::Settings { connection: id, stated })?;
            administrator.view_plan(plan, 0)
        });
        Reply::json(StatusCode::CREATED, &view.await?)
    };
    asked.once(Some(id), done).await
}

/// See a plan
#[utoipa::path(
    get, path = "/v2/connections/{id}/plan/{plan}", tag = "Plans", operation_id = "getPlan",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("plan" = String, Path, format = Uuid, description = "The plan's id."),
        From
    ),
    responses((status = 200, description = "The plan, and a thousand of the people whose place it changes.", body = PlanView))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named((id, plan)): Named<(ConnectionId, PlanId)>,
    Asked(From { from }): Asked<From>,
) -> Result<Reply, HttpError> {
    let found = call.read(Lane::Snapshot, move |conn, caller| {
        caller.connection(conn, id, Action::ReadConnections)?;
        plans::plan_of(conn, id, plan)
    });
    let found = found.await?;
    let view = call.administer(move |administrator| administrator.view_plan(found, from));
    Reply::json(StatusCode::OK, &view.await?)
}

/// Apply a plan
///
/// It does exactly what it says, or is refused with 409 because that would do something else by now: make it again.
#[utoipa::path(
    post, path = "/v2/connections/{id}/plan/{plan}/apply", tag = "Plans", operation_id = "applyPlan",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("plan" = String, Path, format = Uuid, description = "The plan's id.")
    ),
    responses((status = 200, description = "The plan as it is now.", body = AppliedPlan))
)]
pub(in crate::api) async fn apply(
    Extension(call): Extension<Call>,
    Named((id, plan)): Named<(ConnectionId, PlanId)>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let found = call.read(Lane::Snapshot, move |conn, caller| {
            caller.connection(conn, id, Action::ChangeConnections)?;
            plans::plan_of(conn, id, plan)
        });
        let (plan, base_url) = (found.await?.id, call.app.base_url().to_owned());
        let applied = call.undertake(move |administrator| {
            let done = administrator.apply_plan(&base_url, plan)?;
            Ok(AppliedPlan { plan: administrator.view_plan(done.plan, 0)?, applied: done.applied })
        });
        let applied = applied.await;
        call.app.forget_connections();
        Reply::json(StatusCode::OK, &applied?)
    };
    asked.once(Some(id), done).await
}

/// Discard a plan
///
/// What it has done stays.
#[utoipa::path(
    delete, path = "/v2/connections/{id}/plan/{plan}", tag = "Plans", operation_id = "discardPlan",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("plan" = String, Path, format = Uuid, description = "The plan's id.")
    ),
    responses((status = 204, description = "It is gone."))
)]
pub(in crate::api) async fn discard(
    Extension(call): Extension<Call>,
    Named((id, plan)): Named<(ConnectionId, PlanId)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, _env, caller| {
        caller.connection(tx, id, Action::ChangeConnections)?;
        let found = plans::plan_of(tx, id, plan)?;
        plans::discard(tx, found.id)?;
        Ok(Reply::nothing())
    })
    .await
}

/// List who could be adopted
///
/// Members whom the connection's directory names and does not manage (SCIM-6), with what stands in the way.
#[utoipa::path(
    get, path = "/v2/connections/{id}/adopt", tag = "Plans", operation_id = "listAdoptable",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), Which),
    responses((status = 200, description = "A page of members.", body = Candidates))
)]
pub(in crate::api) async fn adoptable(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(Which { organization, after }): Asked<Which>,
) -> Result<Reply, HttpError> {
    let after = after.unwrap_or(DirectoryUserId(Uuid::nil()));
    let found =
        call.administer(move |administrator| administrator.adoptable(id, organization.as_deref(), after, CANDIDATES));
    Reply::json(StatusCode::OK, &found.await?)
}

/// Plan to adopt members
///
/// Nothing is changed: apply the plan to put them under SCIM management (MIG-1).
#[utoipa::path(
    post, path = "/v2/connections/{id}/adopt", tag = "Plans", operation_id = "planAdoption",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Adoption,
    responses((status = 201, description = "The plan.", body = PlanView))
)]
pub(in crate::api) async fn adopt(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Adoption { organization, emails }): Sent<Adoption>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let read = |(at, text): (usize, &String)| {
            Email::parse(text.trim()).map_err(|error| HttpError::field(format!("emails[{at}]"), error.to_string()))
        };
        let emails = emails.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let made = call.undertake(move |administrator| {
            let plan = administrator.plan_adoption(id, Adopted::people_or_everybody(emails, organization))?;
            administrator.view_plan(plan, 0)
        });
        Reply::json(StatusCode::CREATED, &made.await?)
    };
    asked.once(Some(id), done).await
}
