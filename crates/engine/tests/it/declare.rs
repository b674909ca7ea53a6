//! Declarations: `muster apply` and `muster export` (TEN-1, SSO-2, SSO-12, SCIM-1, ORG-4, GRP-8).

use std::{collections::BTreeMap, sync::Arc};

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin,
    declare::{
        self, Applied, AutoProvision, Company, Connection, Declaration, Domain, Holder, Mapping, Organization, Secrets,
    },
    ledger::{Replay, Subject, normal},
    tokens,
};
use muster_model::{
    Actor, ConnectionState, Email, Role, Source, UserStatement,
    client::{ClientScope, ClientSettings, GrantType},
    connection::{Oidc, Precedence, ScimSettings, SingleSignOn},
    ledger::Kind,
    precedence::Policy,
    session::ClientKind,
};
use muster_testkit::{TestDocuments, World, person};

fn organization(name: &str) -> Organization {
    Organization { name: name.into(), company: None, seats: None, owners: vec![], teams: vec![] }
}

fn domain(name: &str, organization: &str) -> Domain {
    Domain {
        name: name.into(),
        holder: Holder::Organization(organization.into()),
        verified: Some(true),
        auto_provision: None,
    }
}

fn connection(name: &str, organizations: &[&str]) -> Connection {
    Connection {
        name: name.into(),
        holder: None,
        organizations: organizations.iter().map(|name| (*name).to_owned()).collect(),
        domains: vec!["example.com".into()],
        default_organization: None,
        default_team: "company".into(),
        jit: true,
        precedence: Precedence::default(),
        highest_role: Role::Owner,
        state: ConnectionState::Active,
        scim: ScimSettings { enabled: true, ..ScimSettings::default() },
        pilots: vec![],
        enforced: false,
        successor: None,
        sso: None,
        mappings: vec![],
    }
}

/// `moby` and `whale`, a verified domain, and `okta` over both.
fn small() -> Declaration {
    Declaration {
        companies: vec![],
        organizations: vec![organization("moby"), organization("whale")],
        domains: vec![domain("example.com", "moby")],
        connections: vec![Connection {
            default_organization: Some("moby".into()),
            ..connection("okta", &["moby", "whale"])
        }],
        clients: vec![],
        webhooks: vec![],
    }
}

/// Everything that can be stated.
fn full() -> Declaration {
    let mut stated = small();
    stated.companies.push(Company { name: "acme".into(), owners: vec![Email::parse("ceo@example.com").unwrap()] });
    stated.organizations[0].company = Some("acme".into());
    stated.organizations[0].seats = Some(50);
    stated.organizations[0].owners = vec![Email::parse("Ada@example.com").unwrap()];
    stated.organizations[0].teams = vec!["backend".into(), "design".into()];
    stated.domains.push(Domain {
        name: "acme.example".into(),
        holder: Holder::Company("acme".into()),
        verified: Some(true),
        auto_provision: Some(AutoProvision::Into("moby".into())),
    });
    stated.domains.push(Domain {
        name: "later.example".into(),
        holder: Holder::Organization("whale".into()),
        verified: None,
        auto_provision: None,
    });
    stated.connections[0].domains.insert(0, "acme.example".into());
    stated.connections[0].precedence = Precedence { role: Policy::Scim, ..Precedence::default() };
    stated.connections[0].mappings = vec![Mapping {
        pattern: "Engineering *".into(),
        organization: "whale".into(),
        team: Some("engineers".into()),
        role: Some(Role::Editor),
    }];
    stated.connections.push(Connection {
        holder: Some(Holder::Company("acme".into())),
        domains: vec!["acme.example".into()],
        scim: ScimSettings::default(),
        sso: Some(SingleSignOn::Oidc(Box::new(Oidc {
            issuer: "https://idp.example".into(),
            client_id: "muster".into(),
            ..Oidc::default()
        }))),
        state: ConnectionState::Draft,
        ..connection("entra", &["moby"])
    });
    // Those of the installation come first, as they are exported.
    stated.clients.push(client("app", None));
    stated.clients.push(client("whale app", Some("whale")));
    stated.webhooks.push(webhook(None));
    stated.webhooks.push(webhook(Some("whale")));
    stated
}

