//! The status table. It has no `_ =>`: a new kind of failure must choose.

use http::StatusCode;
use muster_engine::{EngineError, Refusal};
use muster_scim::ScimType;
use muster_store::{Refusal as Constraint, StoreError};

use super::HttpError;

type Answer = (StatusCode, Option<ScimType>);

/// The status of an error, and SCIM's word for it.
pub(super) fn of(error: &HttpError) -> Answer {
    match error {
        HttpError::Scim(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.scim_type())
        }
        HttpError::Engine(EngineError::NotFound { .. }) | HttpError::NoRoute => plain(StatusCode::NOT_FOUND),
        HttpError::Engine(EngineError::Refused(refusal)) => of_refusal(refusal),
        HttpError::Engine(EngineError::Store(error)) => of_store(error),
        HttpError::OAuth(error) => plain(error.status()),
        HttpError::Unauthorized(_) => plain(StatusCode::UNAUTHORIZED),
        HttpError::MethodNotAllowed => plain(StatusCode::METHOD_NOT_ALLOWED),
        HttpError::NotImplemented(_) => plain(StatusCode::NOT_IMPLEMENTED),
        HttpError::MediaType | HttpError::FormType => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        HttpError::FormFields => plain(StatusCode::BAD_REQUEST),
        HttpError::CrossSite | HttpError::SignIn(_) => plain(StatusCode::FORBIDDEN),
        HttpError::Fields(_) => bad(ScimType::InvalidValue),
        HttpError::TooMany { .. } => plain(StatusCode::TOO_MANY_REQUESTS),
        HttpError::KeyReused => plain(StatusCode::UNPROCESSABLE_ENTITY),
        HttpError::SignedOut => plain(StatusCode::UNAUTHORIZED),
        HttpError::BodyTooLarge(_) => plain(StatusCode::PAYLOAD_TOO_LARGE),
        HttpError::BodyBroken => bad(ScimType::InvalidSyntax),
        HttpError::BodyTooSlow => plain(StatusCode::REQUEST_TIMEOUT),
        HttpError::FilterForbidden => plain(StatusCode::FORBIDDEN),
        HttpError::Precondition => plain(StatusCode::PRECONDITION_FAILED),
        HttpError::Outdated | HttpError::TooBusy | HttpError::TimedOut => plain(StatusCode::SERVICE_UNAVAILABLE),
        HttpError::Panicked | HttpError::Internal(..) => plain(StatusCode::INTERNAL_SERVER_ERROR),
        HttpError::TestSignIn { error, .. } => of(error),
        HttpError::Status(status) => plain(*status),
    }
}

fn of_refusal(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::UserNameTaken(_)
        | Refusal::GroupNameTaken(_)
        | Refusal::EmailTaken(_)
        | Refusal::NameTaken(_)
        | Refusal::TakenMeanwhile(_) => (StatusCode::CONFLICT, Some(ScimType::Uniqueness)),
        Refusal::NotAnEmail(_)
        | Refusal::UnverifiedDomain { .. }
        | Refusal::OrganizationNotCovered(_)
        | Refusal::TeamName(_)
        | Refusal::UnknownMember(_)
        | Refusal::Name(_)
        | Refusal::Field { .. }
        | Refusal::Invalid(_) => bad(ScimType::InvalidValue),
        Refusal::TooMany => bad(ScimType::TooMany),
        Refusal::NoSeat(_)
        | Refusal::ScimDisabled(_)
        | Refusal::ConnectionInactive(_)
        | Refusal::NotAnOwner(_)
        | Refusal::NotDomainHolder { .. }
        | Refusal::OutOfScope(_)
        | Refusal::IdpInitiated(_)
        | Refusal::SignInNotFound
        | Refusal::AnswerUsed
        | Refusal::DomainNotVerified(_)
        | Refusal::AnotherSubject(_)
        | Refusal::FormerHolder(_)
        | Refusal::SsoEnforced(_)
        | Refusal::NotRecent
        | Refusal::NeverTried(_)
        | Refusal::AccountClosed
        | Refusal::NotAssigned(_)
        | Refusal::EndedByDirectory(_)
        | Refusal::KeptOut(_)
        | Refusal::NotPlaced(_) => plain(StatusCode::FORBIDDEN),
        Refusal::VersionMismatch { .. } => plain(StatusCode::PRECONDITION_FAILED),
        Refusal::TooManyMembers { .. } => plain(StatusCode::PAYLOAD_TOO_LARGE),
        Refusal::LastOwner { .. } | Refusal::LastKey(_) | Refusal::Overtaken(_) | Refusal::PlanStale(_) => {
            plain(StatusCode::CONFLICT)
        }
        Refusal::Held(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn of_store(error: &StoreError) -> Answer {
    match error {
        StoreError::Taken(_) => (StatusCode::CONFLICT, Some(ScimType::Uniqueness)),
        StoreError::Stale => plain(StatusCode::CONFLICT),
        StoreError::Busy | StoreError::Unavailable(_) | StoreError::RolledBack => {
            plain(StatusCode::SERVICE_UNAVAILABLE)
        }
        StoreError::Full(_) => plain(StatusCode::INSUFFICIENT_STORAGE),
        StoreError::Interrupted => bad(ScimType::TooMany),
        StoreError::Refused(Constraint::NulInText | Constraint::TooLarge) => bad(ScimType::InvalidValue),
        StoreError::Refused(Constraint::ForeignKey(_) | Constraint::Check(_) | Constraint::NotNull(_))
        | StoreError::OutcomeUnknown(_)
        | StoreError::Panicked
        | StoreError::Corrupt { .. }
        | StoreError::Schema(_)
        | StoreError::Other(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn plain(status: StatusCode) -> Answer {
    (status, None)
}

fn bad(scim_type: ScimType) -> Answer {
    (StatusCode::BAD_REQUEST, Some(scim_type))
}
