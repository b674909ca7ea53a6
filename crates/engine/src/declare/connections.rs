//! Connections: their settings, what they cover, their SCIM token.

use std::collections::BTreeSet;

use muster_model::{
    Connection, ConnectionId, ConnectionState, DomainId, MappingId, OrganizationId, Rule,
    connection::{Settings, SingleSignOn},
    domain::Holder,
    ledger::{Event, Kind},
    mapping::Entry,
    token::TokenKind,
};
use muster_store::Conn;

use super::{Declaration, Work, draft::Row, quoted, reevaluate, refuse};
use crate::{EngineError, connections, credentials::enforcement, domains, ledger::Subject, metadata, setup, tokens};

/// What the token that `apply` makes is called.
const TOKEN_LABEL: &str = "made by apply";

/// A connection as it was before, with every domain it names, verified or not.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) connection: Connection,
    pub(super) domains: BTreeSet<DomainId>,
}

/// What a connection shall be.
#[derive(Debug, Clone)]
struct Wanted {
    holder: Holder,
    settings: Settings,
    organizations: BTreeSet<OrganizationId>,
    domains: BTreeSet<DomainId>,
    mappings: Vec<Entry>,
}

/// The connections that a declaration can change, as they are: those that it names; all, where it is about domains,
/// organizations or what it does not name.
pub(super) fn concerned(
    conn: &mut Conn<'_>,
    declaration: &Declaration,
    prune: bool,
) -> Result<Vec<Known>, EngineError> {
    let only_connections = declaration.domains.is_empty() && declaration.organizations.is_empty() && !prune;
    let ids = if only_connections {
        let mut ids = Vec::new();
        for stated in &declaration.connections {
            ids.extend(conn.connection_by_name(&stated.name)?.map(|connection| connection.id));
        }
        ids
    } else {
        conn.connection_ids()?
    };
    let mut known = Vec::new();
    for id in ids {
        let domains = conn.connection_domain_ids(id)?.into_iter().collect();
        known.extend(conn.connection(id)?.map(|connection| Known { connection, domains }));
    }
    Ok(known)
}

impl Work<'_, '_> {
    pub(super) fn connections(&mut self, before: &[Known]) -> Result<(), EngineError> {
        for stated in &self.declaration.connections {
            let known = before.iter().find(|known| known.connection.name == stated.name);
            self.covered = match known {
                Some(known) => self.nameable(&known.connection, stated)?,
                None => BTreeSet::new(),
            };
            let wanted = self.wanted(stated, known)?;
            let place = format!("connection `{}`", stated.name);
            self.may_connect(&place, known.map(|known| &known.connection), wanted.holder)?;
            self.may_enable_scim(&place, known.map(|known| &known.connection), stated)?;
            let connection = match known {
                Some(known) => self.change_connection(known, stated.state, wanted)?,
                None => self.create_connection(stated, wanted)?,
            };
            self.applied.connections.insert(stated.name.clone(), connection.id);
            self.token(&connection)?;
        }
        Ok(())
    }

    /// Resolves a statement's names.
    fn wanted(&mut self, stated: &super::Connection, known: Option<&Known>) -> Result<Wanted, EngineError> {
        let place = format!("connection `{}`", stated.name);
        let mut organizations = BTreeSet::new();
        for name in &stated.organizations {
            organizations.insert(self.organization(&place, "organizations", name)?);
        }
        let holder = match (&stated.holder, stated.organizations.first()) {
            (Some(holder), _) => self.holder(&place, holder)?,
            (None, Some(first)) => Holder::Organization(self.organization(&place, "organizations", first)?),
            (None, None) => return Err(refuse(&place, "organizations", "[]", "name at least one")),
        };
        let mut domains = BTreeSet::new();
        for name in &stated.domains {
            domains.insert(self.held_domain(&place, holder, name, known)?);
        }
        let default_organization = match &stated.default_organization {
            Some(name) => Some(self.organization(&place, "default_organization", name)?),
            None => None,
        };
        let sso = self.single_sign_on(stated.sso.as_ref(), known)?;
        let known_settings = known.map(|known| &known.connection.settings);
        let sso_changed = match known_settings {
            Some(known) if known.sso == sso => known.sso_changed,
            _ => sso.is_some().then(|| self.env.now()),
        };
        let settings = Settings {
            default_organization,
            default_team: stated.default_team.clone(),
            jit: stated.jit,
            precedence: stated.precedence,
            highest_role: stated.highest_role,
            scim: stated.scim.clone(),
            pilots: stated.pilots.clone(),
            // Stated by names that may be new: see `successors`.
            successor: known_settings.and_then(|known| known.successor),
            predecessor: known_settings.and_then(|known| known.predecessor),
            enforced: stated.enforced,
            sso,
            sso_changed,
        };
        let mappings = self.mappings(&place, stated, known)?;
        Ok(Wanted { holder, settings, organizations, domains, mappings })
    }