fn webhook(organization: Option<&str>) -> declare::Webhook {
    declare::Webhook {
        name: "app".into(),
        organization: organization.map(str::to_owned),
        url: "https://hooks.example/".into(),
        events: vec!["member.*".into()],
    }
}

fn client(name: &str, organization: Option<&str>) -> declare::Client {
    declare::Client {
        name: name.into(),
        organization: organization.map(str::to_owned),
        kind: ClientKind::Web,
        settings: ClientSettings {
            confidential: true,
            redirect_uris: vec!["https://app.example/callback".into()],
            grants: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
            scopes: ClientScope::ALL.into(),
            ..ClientSettings::default()
        },
    }
}

#[test]
fn clients_are_stated_with_what_is_wrong_said_and_pruned() {
    let world = World::new();
    apply(&world, &full());
    let mut stated = full();
    stated.clients[0].settings.redirect_uris[0] = "http://app.example/callback".into();
    stated.clients[1].organization = None;
    let wrong = try_apply(&world, &stated, false).unwrap_err().to_string();
    assert!(wrong.contains("client `app`: `redirect_uris`") && wrong.contains("https://"), "{wrong}");
    stated.clients.remove(0);
    let taken = try_apply(&world, &stated, false).unwrap_err().to_string();
    assert!(taken.contains("another holder's"), "{taken}");
    stated.clients.clear();
    assert_eq!(apply(&world, &stated).changes.len(), 0, "what is not named is left alone");
    try_apply(&world, &stated, true).unwrap();
    assert_eq!(export(&world).clients, Vec::new());
}

#[test]
fn webhooks_are_stated_with_what_is_wrong_said_and_pruned() {
    let world = World::new();
    let applied = apply(&world, &full());
    assert_eq!(applied.webhooks.keys().collect::<Vec<_>>(), ["app", "whale/app"]);
    assert_eq!(applied.new_webhooks.len(), 2);
    assert!(apply(&world, &full()).new_webhooks.is_empty());
    let mut stated = full();
    stated.webhooks[0].events = vec!["member.gone".into()];
    let wrong = try_apply(&world, &stated, false).unwrap_err().to_string();
    assert!(wrong.contains("webhook `app`: `events`") && wrong.contains("member.gone"), "{wrong}");
    let others = Declaration { webhooks: vec![webhook(None)], ..Declaration::default() };
    let refused = apply_as(&world, "ada@example.com", &others).unwrap_err().to_string();
    assert!(refused.contains("only the operator"), "{refused}");
    let others = Declaration { webhooks: vec![webhook(Some("whale"))], ..Declaration::default() };
    let refused = apply_as(&world, "ada@example.com", &others).unwrap_err().to_string();
    assert!(refused.contains("whale"), "{refused}");
    stated.webhooks.clear();
    assert_eq!(apply(&world, &stated).changes.len(), 0, "what is not named is left alone");
    try_apply(&world, &stated, true).unwrap();
    assert_eq!(export(&world).webhooks, Vec::new());
    assert_ledger_tells_what_is_declared(&world);
}

fn secrets(declaration: &Declaration) -> Secrets {
    let hash = |prefix| TokenText::generate(prefix).unwrap().hash();
    let owners = declaration.organizations.iter().flat_map(|organization| &organization.owners);
    Secrets {
        scim: declaration.connections.iter().map(|c| (c.name.clone(), hash(TokenPrefix::Scim))).collect(),
        links: owners.map(|email| (email.key(), hash(TokenPrefix::Link))).collect(),
        clients: declaration.clients.iter().map(|c| (c.name.clone(), hash(TokenPrefix::Client))).collect(),
    }
}

