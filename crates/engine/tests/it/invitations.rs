//! ORG-3: invitations by owners.

use std::{sync::Arc, time::Duration};

use muster_crypto::{Sealer, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    invitations::{self, AT_ONCE, Answered, Delivery, Entry, Followed, Mailer, Over, Person, RESENDS, Verdict, Way},
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
    world.change(by(&account.clone()), move |tx, env| invitations::accept(tx, env, &account, Answered::Link(&link)))
}

fn decline(world: &World, account: &Account, link: &TokenText) -> Result<(), EngineError> {
    let (account, link) = (account.clone(), link.hash());
    world.change(by(&account.clone()), move |tx, env| invitations::decline(tx, env, &account, Answered::Link(&link)))
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
            let people = texts.clone().map(person_to);
            invitations::review(tx, env, &organization, &people.iter().collect::<Vec<_>>())
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

fn person_to(to: String) -> Person {
    Person { to, role: Role::Member, team: None }
}

fn new_link() -> TokenText {
    TokenText::generate(TokenPrefix::Invitation).unwrap()
}

fn send(
    world: &World,
    organization: &Organization,
    origin: Origin,
    to: &[String],
    team: Option<&str>,
) -> Result<Vec<invitations::Sent>, EngineError> {
    let person = |to: &String| Person { team: team.map(str::to_owned), ..person_to(to.clone()) };
    let entries: Vec<Entry> = to.iter().map(|to| Entry { person: person(to), link: new_link().hash() }).collect();
    let organization = organization.clone();
    world.change(origin, move |tx, env| invitations::send(tx, env, &organization, &entries, &Delivery::default()))
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
    let (organization, link) = (moby.clone(), new_link().hash());
    let resend = move |tx: &mut muster_store::Tx<'_>, env: &mut Env| {
        invitations::resend(tx, env, &organization, invitation.id, &link, &Delivery::default())
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
    let new = new_link();
    let (organization, hash) = (moby.clone(), new.hash());
    let again = world
        .by_hand(move |tx, env| invitations::resend(tx, env, &organization, first.id, &hash, &Delivery::default()))
        .unwrap();
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
    let again = world
        .by_hand(move |tx, env| invitations::resend(tx, env, &organization, expired.id, &hash, &Delivery::default()));
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

#[test]
fn org_3_a_row_with_a_team_that_cannot_be_is_reported_and_the_rest_invited() {
    let world = World::new();
    let moby = world.organization("moby");
    let people = [
        Person { team: Some("Writers".into()), role: Role::Editor, ..person_to(ADA.into()) },
        Person { team: Some("two words".into()), ..person_to("bob@example.com".into()) },
    ];
    let entries: Vec<Entry> = people.into_iter().map(|person| Entry { person, link: new_link().hash() }).collect();
    let organization = moby.clone();
    let sent = world
        .by_hand(move |tx, env| invitations::send(tx, env, &organization, &entries, &Delivery::default()))
        .unwrap();
    assert!(sent[0].invitation.as_ref().is_some_and(|sent| sent.team.is_some() && sent.role == Role::Editor));
    assert!(matches!(&sent[1].verdict, Verdict::Invalid(why) if why.contains("two words")), "{:?}", sent[1]);
    world.assert_ledger_tells_the_state();
}

/// What sends links by mail, or shows them.
fn sending(
    world: &World,
    origin: Origin,
    organization: &Organization,
    to: &str,
    shown: bool,
    sealer: &Arc<Sealer>,
) -> (TokenText, Option<muster_model::Invitation>) {
    let (link, sealer) = (new_link(), Arc::clone(sealer));
    let entry = Entry { person: person_to(to.to_owned()), link: link.hash() };
    let (organization, text) = (organization.clone(), link.expose().to_owned());
    let sent = world.change(origin, move |tx, env| {
        let write = |_: usize, told: &invitations::Told<'_>| muster_engine::mail::Letter {
            to: told.to.clone(),
            subject: told.organization.to_owned(),
            text: format!("{} {text}", told.inviter.unwrap_or("the operator")),
            html: None,
        };
        let delivery = Delivery { mail: Some(Mailer { sealer: &sealer, write: &write }), shown };
        invitations::send(tx, env, &organization, std::slice::from_ref(&entry), &delivery)
    });
    (link, sent.unwrap().remove(0).invitation)
}

fn follow(world: &World, link: &TokenText, visitor: Option<&Account>) -> Followed {
    let (hash, visitor) = (link.hash(), visitor.map(|account| account.id));
    let now = muster_engine::Surroundings::now(&*world.clock);
    world.read(move |conn| invitations::follow(conn, now, &hash, visitor))
}

fn way(world: &World, link: &TokenText, visitor: Option<&Account>) -> Way {
    match follow(world, link, visitor) {
        Followed::Open(shown) => shown.way,
        Followed::Over(over) => panic!("{over:?}"),
    }
}

#[test]
fn org_3_the_mail_is_kept_in_the_same_commit_and_says_who_invites_where() {
    let world = World::new();
    let moby = world.organization("moby");
    let olga = world.account("olga@example.com", true);
    world.set_member(&moby, &olga, Role::Owner).unwrap();
    let sealer = crate::passwords::sealer();
    let (link, invitation) = sending(&world, by(&olga), &moby, ADA, false, &sealer);
    assert_eq!(invitation.unwrap().inviter, Some(olga.id));
    let letters = crate::passwords::mailbox(&world, &sealer);
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to.as_str(), letters[0].subject.as_str()), (ADA, "moby"));
    assert_eq!(letters[0].text, format!("{} {}", olga.username, link.expose()));
    let (_, twice) = sending(&world, by(&olga), &moby, ADA, false, &sealer);
    assert!(twice.is_none() && crate::passwords::mailbox(&world, &sealer).is_empty());
}