    /// How people sign in, as stated. What was fetched from the metadata URL that is still stated is kept, unless another
    /// identity provider is named beside it.
    fn single_sign_on(
        &mut self,
        stated: Option<&SingleSignOn>,
        known: Option<&Known>,
    ) -> Result<Option<SingleSignOn>, EngineError> {
        let (Some(SingleSignOn::Saml(saml)), Some(known)) = (stated, known) else { return Ok(stated.cloned()) };
        let Some(SingleSignOn::Saml(present)) = &known.connection.settings.sso else { return Ok(stated.cloned()) };
        let names_same = saml.entity_id.is_empty() || saml.entity_id == present.entity_id;
        match saml.metadata_url.as_deref() {
            Some(url) if names_same && metadata::is_fetched(self.tx, known.connection.id, url)? => {
                Ok(Some(SingleSignOn::Saml(Box::new(metadata::with_told(saml, present)))))
            }
            _ => Ok(stated.cloned()),
        }
    }

    /// TEN-1: a connection uses only domains of its holder; those of the company that its holder belongs to if the company's owners say
    /// so, or it has them already.
    fn held_domain(
        &mut self,
        place: &str,
        holder: Holder,
        name: &str,
        known: Option<&Known>,
    ) -> Result<DomainId, EngineError> {
        for claim in self.tx.domains_named(name)? {
            if !domains::speaks_for(self.tx, holder, claim.holder)? {
                continue;
            }
            let has_it = known.is_some_and(|known| known.domains.contains(&claim.id));
            if claim.holder == holder || has_it || self.owns(claim.holder)? {
                return Ok(claim.id);
            }
            let why = "the domain is the company's: ask its owners to add it to the connection (TEN-1)";
            return Err(refuse(place, "domains", quoted(name), why));
        }
        let why = "the connection's holder does not have this domain: state it as `[[domain]]` of the holder (TEN-1)";
        Err(refuse(place, "domains", quoted(name), why))
    }

    /// The mapping table; an entry that stays keeps its id.
    fn mappings(
        &mut self,
        place: &str,
        stated: &super::Connection,
        known: Option<&Known>,
    ) -> Result<Vec<Entry>, EngineError> {
        let mut present = known.map(|known| known.connection.mappings.clone()).unwrap_or_default();
        let mut entries = Vec::new();
        for mapping in &stated.mappings {
            let organization = self.organization(place, "mapping.organization", &mapping.organization)?;
            let (pattern, team, role) = (mapping.pattern.clone(), mapping.team.clone(), mapping.role);
            let same = |entry: &Entry| {
                entry.pattern == pattern
                    && entry.organization == organization
                    && entry.team == team
                    && entry.role == role
            };
            entries.push(match present.iter().position(same) {
                Some(at) => present.swap_remove(at),
                None => Entry { id: MappingId(self.env.new_id()), pattern, organization, team, role },
            });
        }
        entries.sort_by_key(|entry| entry.id);
        Ok(entries)
    }

    fn create_connection(&mut self, stated: &super::Connection, wanted: Wanted) -> Result<Connection, EngineError> {
        let connection = Connection {
            id: ConnectionId(self.env.new_id()),
            name: stated.name.clone(),
            holder: wanted.holder,
            state: stated.state,
            scim_since: wanted.settings.scim.enabled.then(|| self.env.now()),
            settings: wanted.settings,
            organizations: Vec::new(),
            domains: Vec::new(),
            mappings: Vec::new(),
            version: 1,
        };
        if connection.settings.enforced {
            enforcement::require_tried(self.tx, &connection)?;
        }
        self.tx.insert_connection(&connection, self.env.now())?;
        self.cover(connection.id, &wanted.organizations, &wanted.domains, &wanted.mappings)?;
        let connection = self.reload(connection)?;
        metadata::follow(self.tx, self.env, &connection)?;
        let subject = Subject::new(Kind::Connection, connection.id);
        self.env.created(Event::ConnectionCreated, subject, 1, Rule::Ten1, &connection)?;
        self.about_connection(&connection)?;
        Ok(connection)
    }