fn try_apply(world: &World, declaration: &Declaration, prune: bool) -> Result<Applied, EngineError> {
    let (clock, declaration, secrets) = (Arc::clone(&world.clock), declaration.clone(), secrets(declaration));
    world.store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        declare::apply(tx, &mut env, &declaration, prune, &secrets, &TestDocuments)
    })
}

fn apply(world: &World, declaration: &Declaration) -> Applied {
    try_apply(world, declaration, false).unwrap()
}

fn export(world: &World) -> Declaration {
    world.read(declare::export)
}

/// What every write leaves behind: rows of the ledger, and the numbers by which nodes notice changes.
fn traces(world: &World) -> (usize, Vec<(String, i64)>) {
    world.read(|conn| {
        let mut rows = 0;
        conn.each_ledger_row(|_| {
            rows += 1;
            Ok(())
        })?;
        Ok((rows, conn.versions()?))
    })
}

fn model_organization(world: &World, name: &str) -> muster_model::Organization {
    let name = name.to_owned();
    world.read(move |conn| Ok(conn.organization_by_name(&name)?)).unwrap()
}

fn model_connection(world: &World, name: &str) -> muster_model::Connection {
    let name = name.to_owned();
    world.read(move |conn| Ok(conn.connection_by_name(&name)?)).unwrap()
}

fn with_role(email: &str, role: Role) -> UserStatement {
    UserStatement { role: Some(role), ..person(email) }
}

/// Connections, domains, companies and tokens are as the ledger tells, too.
fn assert_ledger_tells_what_is_declared(world: &World) {
    world.assert_ledger_tells_the_state();
    world.read(|conn| {
        let mut replay = Replay::default();
        conn.each_ledger_row(|row| {
            replay.add(row).unwrap();
            Ok(())
        })?;
        let told = replay.state().unwrap();
        let mut rows = BTreeMap::new();
        for company in conn.companies()? {
            let fields = serde_json::to_value(&company).unwrap();
            rows.insert(Subject::new(Kind::Company, company.id), (company.version, normal(fields)));
        }
        for domain in conn.domains()? {
            let fields = serde_json::to_value(&domain).unwrap();
            rows.insert(Subject::new(Kind::Domain, domain.id), (domain.version, normal(fields)));
        }
        for id in conn.connection_ids()? {
            let connection = conn.connection(id)?.unwrap();
            let fields = serde_json::to_value(&connection).unwrap();
            rows.insert(Subject::new(Kind::Connection, id), (connection.version, normal(fields)));
        }
        let kinds = [Kind::Company, Kind::Domain, Kind::Connection];
        let told: BTreeMap<_, _> = told.into_iter().filter(|(subject, _)| kinds.contains(&subject.kind)).collect();
        assert_eq!(told, rows);
        Ok(())
    });
}

#[test]
fn applying_again_changes_nothing_and_writes_nothing() {
    let world = World::new();
    let first = apply(&world, &full());
    assert!(!first.changes.is_empty());
    let before = traces(&world);
    let second = apply(&world, &full());
    assert!(second.changes.is_empty(), "{:?}", second.changes);
    assert!(second.tokens.is_empty() && second.links.is_empty());
    assert_eq!(traces(&world), before);
    assert_eq!(second.connections, first.connections);
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn mig_2_a_plan_shows_the_change_and_writes_nothing() {
    let world = World::new();
    let (clock, stated) = (Arc::clone(&world.clock), full());
    let (again, hashes) = (stated.clone(), secrets(&stated));
    let plan = world.store.rehearse_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        declare::apply(tx, &mut env, &again, false, &hashes, &TestDocuments)
    });
    let (plan, before): (Applied, _) = (plan.unwrap(), export(&world));
    assert_eq!(before, Declaration::default());
    let done = apply(&world, &stated);
    let told = |applied: &Applied| applied.changes.iter().map(|change| (change.event, change.kind)).collect::<Vec<_>>();
    assert_eq!(told(&plan), told(&done));
}