#[test]
fn acc_1_a_link_that_an_owner_was_shown_confirms_addresses_of_the_organizations_own_domains_alone() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.settings(okta, |settings| settings.sso = None);
    let olga = world.account("olga@example.com", true);
    world.set_member(&moby, &olga, Role::Owner).unwrap();
    let sealer = crate::passwords::sealer();
    let send = |origin, to: &str, shown| sending(&world, origin, &moby, to, shown, &sealer);
    let [own, foreign] = [ADA, "eve@elsewhere.org"].map(|to| send(by(&olga), to, true));
    assert_eq!((own.1.unwrap().confirms, foreign.1.unwrap().confirms), (true, false));
    assert_eq!(way(&world, &own.0, None), Way::NewAccount);
    assert_eq!(way(&world, &foreign.0, None), Way::SignIn, "whoever was shown it may have made it up");
    let (mailed, _) = send(by(&olga), "eva@elsewhere.org", false);
    assert_eq!(way(&world, &mailed, None), Way::NewAccount);
    let (vouched, _) = send(Origin::OPERATOR, "ewa@elsewhere.org", true);
    assert_eq!(way(&world, &vouched, None), Way::NewAccount, "the operator may vouch for anybody");
    // Whether somebody has an account does not change what is shown (SEC-5).
    let _eli = world.account("eli@elsewhere.org", true);
    let (known, _) = send(by(&olga), "eli@elsewhere.org", true);
    assert_eq!(way(&world, &known, None), Way::SignIn);
}