    fn change_connection(
        &mut self,
        known: &Known,
        state: ConnectionState,
        wanted: Wanted,
    ) -> Result<Connection, EngineError> {
        let before = &known.connection;
        let first_enabled = before.scim_since.is_none() && wanted.settings.scim.enabled;
        let row = Connection {
            holder: wanted.holder,
            state,
            settings: wanted.settings,
            scim_since: if first_enabled { Some(self.env.now()) } else { before.scim_since },
            ..before.clone()
        };
        let covered: BTreeSet<OrganizationId> = before.organizations.iter().map(|covered| covered.id).collect();
        let covers_same =
            covered == wanted.organizations && known.domains == wanted.domains && before.mappings == wanted.mappings;
        if row == *before && covers_same {
            return Ok(before.clone());
        }
        if row.settings.enforced && !before.settings.enforced {
            enforcement::require_tried(self.tx, &row)?;
        }
        let row = Connection { version: before.version + 1, ..row };
        self.tx.update_connection(&row)?;
        // A secret is for whom it was given for: another issuer is not shown it.
        if let (Some(SingleSignOn::Oidc(before)), after) = (&before.settings.sso, &row.settings.sso)
            && !matches!(after, Some(SingleSignOn::Oidc(after)) if after.issuer == before.issuer)
        {
            self.tx.clear_connection_secret(row.id)?;
        }
        if !covers_same {
            self.cover(row.id, &wanted.organizations, &wanted.domains, &wanted.mappings)?;
        }
        let after = self.reload(row)?;
        metadata::follow(self.tx, self.env, &after)?;
        self.record_connection(before, &after)?;
        if before.state == ConnectionState::Draft && after.state != ConnectionState::Draft {
            // Whoever has a token writes the directory from now on: no other than when this was planned.
            let tokens = self.tx.tokens(after.id.0, TokenKind::Scim)?;
            let now = self.env.now();
            let live = tokens.iter().filter(|(token, _)| token.is_live(now));
            self.env.depends.extend(live.map(|(token, _)| token.id.0));
            setup::end_links(self.tx, self.env, after.id, "the connection is no draft any more")?;
        }
        reevaluate::connection(self.tx, self.env, before, &after, self.documents)?;
        Ok(after)
    }

    /// What of a draft whoever sets it up states; the rest stays (SEC-2).
    pub(super) fn draft(&mut self, known: &Known, stated: super::DraftStatement) -> Result<Connection, EngineError> {
        let before = &known.connection;
        let mut settings = before.settings.clone();
        if let Some(sso) = &stated.sso {
            settings.sso = self.single_sign_on(sso.as_ref(), Some(known))?;
        }
        if settings.sso != before.settings.sso {
            settings.sso_changed = Some(self.env.now());
        }
        settings.scim.enabled = stated.scim.unwrap_or(settings.scim.enabled);
        let mappings = match stated.mappings {
            Some(mappings) => {
                let kept = |row: Row| {
                    let Row { pattern, organization, team, role } = row;
                    let same = |entry: &&Entry| {
                        entry.pattern == pattern
                            && entry.organization == organization
                            && entry.team == team
                            && entry.role == role
                    };
                    match before.mappings.iter().find(same) {
                        Some(entry) => entry.clone(),
                        None => Entry { id: MappingId(self.env.new_id()), pattern, organization, team, role },
                    }
                };
                let mut entries: Vec<Entry> = mappings.into_iter().map(kept).collect();
                entries.sort_by_key(|entry| entry.id);
                entries.dedup();
                entries
            }
            None => before.mappings.clone(),
        };
        let wanted = Wanted {
            holder: before.holder,
            settings,
            organizations: before.organizations.iter().map(|covered| covered.id).collect(),
            domains: stated.domains.unwrap_or_else(|| known.domains.clone()),
            mappings,
        };
        self.change_connection(known, before.state, wanted)
    }

    /// A connection covers an organization no more, and leads nobody there.
    pub(super) fn uncover(&mut self, known: &Known, organization: OrganizationId) -> Result<Connection, EngineError> {
        let before = &known.connection;
        let mut settings = before.settings.clone();
        settings.default_organization = settings.default_organization.filter(|default| *default != organization);
        let covered = before.organizations.iter().map(|covered| covered.id);
        let mappings = before.mappings.iter().filter(|entry| entry.organization != organization);
        let wanted = Wanted {
            holder: before.holder,
            settings,
            organizations: covered.filter(|covered| *covered != organization).collect(),
            domains: known.domains.clone(),
            mappings: mappings.cloned().collect(),
        };
        self.change_connection(known, before.state, wanted)
    }