#[test]
fn changes_are_told_by_name() {
    let world = World::new();
    apply(&world, &small());
    let mut stated = small();
    stated.connections[0].default_organization = Some("whale".into());
    let changes = apply(&world, &stated).changes;
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((change.kind, change.name.as_str()), (Kind::Connection, "okta"));
    let [field] = change.fields.as_slice() else { panic!("{change:?}") };
    assert_eq!(field.name, "settings.default_organization");
    assert_eq!((field.old.as_str(), field.new.as_str()), (Some("moby"), Some("whale")));
}

#[test]
fn what_is_exported_applies_to_the_same() {
    let world = World::new();
    apply(&world, &full());
    let exported = export(&world);
    assert!(apply(&world, &exported).changes.is_empty());
    let other = World::new();
    apply(&other, &exported);
    assert_eq!(export(&other), exported);
    assert_eq!(exported.organizations[0].owners[0].as_str(), "Ada@example.com");
}

#[test]
fn refusals_name_the_key_and_the_value() {
    type Spoil = fn(&mut Declaration);
    let cases: [(Spoil, &str); 16] = [
        (|d| d.organizations[0].name = "two words".into(), "`name = \"two words\"`"),
        (|d| d.organizations[0].seats = Some(-1), "`seats = -1`"),
        (|d| d.organizations[0].company = Some("nobody".into()), "`company = \"nobody\"`"),
        (|d| d.organizations.push(organization("MOBY")), "`name = \"moby\"`: stated twice"),
        (|d| d.domains[0].name = "gmail.com".into(), "`name = \"gmail.com\"`: this is a public mail domain"),
        (|d| d.domains[0].name = "no domain".into(), "is not a domain"),
        (|d| d.domains[0].holder = Holder::Organization("nobody".into()), "`organization = \"nobody\"`"),
        (|d| d.connections[0].name = " ".into(), "`name = \" \"`"),
        (|d| d.connections[0].organizations.clear(), "`organizations = []`"),
        (|d| d.connections[0].organizations.push("nobody".into()), "`organizations = \"nobody\"`: there is no such"),
        (|d| d.connections[0].domains = vec!["other.example".into()], "`domains = \"other.example\"`"),
        (|d| d.connections[0].default_organization = Some("nobody".into()), "`default_organization = \"nobody\"`"),
        (|d| d.connections[0].default_team = "@".into(), "`default_team = \"@\"`"),
        (|d| d.connections[0].organizations.push("moby".into()), "stated twice"),
        (
            |d| d.connections[0].mappings.push(mapping("x", "nobody")),
            "`organization = \"nobody\"`: the connection does",
        ),
        (|d| d.connections[0].mappings.push(mapping(" ", "moby")), "`pattern = \"\"`"),
    ];
    let world = World::new();
    for (spoil, expected) in cases {
        let mut stated = small();
        spoil(&mut stated);
        let text = try_apply(&world, &stated, false).unwrap_err().to_string();
        assert!(text.contains(expected), "{text} does not say {expected}");
    }
    assert_eq!(export(&world), Declaration::default(), "nothing of a refused declaration is stored");
}

fn mapping(pattern: &str, organization: &str) -> Mapping {
    Mapping { pattern: pattern.into(), organization: organization.into(), team: Some("engineers".into()), role: None }
}

#[test]
fn ten_1_a_connection_uses_only_domains_of_its_holder_or_its_company() {
    let world = World::new();
    let mut stated = small();
    stated.domains[0].holder = Holder::Organization("whale".into());
    let text = try_apply(&world, &stated, false).unwrap_err().to_string();
    assert!(text.contains("`domains = \"example.com\"`") && text.contains("TEN-1"), "{text}");
    stated.companies.push(Company { name: "acme".into(), owners: vec![] });
    stated.organizations[0].company = Some("acme".into());
    stated.domains[0].holder = Holder::Company("acme".into());
    apply(&world, &stated);
    assert_eq!(model_connection(&world, "okta").domains, ["example.com"]);
}

