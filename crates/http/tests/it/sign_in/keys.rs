//! SSO-8: our keys towards an IdP overlap, and everybody hears before one ends.

use std::{sync::Arc, time::Duration};

use muster_crypto::Sealer;
use muster_engine::{
    EngineError, Env, Origin, Refusal, Surroundings,
    certificates::{self, Whose},
    mail, transact,
};
use muster_model::{
    Role,
    connection::{KeyPurpose, OwnCertificate},
};

use super::{ADA, HERE, Site};

const DAY: Duration = Duration::from_hours(24);

impl Site {
    fn own(&self) -> Vec<OwnCertificate> {
        let id = self.connection;
        self.server.world.read(move |conn| certificates::of(conn, id))
    }

    fn remove(&self, fingerprint: [u8; 32]) -> Result<(), EngineError> {
        let (id, clock) = (self.connection, Arc::clone(&self.server.world.clock));
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
            certificates::remove(tx, &env, id, &fingerprint).map(drop)
        };
        self.server.world.store.write_blocking(work)
    }

    /// Everything that owners were told by mail.
    fn told(&self) -> Vec<String> {
        let (clock, sealer) = (Arc::clone(&self.server.world.clock), Arc::clone(&self.server.sealer));
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let (env, mut told) = (Env::new(Arc::clone(&clock) as _, Origin::SYSTEM), Vec::new());
            while let Some((id, letter)) = mail::take(tx, &env, &sealer)? {
                told.push(format!("{}: {}\n{}", letter.to, letter.subject, letter.text));
                mail::sent(tx, id)?;
            }
            Ok::<_, EngineError>(told)
        };
        self.server.world.store.write_blocking(work).unwrap()
    }

    /// Looks whether certificates end, as the background does.
    fn warn(&self) -> usize {
        let (id, clock, sealer): (_, _, Arc<Sealer>) =
            (self.connection, Arc::clone(&self.server.world.clock), Arc::clone(&self.server.sealer));
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::SYSTEM);
            let connection = tx.connection(id)?.unwrap();
            let relied =
                muster_administration::connections::relied_certificates(&connection, &certificates::of(tx, id)?);
            transact(tx, &mut env, |tx, env| certificates::warn(tx, env, &sealer, &connection, &relied))
        };
        self.server.world.store.write_blocking(work).unwrap()
    }
}

#[tokio::test]
async fn sso_8_our_next_key_is_published_before_it_signs() {
    let site = Site::with(|saml| saml.sign_requests = true);
    // The first is made when it is needed.
    site.sign_in(&mut site.browser()).await;
    let now = site.server.world.clock.now();
    let next = site.server.app.add_own_key(site.connection, KeyPurpose::Signing, now.after(7 * DAY)).await.unwrap();
    let own = site.own();
    assert_eq!(own.len(), 2);
    let metadata = site.browser().get(&format!("{HERE}/sso/saml/{}/metadata", site.connection)).await;
    assert_eq!(metadata.text.matches("<ds:X509Certificate>").count(), 2, "{}", metadata.text);
    // An IdP that knows the first alone understands us for a week, and from then on one that knows the next alone.
    let knows = |fingerprint: [u8; 32]| {
        let own = own.iter().find(|own| own.fingerprint == fingerprint).unwrap();
        let application =
            super::SamlApplication { signing_certificates: vec![own.certificate.clone()], ..site.application.clone() };
        site.idp.register_saml(application);
    };
    let first = own.iter().find(|own| own.fingerprint != next).unwrap().fingerprint;
    knows(first);
    assert!(site.sign_in(&mut site.browser()).await.words().contains(ADA));
    site.server.world.advance(7 * DAY);
    knows(next);
    assert!(site.sign_in(&mut site.browser()).await.words().contains(ADA));
    site.remove(first).unwrap();
    assert!(matches!(site.remove(next), Err(EngineError::Refused(Refusal::LastKey(KeyPurpose::Signing)))));
    assert!(matches!(site.remove(first), Err(EngineError::NotFound { .. })));
}

#[tokio::test]
async fn sso_8_owners_hear_before_a_certificate_ends_each_time_once() {
    let site = Site::new();
    site.sign_in(&mut site.browser()).await;
    let ada = site.server.world.account_of(ADA).unwrap();
    let moby = site.server.organizations[0].clone();
    site.server.world.set_member(&moby, &ada, Role::Owner).unwrap();
    let id = site.connection;
    let relied = site.server.world.read(move |conn| {
        let connection = conn.connection(id)?.unwrap();
        Ok(muster_administration::connections::relied_certificates(&connection, &[]))
    });
    let [theirs] = relied.as_slice() else { panic!("{relied:?}") };
    assert_eq!(theirs.whose, Whose::IdentityProvider);
    let now = site.server.world.clock.now();
    let left = Duration::from_micros(u64::try_from(theirs.not_after.0 - now.0).unwrap());
    assert_eq!(site.warn(), 0, "there is time");
    site.server.world.advance(left - 29 * DAY);
    assert_eq!((site.warn(), site.warn()), (1, 0));
    site.server.world.advance(15 * DAY);
    assert_eq!(site.warn(), 0);
    site.server.world.advance(8 * DAY);
    assert_eq!((site.warn(), site.warn()), (1, 0));
    site.server.world.advance(6 * DAY);
    assert_eq!(site.warn(), 1);
    let told = site.told();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        told[0].contains(ADA) && told[0].contains("ends in 28 days") && told[1].contains("ends in 5 days"),
        "{told:#?}"
    );
}