#[test]
fn org_3_a_link_shows_what_to_do_next_and_never_the_address() {
    let world = World::new();
    let moby = world.organization("moby");
    let (ada, bob) = (world.account(ADA, true), world.account("bob@example.com", true));
    let (_, link) = world.invite(&moby, ADA, Some("writers"), Role::Editor).unwrap();
    assert_eq!(way(&world, &link, Some(&ada)), Way::Answer);
    assert_eq!(way(&world, &link, Some(&bob)), Way::SwitchAccount);
    assert_eq!(way(&world, &link, None), Way::SignIn);
    let Followed::Open(shown) = follow(&world, &link, None) else { panic!("it is open") };
    assert_eq!(
        (shown.organization.as_str(), shown.role, shown.team.as_deref()),
        ("moby", Role::Editor, Some("writers"))
    );
    assert!(!format!("{shown:?}").contains("ada@"));

    let over = |link: &TokenText, visitor| match follow(&world, link, visitor) {
        Followed::Over(over) => over,
        Followed::Open(shown) => panic!("{shown:?}"),
    };
    world.advance(DAY * 14);
    assert_eq!(over(&link, None), Over::Expired);
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    accept(&world, &ada, &link).unwrap();
    assert_eq!(over(&link, Some(&ada)), Over::Accepted { is_member: true });
    assert_eq!(over(&link, Some(&bob)), Over::Accepted { is_member: false });
    let (_, link) = world.invite(&moby, "bob@example.com", None, Role::Member).unwrap();
    decline(&world, &bob, &link).unwrap();
    assert_eq!(over(&link, None), Over::Declined);
}

#[test]
fn acc_1_a_newcomer_gets_an_account_with_the_invited_address_confirmed_by_the_link() {
    let world = World::new();
    let moby = world.organization("moby");
    let _typed = world.account(ADA, false);
    let (_, link) = world.invite(&moby, ADA, Some("writers"), Role::Editor).unwrap();
    assert_eq!(way(&world, &link, None), Way::NewAccount, "an address that nobody confirmed is nobody's");
    let come_in = |link: &TokenText| {
        let (hash, password) = (link.hash(), muster_crypto::PasswordHash::new("hash".to_owned()));
        world.change(Origin::SYSTEM, move |tx, env| {
            let browser = muster_engine::credentials::Browser { device: [7; 32], session: crate::passwords::begin(7) };
            invitations::accept_as_newcomer(tx, env, &hash, " Ada Lovelace ", &password, &browser)
        })
    };
    let session = come_in(&link).unwrap();
    let ada = world.account_of(ADA).unwrap();
    assert_eq!((ada.id, ada.full_name.as_str(), ada.email_confirmed), (session.account, "Ada Lovelace", true));
    assert!(ada.password_set.is_some());
    assert_eq!(
        (world.membership(&moby, ADA).unwrap().role, world.teams(&moby, ADA)),
        (Role::Editor, vec!["writers".into()])
    );
    assert!(is_missing(&come_in(&link)), "single use");
    let (_, link) = world.invite(&world.organization("whale"), ADA, None, Role::Member).unwrap();
    assert!(is_invalid(&come_in(&link)), "whoever has an account signs in");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_a_newcomer_may_decline_and_who_has_an_account_signs_in_for_that() {
    let world = World::new();
    let moby = world.organization("moby");
    let (_, link) = world.invite(&moby, "eve@elsewhere.org", None, Role::Member).unwrap();
    let decline = |link: &TokenText| {
        let hash = link.hash();
        world.change(Origin::SYSTEM, move |tx, env| invitations::decline_as_newcomer(tx, env, &hash))
    };
    decline(&link).unwrap();
    assert_eq!(invitations_of(&world, &moby), 0);
    let _ada = world.account(ADA, true);
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    assert!(is_invalid(&decline(&link)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_an_invitation_is_sent_again_a_few_times_an_hour() {
    let world = World::new();
    let moby = world.organization("moby");
    let (invitation, _) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    let again = || {
        let organization = moby.clone();
        world.by_hand(move |tx, env| {
            invitations::resend(tx, env, &organization, invitation.id, &new_link().hash(), &Delivery::default())
        })
    };
    for _ in 0..RESENDS {
        again().unwrap();
    }
    assert!(is_invalid(&again()));
    world.advance(Duration::from_hours(1));
    again().unwrap();
}