#[test]
fn org_4_a_verified_domain_has_one_holder() {
    let world = World::new();
    let mut stated = small();
    stated.domains.push(Domain { verified: None, ..domain("example.com", "whale") });
    apply(&world, &stated);
    stated.domains[1].verified = Some(true);
    let text = try_apply(&world, &stated, false).unwrap_err().to_string();
    assert!(text.contains("organization `moby` holds the verified domain"), "{text}");
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn org_4_domains_pass_to_the_company_that_the_organization_joins() {
    let world = World::new();
    apply(&world, &small());
    let mut stated = small();
    stated.companies.push(Company { name: "acme".into(), owners: vec![] });
    stated.organizations[0].company = Some("acme".into());
    apply(&world, &stated);
    assert_eq!(export(&world).domains[0].holder, Holder::Company("acme".into()));
    assert!(apply(&world, &stated).changes.is_empty(), "the old holder's name still finds it");
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn org_4_a_domain_that_is_verified_later_counts_for_connections_that_are_not_named() {
    let world = World::new();
    let mut stated = small();
    stated.domains[0].verified = None;
    apply(&world, &stated);
    assert!(model_connection(&world, "okta").domains.is_empty());
    let alone = Declaration { domains: small().domains, ..Declaration::default() };
    apply(&world, &alone);
    let okta = model_connection(&world, "okta");
    assert_eq!((okta.domains, okta.version), (vec!["example.com".to_owned()], 2));
    apply(&world, &stated);
    assert_eq!(model_connection(&world, "okta").version, 2, "saying nothing of the proof leaves it");
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn org_8_guests_are_told_apart_when_a_domain_is_verified() {
    let world = World::new();
    let mut stated = small();
    stated.domains.clear();
    stated.connections.clear();
    stated.organizations[0].owners = vec![Email::parse("ada@elsewhere.example").unwrap()];
    apply(&world, &stated);
    let moby = model_organization(&world, "moby");
    assert!(!world.membership(&moby, "ada@elsewhere.example").unwrap().guest);
    stated.domains = small().domains;
    apply(&world, &stated);
    assert!(world.membership(&moby, "ada@elsewhere.example").unwrap().guest);
    stated.domains[0].verified = Some(false);
    apply(&world, &stated);
    assert!(!world.membership(&moby, "ada@elsewhere.example").unwrap().guest);
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn scim_1_a_connection_without_a_live_token_gets_one() {
    let world = World::new();
    let mut stated = small();
    stated.connections[0].scim.enabled = false;
    assert!(apply(&world, &stated).tokens.is_empty());
    assert_eq!(model_connection(&world, "okta").scim_since, None);
    stated.connections[0].scim.enabled = true;
    let token = apply(&world, &stated).tokens["okta"];
    let since = model_connection(&world, "okta").scim_since.unwrap();
    assert!(apply(&world, &stated).tokens.is_empty());
    let okta = model_connection(&world, "okta");
    world.by_hand(move |tx, env| tokens::revoke(tx, env, &okta, token)).unwrap();
    assert_ne!(apply(&world, &stated).tokens["okta"], token);
    stated.connections[0].scim.enabled = false;
    apply(&world, &stated);
    stated.connections[0].scim.enabled = true;
    apply(&world, &stated);
    assert_eq!(model_connection(&world, "okta").scim_since, Some(since), "it was first enabled then (SCIM-6)");
}

#[test]
fn org_1_owners_are_added_and_a_new_account_gets_a_link() {
    let world = World::new();
    let mut stated = small();
    stated.organizations[0].owners = vec![Email::parse("ada@example.com").unwrap()];
    let applied = apply(&world, &stated);
    let moby = model_organization(&world, "moby");
    let ada = world.account_of("ada@example.com").unwrap();
    assert_eq!(applied.links["ada@example.com"], ada.id);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Owner);
    stated.organizations[0].owners = vec![Email::parse("bob@example.com").unwrap()];
    apply(&world, &stated);
    assert!(world.is_member(&moby, "ada@example.com"), "owners adds");
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().role, Role::Owner);
}

#[test]
fn grp_8_a_changed_table_moves_the_members_of_groups() {
    let world = World::new();
    apply(&world, &small());
    let okta = model_connection(&world, "okta").id;
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "Engineering Berlin", &[ada.id]).unwrap();
    let whale = model_organization(&world, "whale");
    assert!(!world.is_member(&whale, "ada@example.com"));
    let mut stated = small();
    stated.connections[0].mappings = vec![mapping("engineering *", "whale")];
    apply(&world, &stated);
    assert_eq!(world.teams(&whale, "ada@example.com"), ["engineers"]);
    assert!(apply(&world, &stated).changes.is_empty());
    apply(&world, &small());
    assert!(world.teams(&whale, "ada@example.com").is_empty());
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn org_1_a_lower_highest_role_caps_the_roles_given_before() {
    let world = World::new();
    let mut stated = small();
    stated.organizations[0].owners = vec![Email::parse("ada@example.com").unwrap()];
    apply(&world, &stated);
    let okta = model_connection(&world, "okta").id;
    world.create_user(okta, with_role("bob@example.com", Role::Owner)).unwrap();
    let moby = model_organization(&world, "moby");
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().role, Role::Owner);
    stated.connections[0].highest_role = Role::Editor;
    apply(&world, &stated);
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().role, Role::Editor);
    stated.connections[0].highest_role = Role::Owner;
    apply(&world, &stated);
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().role, Role::Owner);
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn sso_12_an_organization_that_is_no_longer_covered_keeps_its_members_by_hand() {
    let world = World::new();
    apply(&world, &small());
    let okta = model_connection(&world, "okta").id;
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "whale:support", &[ada.id]).unwrap();
    let whale = model_organization(&world, "whale");
    let mut stated = small();
    stated.connections[0].organizations = vec!["moby".into()];
    apply(&world, &stated);
    assert!(world.is_member(&whale, "ada@example.com"));
    assert_eq!(world.teams(&whale, "ada@example.com"), ["support"]);
    assert!(world.grants(&whale, "ada@example.com").iter().all(|grant| grant.source == Source::Manual));
    let inactive = UserStatement { active: false, ..person("ada@example.com") };
    world.put_user(okta, ada.id, inactive).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"), "only owners end it now");
    assert!(!world.is_member(&model_organization(&world, "moby"), "ada@example.com"));
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn sso_12_a_pruned_connection_leaves_members_teams_and_roles() {
    let world = World::new();
    let applied = apply(&world, &small());
    let okta = applied.connections["okta"];
    let editor = world.create_user(okta, with_role("ada@example.com", Role::Editor)).unwrap();
    world.create_group(okta, "moby:backend", &[editor.id]).unwrap();
    let left = world.create_user(okta, person("bob@example.com")).unwrap();
    world.put_user(okta, left.id, UserStatement { active: false, ..person("bob@example.com") }).unwrap();
    let stated = Declaration { connections: vec![], ..small() };
    try_apply(&world, &stated, true).unwrap();

    let connection = model_connection(&world, "okta");
    assert_eq!((connection.state, connection.organizations.len()), (ConnectionState::Off, 0));
    let again = connection.clone();
    let listed = world.read(move |conn| tokens::list(conn, &again));
    assert!(listed.iter().all(|token| token.revoked.is_some()));
    let moby = model_organization(&world, "moby");
    assert_eq!(world.teams(&moby, "ada@example.com"), ["backend", "company"]);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor);
    assert!(world.grants(&moby, "ada@example.com").iter().all(|grant| grant.source == Source::Manual));
    assert!(!world.is_member(&moby, "bob@example.com"));
    assert!(world.grants(&moby, "bob@example.com").is_empty());
    assert_ledger_tells_what_is_declared(&world);

    assert!(try_apply(&world, &stated, true).unwrap().changes.is_empty());
    assert!(export(&world).connections.is_empty());
    let returned = apply(&world, &small());
    assert_eq!(returned.connections["okta"], okta, "the name brings it back");
    assert!(returned.tokens.contains_key("okta"));
}

