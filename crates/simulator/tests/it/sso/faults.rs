//! Each fault of SAML, and what Muster's service provider says to it.

use muster_saml::{Login, MessageError};
use muster_simulator::sso::{Due, Fault, IdentityProvider, Protocol, SamlApplication, Signs, saml::Answer};

use super::{
    ada, application, provider,
    responses::{answer, read},
};

fn with(provider: &IdentityProvider, application: &SamlApplication, fault: Fault) -> Result<Login, MessageError> {
    let ada = ada(provider);
    let answer = Answer { fault: Some(fault), ..answer(application, &ada) };
    read(provider, &provider.saml_response(&answer).unwrap(), None)
}

/// Whether an error is the one that a fault is to bring.
fn is_due(fault: Fault, error: &MessageError) -> bool {
    match fault {
        Fault::WrongAudience => matches!(error, MessageError::Audience { .. }),
        Fault::WrongRecipient => matches!(error, MessageError::Address { what, .. } if what.contains("Recipient")),
        Fault::WrongDestination => matches!(error, MessageError::Address { what, .. } if what.contains("Destination")),
        Fault::WrongIssuer => matches!(error, MessageError::Issuer { .. }),
        Fault::WrongRequest => matches!(error, MessageError::InResponseTo { .. }),
        Fault::SkewedClock => matches!(error, MessageError::NotYetValid { .. }),
        Fault::Expired => matches!(error, MessageError::Expired { .. }),
        Fault::Unsigned => matches!(error, MessageError::Unsigned),
        Fault::Wrapped => matches!(error, MessageError::Structure(_)),
        Fault::Tampered | Fault::ExpiredCertificate | Fault::UnknownSigner => {
            matches!(error, MessageError::Signature(_))
        }
        Fault::Denied => matches!(error, MessageError::Status { .. }),
        _ => false,
    }
}

#[test]
fn sso_13_each_fault_is_refused_for_its_own_reason() {
    let provider = provider();
    for signs in [Signs::Response, Signs::Assertion, Signs::Both] {
        let application = SamlApplication { signs, ..application() };
        // What is refused only by who keeps a memory, or by what it says, is tried below.
        let later = [Fault::Replay, Fault::MissingEmail];
        let faults = Fault::of(Protocol::Saml).filter(|fault| fault.due() == Due::Refused && !later.contains(fault));
        for fault in faults {
            match with(&provider, &application, fault) {
                Ok(login) => panic!("{fault:?} {signs:?}: {} was let in", login.name_id.value),
                Err(error) => assert!(is_due(fault, &error), "{fault:?} {signs:?}: {error}"),
            }
        }
    }
}

#[test]
fn sso_8_the_rotated_key_is_announced_and_signs() {
    let provider = provider();
    let before = provider.metadata();
    // The metadata is read after the response was made, as if it had been fetched anew.
    assert!(with(&provider, &application(), Fault::RotatedKey).is_ok());
    assert_ne!(before, provider.metadata());
}

#[test]
fn sso_5_without_an_address_only_a_name_that_is_none_is_left() {
    let provider = provider();
    let login = with(&provider, &application(), Fault::MissingEmail).unwrap();
    assert!(!login.name_id.value.contains('@') && login.attributes.iter().all(|one| one.name != "email"));
}

#[test]
fn jit_3_groups_are_malformed_or_too_many() {
    let provider = provider();
    let groups = |fault, name: &str| {
        let login = with(&provider, &application(), fault).unwrap();
        login.attributes.into_iter().find(|one| one.name == name).map(|one| one.values)
    };
    let malformed = groups(Fault::MalformedGroups, "groups").unwrap();
    assert!(malformed.iter().all(|group| !group.contains(':')));
    assert_eq!(groups(Fault::Overage, "groups"), None);
    assert!(groups(Fault::Overage, "http://schemas.microsoft.com/claims/groups.link").is_some());
}

#[test]
fn faults_have_names_of_their_own_and_advice_in_one_line() {
    for protocol in [Protocol::Saml, Protocol::Oidc] {
        assert!(Fault::of(protocol).count() >= 15);
    }
    for fault in Fault::ALL {
        assert_eq!(Fault::named(fault.key()), Some(*fault));
        assert!(fault.advice().ends_with('.') && !fault.advice().contains('\n'), "{fault:?}");
    }
}
