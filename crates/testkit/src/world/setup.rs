//! What there is before anything happens.

use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{EngineError, accounts, connections, domains, organizations, tokens};
use muster_model::{
    Account, AccountId, Connection, ConnectionId, ConnectionState, Domain, DomainId, Email, Organization, Rule, Token,
    TokenId,
    connection::Settings,
    domain::{Holder, Proof},
    mapping::Entry,
    token::{Scopes, TokenKind},
};

use super::World;

impl World {
    /// A new organization with unlimited seats.
    ///
    /// # Panics
    ///
    /// When there is one of this name.
    #[must_use]
    pub fn organization(&self, name: &str) -> Organization {
        let name = name.to_owned();
        self.by_hand(move |tx, env| organizations::create(tx, env, &name, None, None)).expect("a new organization")
    }

    /// Limits an organization's seats.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn seats(&self, organization: &Organization, seats: i64) {
        let id = organization.id;
        self.by_hand(move |tx, env| {
            let organization = tx.organization(id)?.expect("the organization exists");
            organizations::set_seats(tx, env, &organization, Some(seats))
        })
        .expect("seats are set");
    }

    /// Begins a connection named `name` over these organizations; the first one holds it.
    #[must_use]
    pub fn connection<'w>(&'w self, name: &str, organizations: &[&Organization]) -> ConnectionBuilder<'w> {
        ConnectionBuilder {
            world: self,
            name: name.to_owned(),
            organizations: organizations.iter().map(|organization| (*organization).clone()).collect(),
            domains: vec!["example.com".to_owned()],
            mappings: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// Changes a connection's settings, and nothing that follows from them.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn settings(&self, connection: ConnectionId, change: impl Fn(&mut Settings) + Send + 'static) {
        self.store
            .write_blocking::<_, EngineError, _>(move |tx| {
                let mut connection = tx.connection(connection)?.expect("the connection exists");
                change(&mut connection.settings);
                connection.version += 1;
                tx.update_connection(&connection)?;
                connections::changed(tx)
            })
            .expect("settings are stored");
    }

    /// A SCIM token for a connection: its text.
    ///
    /// # Panics
    ///
    /// When the store fails.
    #[must_use]
    pub fn scim_token(&self, connection: ConnectionId) -> TokenText {
        let token = TokenText::generate(TokenPrefix::Scim).expect("randomness");
        let hash = token.hash();
        self.by_hand(move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            tokens::create(tx, env, &connection, &hash, "test", None)
        })
        .expect("a token is made");
        token
    }

    /// A sign-in link of the operator's for an account, whose secret has this hash.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn sign_in_link(&self, account: AccountId, hash: TokenHash) {
        self.by_hand(move |tx, env| {
            let token = Token {
                id: TokenId(env.new_id()),
                kind: TokenKind::Link,
                scope: account.0,
                label: "sign-in link".to_owned(),
                scopes: Scopes::default(),
                disabled: None,
                created_by: env.origin().actor,
                created: env.now(),
                expires: None,
                last_used: None,
                revoked: None,
            };
            Ok(tx.insert_token(&token, hash.as_bytes())?)
        })
        .expect("a link is made");
    }

    /// An account that exists before any IdP speaks, member of nothing.
    ///
    /// # Panics
    ///
    /// When the store fails.
    #[must_use]
    pub fn account(&self, email: &str, confirmed: bool) -> Account {
        let email = Email::parse(email).expect("an address");
        self.by_hand(move |tx, env| {
            let (account, _) = accounts::find_or_create(tx, env, &email, Rule::Acc1)?;
            let account = Account { email_confirmed: confirmed, ..account };
            accounts::insert(tx, env, &account, Rule::Acc1)?;
            Ok(account)
        })
        .expect("an account is made")
    }
}

/// A connection in the making.
pub struct ConnectionBuilder<'w> {
    world: &'w World,
    name: String,
    organizations: Vec<Organization>,
    domains: Vec<String>,
    mappings: Vec<Entry>,
    settings: Settings,
}

impl ConnectionBuilder<'_> {
    /// These verified domains instead of `example.com`.
    #[must_use]
    pub fn domains(mut self, domains: &[&str]) -> Self {
        self.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self
    }

    /// A mapping table.
    #[must_use]
    pub fn mappings(mut self, mappings: Vec<Entry>) -> Self {
        self.mappings = mappings;
        self
    }

    /// Changes settings. SCIM is enabled already, and the first organization is the default.
    #[must_use]
    pub fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Makes it.
    ///
    /// # Panics
    ///
    /// When the store fails, or there are no organizations.
    #[must_use]
    pub fn build(self) -> ConnectionId {
        let Self { world, name, organizations, domains, mappings, mut settings } = self;
        settings.scim.enabled = true;
        let holder = organizations.first().expect("an organization").id;
        settings.default_organization.get_or_insert(holder);
        world
            .by_hand(move |tx, env| {
                let mut ids = Vec::new();
                for name in &domains {
                    let claimed = tx.domains_named(name)?;
                    let id = match claimed.first() {
                        Some(domain) => domain.id,
                        None => {
                            let (id, holder) = (DomainId(env.new_id()), Holder::Organization(holder));
                            let domain = Domain::claim(id, name.clone(), holder, "test".to_owned());
                            let domain = domain.proven(Proof::Operator);
                            tx.insert_domain(&domain, env.now())?;
                            domains::hold(tx, env, &domain)?;
                            domain.id
                        }
                    };
                    ids.push(id);
                }
                let connection = Connection {
                    id: ConnectionId(env.new_id()),
                    name: name.clone(),
                    holder: Holder::Organization(holder),
                    state: ConnectionState::Active,
                    settings: settings.clone(),
                    organizations: Vec::new(),
                    domains: Vec::new(),
                    mappings: Vec::new(),
                    scim_since: Some(env.now()),
                    version: 1,
                };
                tx.insert_connection(&connection, env.now())?;
                let covered: Vec<_> = organizations.iter().map(|organization| organization.id).collect();
                tx.replace_coverage(connection.id, &covered, &ids, &mappings)?;
                Ok(connection.id)
            })
            .expect("a connection is made")
    }
}
