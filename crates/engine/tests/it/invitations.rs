//! ORG-3: invitations by owners.

use std::time::Duration;

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    invitations::{self, AT_ONCE, Entry, Terms, Verdict},
};
use muster_model::{Account, Actor, MembershipState, Organization, Role, Source, UserStatement};
use muster_store::Counter;
use muster_testkit::{World, person};

const ADA: &str = "ada@example.com";
const DAY: Duration = Duration::from_hours(24);

fn invitations_of(world: &World, organization: &Organization) -> i64 {
    let id = organization.id;
    world.read(move |conn| Ok(conn.count(id.0, Counter::Invitations)?))
}

pub(crate) fn by(account: &Account) -> Origin {
    Origin { source: Source::Manual, actor: Actor::Account(account.id.0), connection: None, request: None }
}

fn accept(world: &World, account: &Account, link: &TokenText) -> Result<Organization, EngineError> {
    let (account, link) = (account.clone(), link.hash());
    world.change(by(&account.clone()), move |tx, env| invitations::accept(tx, env, &account, &link))
}

fn decline(world: &World, account: &Account, link: &TokenText) -> Result<(), EngineError> {
    let (account, link) = (account.clone(), link.hash());
    world.change(by(&account.clone()), move |tx, env| invitations::decline(tx, env, &account, &link))
}

fn is_missing<T: std::fmt::Debug>(result: &Result<T, EngineError>) -> bool {
    matches!(result, Err(EngineError::NotFound { kind: "invitation", .. }))
}

fn is_invalid<T: std::fmt::Debug>(result: &Result<T, EngineError>) -> bool {
    matches!(result, Err(EngineError::Refused(Refusal::Invalid(_))))
}

#[test]
fn org_3_a_link_lets_the_invited_in_once_in_the_invitations_seat_with_its_team_and_role() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let ada = world.account(ADA, true);
    let (invitation, link) = world.invite(&moby, "Ada@example.com", Some("writers"), Role::Editor).unwrap();
    assert_eq!((invitation.account, invitation.role), (None, Role::Editor));
    assert!(!world.is_member(&moby, ADA), "an invitation is no membership");
    let full = world.invite(&moby, "bob@example.com", None, Role::Member);
    assert!(matches!(full, Err(EngineError::Refused(Refusal::NoSeat(_)))), "it holds a seat: {full:?}");

    assert_eq!(accept(&world, &ada, &link).unwrap().id, moby.id);
    assert_eq!(world.membership(&moby, ADA).unwrap().role, Role::Editor);
    assert_eq!(world.teams(&moby, ADA), ["writers"]);
    assert_eq!(invitations_of(&world, &moby), 0, "the same seat");
    assert!(is_missing(&accept(&world, &ada, &link)), "single use");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_a_list_is_judged_entry_by_entry_and_only_who_can_be_is_invited() {
    let world = World::new();
    let moby = world.organization("moby");
    let eve = world.account("eve@example.com", true);
    world.set_member(&moby, &eve, Role::Member).unwrap();
    let bob = world.account("bob@example.com", true);
    let nobody = world.account("typed@example.com", false);
    world.invite(&moby, "carol@example.com", None, Role::Member).unwrap();
    let list = [
        ADA,
        "ADA@example.com",
        "not an address@",
        "no-such-user",
        "carol@example.com",
        "eve@example.com",
        &eve.username,
        &bob.username,
        &nobody.username,
        "typed@example.com",
    ];
    let list = list.map(str::to_owned);
    let organization = moby.clone();
    let texts = list.clone();
    let judged = world
        .by_hand(move |tx, env| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            invitations::review(tx, env, &organization, &texts)
        })
        .unwrap();
    let kinds = judged.iter().map(|verdict| match verdict {
        Verdict::Invitable => "yes",
        Verdict::Invalid(_) => "invalid",
        Verdict::Duplicate => "duplicate",
        Verdict::AlreadyInvited => "invited",
        Verdict::AlreadyMember => "member",
    });
    let expected =
        ["yes", "duplicate", "invalid", "invalid", "invited", "member", "duplicate", "yes", "invalid", "yes"];
    assert_eq!(kinds.collect::<Vec<_>>(), expected, "an address that nobody confirmed is nobody's");
    assert_eq!(invitations_of(&world, &moby), 1, "nothing is sent by looking");

    let sent = send(&world, &moby, Origin::OPERATOR, &list, None).unwrap();
    assert_eq!(sent.iter().map(|sent| sent.verdict.clone()).collect::<Vec<_>>(), judged);
    assert_eq!(sent.iter().filter(|sent| sent.invitation.is_some()).count(), 3);
    assert_eq!(sent[7].invitation.as_ref().unwrap().account, Some(bob.id), "whom the username means");
    assert_eq!(invitations_of(&world, &moby), 4);
    world.assert_ledger_tells_the_state();
}