#[test]
fn pruned_organizations_must_be_empty_and_their_names_are_not_used_again() {
    let world = World::new();
    let mut stated = small();
    stated.organizations[1].owners = vec![Email::parse("ada@example.com").unwrap()];
    apply(&world, &stated);
    let less = Declaration {
        organizations: vec![organization("moby")],
        connections: vec![connection("okta", &["moby"])],
        ..small()
    };
    let text = try_apply(&world, &less, true).unwrap_err().to_string();
    assert!(text.contains("organization `whale` is not named and has 1 members"), "{text}");
    let whale = model_organization(&world, "whale");
    let other = world.account("bob@example.com", true);
    world.set_member(&whale, &other, Role::Owner).unwrap();
    assert!(try_apply(&world, &less, true).is_err());

    let empty = World::new();
    apply(&empty, &small());
    try_apply(&empty, &less, true).unwrap();
    assert_eq!(export(&empty).organizations, less.organizations);
    let text = try_apply(&empty, &small(), false).unwrap_err().to_string();
    assert!(text.contains("`whale` is, or was, an organization's name"), "{text}");
    assert_ledger_tells_what_is_declared(&empty);
}

#[test]
fn pruned_domains_are_gone_from_connections_too() {
    let world = World::new();
    apply(&world, &small());
    let mut stated = small();
    stated.domains = vec![domain("example.org", "moby")];
    stated.connections[0].domains = vec!["example.org".into()];
    try_apply(&world, &stated, true).unwrap();
    assert_eq!(export(&world).domains, stated.domains);
    assert_eq!(model_connection(&world, "okta").domains, ["example.org"]);
    assert_ledger_tells_what_is_declared(&world);
}