    /// Takes back what was an organization's by the company that it has left (TEN-1): its connections lose the company's domains, and
    /// connections of the company cover it no more, unless its owners consented or this declaration says so.
    pub(super) fn leave_companies(&mut self) -> Result<(), EngineError> {
        for organization in std::mem::take(&mut self.moved) {
            for id in self.tx.connections_held_by(Holder::Organization(organization))? {
                let Some(known) = self.known(id)? else { continue };
                let mut kept = BTreeSet::new();
                for domain in &known.domains {
                    if let Some(found) = self.tx.domain(*domain)?
                        && domains::speaks_for(self.tx, known.connection.holder, found.holder)?
                    {
                        kept.insert(*domain);
                    }
                }
                if kept != known.domains {
                    let (before, organizations) = (&known.connection, known.connection.organizations.iter());
                    let wanted = Wanted {
                        holder: before.holder,
                        settings: before.settings.clone(),
                        organizations: organizations.map(|covered| covered.id).collect(),
                        domains: kept,
                        mappings: before.mappings.clone(),
                    };
                    self.change_connection(&known, before.state, wanted)?;
                }
            }
            for id in self.tx.connections_covering(organization)? {
                if let Some(known) = self.known(id)?
                    && !self.may_go_on(&known.connection, organization)?
                {
                    self.uncover(&known, organization)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a connection may cover an organization that has left a company.
    fn may_go_on(&mut self, connection: &Connection, organization: OrganizationId) -> Result<bool, EngineError> {
        if domains::speaks_for(self.tx, Holder::Organization(organization), connection.holder)? {
            return Ok(true);
        }
        let Some(organization) = self.tx.organization(organization)? else { return Ok(false) };
        let states = |stated: &super::Connection| {
            stated.name == connection.name && stated.organizations.contains(&organization.name)
        };
        Ok(organization.consents.contains(&connection.id)
            || self.is_operator() && self.declaration.connections.iter().any(states))
    }

    /// A connection as it is now.
    fn known(&mut self, id: ConnectionId) -> Result<Option<Known>, EngineError> {
        let domains = self.tx.connection_domain_ids(id)?.into_iter().collect();
        Ok(self.tx.connection(id)?.map(|connection| Known { connection, domains }))
    }

    /// Domains that were verified, lapsed or removed by this declaration concern connections that it does not name, too.
    pub(super) fn follow_domains(&mut self, before: &[Known]) -> Result<(), EngineError> {
        for known in before {
            let present = self.tx.connection(known.connection.id)?;
            let Some(present) = present.filter(|present| present.version == known.connection.version) else { continue };
            if present.domains != known.connection.domains {
                let after = Connection { version: present.version + 1, ..present };
                self.tx.update_connection(&after)?;
                self.record_connection(&known.connection, &after)?;
            }
        }
        Ok(())
    }

    /// Ends the password sessions of everybody whom enforcement covers from now on (SES-4).
    pub(super) fn enforce(&mut self, before: &[Known]) -> Result<(), EngineError> {
        let named = self.applied.connections.values().copied();
        let concerned: BTreeSet<ConnectionId> = before.iter().map(|known| known.connection.id).chain(named).collect();
        for id in concerned {
            let Some(present) = self.tx.connection(id)? else { continue };
            let known = before.iter().map(|known| &known.connection).find(|known| known.id == id);
            let covers = |one: &Connection| (one.settings.enforced, one.state, one.domains.clone());
            if present.settings.enforced && known.is_none_or(|known| covers(known) != covers(&present)) {
                enforcement::end_password_sessions(self.tx, self.env, &present)?;
            }
        }
        Ok(())
    }

    /// Records a connection's change.
    pub(super) fn record_connection(&mut self, before: &Connection, after: &Connection) -> Result<(), EngineError> {
        let subject = Subject::new(Kind::Connection, after.id);
        self.env.changed(Event::ConnectionUpdated, subject, after.version, Rule::Ten1, before, after)?;
        self.about_connection(after)
    }

    fn about_connection(&mut self, connection: &Connection) -> Result<(), EngineError> {
        self.env.about(connection.id);
        connections::changed(self.tx)
    }

    /// Replaces what a connection covers.
    pub(super) fn cover(
        &mut self,
        id: ConnectionId,
        organizations: &BTreeSet<OrganizationId>,
        domains: &BTreeSet<DomainId>,
        mappings: &[Entry],
    ) -> Result<(), EngineError> {
        let organizations: Vec<_> = organizations.iter().copied().collect();
        let domains: Vec<_> = domains.iter().copied().collect();
        Ok(self.tx.replace_coverage(id, &organizations, &domains, mappings)?)
    }

    /// The connection as it is stored now.
    pub(super) fn reload(&mut self, connection: Connection) -> Result<Connection, EngineError> {
        Ok(self.tx.connection(connection.id)?.unwrap_or(connection))
    }

    /// A connection with SCIM enabled and no live token gets the caller's.
    fn token(&mut self, connection: &Connection) -> Result<(), EngineError> {
        if !connection.settings.scim.enabled {
            return Ok(());
        }
        let now = self.env.now();
        if tokens::list(self.tx, connection)?.iter().any(|token| token.is_live(now)) {
            return Ok(());
        }
        if let Some(hash) = self.secrets.scim.get(&connection.name) {
            let token = tokens::create(self.tx, self.env, connection, hash, TOKEN_LABEL, None)?;
            self.applied.tokens.insert(connection.name.clone(), token.id);
        }
        Ok(())
    }
}