fn send(
    world: &World,
    organization: &Organization,
    origin: Origin,
    to: &[String],
    team: Option<&str>,
) -> Result<Vec<invitations::Sent>, EngineError> {
    let link = || TokenText::generate(TokenPrefix::Link).unwrap().hash();
    let entries: Vec<Entry> = to.iter().map(|to| Entry { to: to.clone(), link: link() }).collect();
    let (organization, terms) = (organization.clone(), Terms { role: Role::Member, team: team.map(str::to_owned) });
    world.change(origin, move |tx, env| invitations::send(tx, env, &organization, &entries, &terms))
}

#[test]
fn org_3_all_of_a_list_have_a_seat_or_nobody_is_invited() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 2);
    let people = |count: usize| (0..count).map(|n| format!("p{n}@example.com")).collect::<Vec<_>>();
    let refused = send(&world, &moby, Origin::OPERATOR, &people(3), Some("crew"));
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NoSeat(_)))), "{refused:?}");
    let id = moby.id;
    assert!(world.read(move |conn| Ok(conn.teams(id)?)).is_empty(), "and no team is made");
    assert_eq!(send(&world, &moby, Origin::OPERATOR, &people(2), None).unwrap().len(), 2);
    assert!(is_invalid(&send(&world, &moby, Origin::OPERATOR, &people(AT_ONCE + 1), None)), "at most 1,000 rows");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_only_owners_invite_and_strangers_learn_nothing() {
    let world = World::new();
    let moby = world.organization("moby");
    let [olga, ed, sam] = ["olga", "ed", "sam"].map(|name| world.account(&format!("{name}@example.com"), true));
    world.set_member(&moby, &olga, Role::Owner).unwrap();
    world.set_member(&moby, &ed, Role::Editor).unwrap();
    let to = [ADA.to_owned()];
    let refused = send(&world, &moby, by(&ed), &to, None);
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotAnOwner(_)))), "{refused:?}");
    let unknown = send(&world, &moby, by(&sam), &to, None);
    assert!(matches!(unknown, Err(EngineError::NotFound { kind: "organization", .. })), "TEN-3: {unknown:?}");
    let token = Origin { actor: Actor::Token(uuid::Uuid::from_u128(1)), ..by(&olga) };
    assert!(send(&world, &moby, token, &to, None).is_err(), "SEC-1: a token works on its own surface only");
    send(&world, &moby, by(&olga), &to, None).unwrap();
    let id = moby.id;
    let invitation = world.read(move |conn| Ok(conn.pending_invitations(id)?)).remove(0);
    let (organization, link) = (moby.clone(), TokenText::generate(TokenPrefix::Link).unwrap().hash());
    let resend = move |tx: &mut muster_store::Tx<'_>, env: &mut Env| {
        invitations::resend(tx, env, &organization, invitation.id, &link)
    };
    assert!(matches!(world.change(by(&ed), resend.clone()), Err(EngineError::Refused(Refusal::NotAnOwner(_)))));
    world.change(by(&olga), resend).unwrap();
    let whale = world.organization("whale");
    let cancel = |organization: &Organization| {
        let organization = organization.clone();
        world.by_hand(move |tx, env| invitations::cancel(tx, env, &organization, invitation.id))
    };
    assert!(is_missing(&cancel(&whale)), "another organization's");
    cancel(&moby).unwrap();
}

#[test]
fn org_3_only_the_account_with_the_confirmed_address_can_accept() {
    let world = World::new();
    let moby = world.organization("moby");
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    let bob = world.account("bob@example.com", true);
    assert!(is_invalid(&accept(&world, &bob, &link)) && is_invalid(&decline(&world, &bob, &link)));
    let typed = world.account(ADA, false);
    assert!(is_invalid(&accept(&world, &typed, &link)), "ACC-1: anybody can type an address");
    assert_eq!(invitations_of(&world, &moby), 1);
    accept(&world, &Account { email_confirmed: true, ..typed }, &link).unwrap();
}