#[test]
fn ten_1_consent_is_an_owners_is_taken_back_with_the_coverage_and_told_by_the_ledger() {
    let world = World::new();
    let mut stated = small();
    stated.organizations[0].owners = vec![Email::parse("ada@example.com").unwrap()];
    stated.organizations[1].owners = vec![Email::parse("bo@example.com").unwrap()];
    apply(&world, &stated);
    let (whale, okta) = (model_organization(&world, "whale"), model_connection(&world, "okta"));
    world
        .create_user(okta.id, UserStatement { organization: Some("whale".into()), ..person("cy@example.com") })
        .unwrap();
    let act = |email: &str, consents: bool| {
        let actor = Actor::Account(world.account_of(email).unwrap().id.0);
        let (clock, okta) = (Arc::clone(&world.clock), okta.clone());
        world.store.write_blocking(move |tx| {
            let origin = Origin { actor, ..Origin::OPERATOR };
            let mut env = Env::new(Arc::clone(&clock) as _, origin);
            let okta = tx.connection(okta.id)?.unwrap();
            let whale = tx.organization_by_name("whale")?.unwrap();
            match consents {
                true => declare::consent(tx, &mut env, &whale, &okta),
                false => declare::withdraw_consent(tx, &mut env, &whale, &okta, &TestDocuments),
            }
        })
    };
    assert!(matches!(act("ada@example.com", true), Err(EngineError::NotFound { .. })), "who is no owner there");
    assert!(matches!(act("ada@example.com", false), Err(EngineError::NotFound { .. })));
    act("bo@example.com", true).unwrap();
    assert_eq!(model_organization(&world, "whale").consents, [okta.id]);
    act("bo@example.com", false).unwrap();
    assert!(model_organization(&world, "whale").consents.is_empty());
    assert!(model_connection(&world, "okta").covered(whale.id).is_none());
    assert!(world.is_member(&whale, "cy@example.com"), "SSO-12: who is in stays in, by hand");
    assert!(matches!(act("bo@example.com", false), Err(EngineError::NotFound { .. })), "nothing is left to take back");
    world.assert_ledger_tells_the_state();
}