#[test]
fn org_3_an_invitation_by_username_is_for_the_account_that_was_meant_whatever_its_address_becomes() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, person(ADA)).unwrap();
    let ada = world.account_of(ADA).unwrap();
    let (_, link) = world.invite(&whale, &ada.username, None, Role::Owner).unwrap();
    world.put_user(okta, user.id, person("lovelace@example.com")).unwrap();
    let jump = world.connection("jump", &[&whale]).build();
    let other = world.create_user(jump, person(ADA)).unwrap();
    assert_ne!(other.account, Some(ada.id), "the address is another's now");
    assert_eq!(world.membership(&whale, ADA).unwrap().role, Role::Member, "who is not who was meant");
    assert!(is_invalid(&accept(&world, &world.account_of(ADA).unwrap(), &link)));
    accept(&world, &world.account_of("lovelace@example.com").unwrap(), &link).unwrap();
    assert_eq!(world.membership(&whale, "lovelace@example.com").unwrap().role, Role::Owner);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_an_invitation_sent_again_has_a_new_link_and_another_14_days() {
    let world = World::new();
    let moby = world.organization("moby");
    let ada = world.account(ADA, true);
    let (first, old) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    world.advance(DAY * 13);
    let new = TokenText::generate(TokenPrefix::Link).unwrap();
    let (organization, hash) = (moby.clone(), new.hash());
    let again = world.by_hand(move |tx, env| invitations::resend(tx, env, &organization, first.id, &hash)).unwrap();
    assert!(again.id == first.id && again.expires >= first.expires.after(DAY * 13), "{again:?}");
    world.advance(DAY * 13);
    assert!(is_missing(&accept(&world, &ada, &old)));
    accept(&world, &ada, &new).unwrap();
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_what_is_cancelled_declined_or_expired_gives_its_seat_back_and_can_be_sent_anew() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let ada = world.account(ADA, true);
    let (invitation, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    let organization = moby.clone();
    world.by_hand(move |tx, env| invitations::cancel(tx, env, &organization, invitation.id)).unwrap();
    assert!(is_missing(&accept(&world, &ada, &link)));

    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    decline(&world, &ada, &link).unwrap();
    assert!(is_missing(&decline(&world, &ada, &link)));

    let (expired, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    world.advance(DAY * 14);
    assert!(is_missing(&accept(&world, &ada, &link)), "14 days are over, whether anybody has noticed or not");
    let organization = moby.clone();
    let hash = link.hash();
    let again = world.by_hand(move |tx, env| invitations::resend(tx, env, &organization, expired.id, &hash));
    assert!(is_missing(&again));
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    accept(&world, &ada, &link).unwrap();
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_an_invitation_brings_back_whom_a_directory_had_withdrawn() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, person(ADA)).unwrap();
    let ada = world.account_of(ADA).unwrap();
    assert!(is_invalid(&world.invite(&moby, ADA, None, Role::Member)), "a member already");
    world.put_user(okta, user.id, UserStatement { active: false, ..person(ADA) }).unwrap();
    world.advance(DAY);
    let (_, link) = world.invite(&moby, ADA, Some("writers"), Role::Member).unwrap();
    assert_eq!(world.membership(&moby, ADA).unwrap().state, MembershipState::Asleep { by: okta });
    accept(&world, &ada, &link).unwrap();
    assert_eq!(world.teams(&moby, ADA), ["writers"], "what the directory withdrew stays withdrawn");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_an_invitation_that_is_accepted_lifts_an_owners_earlier_block() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, person(ADA)).unwrap();
    let ada = world.account_of(ADA).unwrap();
    world.remove_member(&moby, &ada, true).unwrap();
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    let said = UserStatement { full_name: Some("Ada".into()), ..person(ADA) };
    world.put_user(okta, user.id, said).unwrap();
    assert!(!world.is_member(&moby, ADA), "a push lifts no block, invited or not");
    accept(&world, &ada, &link).unwrap();
    assert!(world.membership(&moby, ADA).is_some_and(|membership| membership.is_active() && !membership.blocked));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_8_who_accepts_from_outside_the_organizations_domains_is_a_guest() {
    let world = World::new();
    let moby = world.organization("moby");
    let _okta = world.connection("okta", &[&moby]).build();
    let [ada, eve] = [ADA, "eve@elsewhere.org"].map(|email| world.account(email, true));
    for account in [&ada, &eve] {
        let (_, link) = world.invite(&moby, &account.username, None, Role::Member).unwrap();
        accept(&world, account, &link).unwrap();
    }
    assert!(!world.membership(&moby, ADA).unwrap().guest);
    assert!(world.membership(&moby, "eve@elsewhere.org").unwrap().guest);
    world.assert_ledger_tells_the_state();
}