/// Applies on behalf of somebody.
fn apply_as(world: &World, email: &str, declaration: &Declaration) -> Result<Applied, EngineError> {
    let actor = Actor::Account(world.account_of(email).unwrap().id.0);
    let (clock, declaration, secrets) = (Arc::clone(&world.clock), declaration.clone(), secrets(declaration));
    world.store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin { actor, ..Origin::OPERATOR });
        declare::apply(tx, &mut env, &declaration, false, &secrets, &TestDocuments)
    })
}

#[test]
fn ten_1_owners_of_an_organization_do_not_decide_about_the_domains_of_its_company() {
    let world = World::new();
    let mut stated = full();
    stated.connections = vec![connection("okta", &["moby"])];
    stated.connections[0].domains.clear();
    stated.clients.clear();
    apply(&world, &stated);
    let refused = |connections: Vec<Connection>, domains: Vec<Domain>| {
        let tried = Declaration { connections, domains, ..Declaration::default() };
        apply_as(&world, "ada@example.com", &tried).unwrap_err().to_string()
    };
    let with = |mut connection: Connection| {
        connection.domains = vec!["acme.example".into()];
        connection
    };
    let text = refused(vec![with(stated.connections[0].clone())], vec![]);
    assert!(text.contains("ask its owners"), "{text}");
    let text = refused(vec![with(connection("mine", &["moby"]))], vec![]);
    assert!(text.contains("ask its owners"), "{text}");
    for (verified, into) in [(Some(false), None), (None, Some(AutoProvision::Off))] {
        let claim = Domain { verified, auto_provision: into, ..domain("acme.example", "moby") };
        let text = refused(vec![], vec![claim]);
        assert!(text.contains("its owners decide about it"), "{text}");
    }
    // The company's owners add it; what is there may then be stated by whoever owns the connection.
    let added = Declaration { connections: vec![with(stated.connections[0].clone())], ..Declaration::default() };
    apply(&world, &added);
    let applied = apply_as(&world, "ada@example.com", &added).unwrap();
    assert_eq!(applied.changes.len(), 0);
    assert_eq!(model_connection(&world, "okta").domains, ["acme.example"]);
}

#[test]
fn ten_1_an_organization_that_leaves_its_company_keeps_neither_its_domains_nor_its_connections() {
    let world = World::new();
    let mut stated = full();
    stated.clients.clear();
    stated.connections[1].state = ConnectionState::Active;
    apply(&world, &stated);
    let (moby, entra) = (model_organization(&world, "moby"), model_connection(&world, "entra"));
    assert!(entra.covered(moby.id).is_some());
    assert_eq!(model_connection(&world, "okta").domains, ["acme.example", "example.com"]);
    let left = Organization { company: None, ..stated.organizations[0].clone() };
    let leaving = Declaration { organizations: vec![left.clone()], ..Declaration::default() };
    let applied = apply(&world, &leaving);
    assert!(applied.changes.iter().any(|change| change.name == "entra"), "it is told: {:?}", applied.changes);
    assert_eq!(model_connection(&world, "okta").domains, ["example.com"], "its own stays");
    assert!(model_connection(&world, "entra").covered(moby.id).is_none());
    assert_ledger_tells_what_is_declared(&world);
    // The operator may say that a connection covers it all the same.
    let back = Declaration { organizations: vec![stated.organizations[0].clone()], ..Declaration::default() };
    apply(&world, &back);
    let both = Declaration {
        organizations: vec![left],
        connections: vec![stated.connections[1].clone()],
        ..Declaration::default()
    };
    apply(&world, &both);
    assert!(model_connection(&world, "entra").covered(moby.id).is_some());
}
