//! From a filter to what the database's indexes can tell about it.
//!
//! Indexes narrow, the evaluator decides: what is found here is a superset of what matches, and may be everything. Where
//! it is known to be exactly what matches, the evaluator is spared.

use muster_scim::{
    ResourceType,
    filter::{Comparison, Expression, Filter, Literal, Operator},
    path::AttributePath,
    text::fold,
};
use muster_store::{Candidates, Key};
use uuid::Uuid;

use super::statement;

/// How a filter is answered. The default narrows nothing, and leaves everything to the evaluator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// A superset of what matches.
    pub(super) candidates: Candidates,
    /// All candidates match: the evaluator has nothing to add.
    pub(super) exact: bool,
    /// All candidates are in this group (users) or have this member (groups), and of their groups or members the filter
    /// asks nothing else: so they need not be read to evaluate it.
    pub(super) membership: Option<Uuid>,
}

/// Plans a filter.
pub(super) fn plan(filter: &Filter, resource_type: ResourceType) -> Plan {
    let compiler = Compiler { resource_type };
    let expression = filter.expression();
    if let Some((id, active)) = compiler.lone_membership(expression) {
        let candidates = Candidates { any_of: Some(vec![Key::Membership(id)]), active };
        return Plan { candidates, exact: false, membership: Some(id) };
    }
    let candidates = compiler.compile(expression);
    Plan { exact: compiler.is_exact(expression, &candidates), candidates, membership: None }
}

struct Compiler {
    resource_type: ResourceType,
}

impl Compiler {
    fn compile(&self, expression: &Expression) -> Candidates {
        match expression {
            Expression::And(parts) => both(parts.iter().map(|part| self.compile(part))),
            Expression::Or(parts) => either(parts.iter().map(|part| self.compile(part))),
            // In a search over several types an attribute that this one lacks is unassigned: nothing holds of it.
            Expression::Compare(Comparison { path, .. })
            | Expression::Present(path)
            | Expression::Values { attribute: path, .. }
                if !self.has(path) =>
            {
                nothing()
            }
            Expression::Compare(comparison) => self.comparison(comparison),
            Expression::Values { condition, .. } => self.compile(condition),
            Expression::Not(_) | Expression::Present(_) => Candidates::default(),
        }
    }

    fn comparison(&self, comparison: &Comparison) -> Candidates {
        if let Some(active) = self.active(comparison) {
            return Candidates { any_of: None, active: Some(active) };
        }
        let Literal::Text(text) = &comparison.literal else { return Candidates::default() };
        let path = &comparison.path;
        let any_of = match comparison.operator {
            Operator::Equal if path.is("meta.resourceType") && *text != self.resource_type.as_str() => Some(Vec::new()),
            Operator::Equal if is_common(path, "id") => Some(ids(text, Key::Id)),
            Operator::Equal if is_common(path, "externalId") => Some(vec![Key::ExternalId(text.clone())]),
            Operator::Equal if self.is_name(path) => Some(vec![Key::Name(fold(text).into_owned())]),
            Operator::StartsWith if self.is_name(path) && !text.is_empty() => {
                Some(vec![Key::NamePrefix(fold(text).into_owned())])
            }
            Operator::Equal if self.is_email(path) => Some(vec![Key::Email(fold(text).into_owned())]),
            Operator::Equal if self.is_membership(path) => Some(ids(text, Key::Membership)),
            _ => None,
        };
        Candidates { any_of, active: None }
    }

    /// Which users a comparison of `active` lets through.
    fn active(&self, comparison: &Comparison) -> Option<bool> {
        let Literal::Boolean(value) = comparison.literal else { return None };
        if self.resource_type != ResourceType::User || !is_core(&comparison.path, "active") {
            return None;
        }
        match comparison.operator {
            Operator::Equal => Some(value),
            Operator::NotEqual => Some(!value),
            _ => None,
        }
    }

    /// Whether the candidates of a single comparison are just its matches: the index holds what the evaluator compares.
    fn is_exact(&self, expression: &Expression, candidates: &Candidates) -> bool {
        let Expression::Compare(Comparison { path, operator: Operator::Equal, literal: Literal::Text(_) }) = expression
        else {
            return false;
        };
        candidates.any_of.is_some() && (self.is_name(path) || is_common(path, "externalId"))
    }

    /// The only thing that a filter asks of groups or members, if it is one that must hold: that this one is among them.
    fn lone_membership(&self, expression: &Expression) -> Option<(Uuid, Option<bool>)> {
        let alone = std::slice::from_ref(expression);
        let parts = match expression {
            Expression::And(parts) => parts,
            _ => alone,
        };
        let (asking, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| self.asks_of_nested(part));
        let [Expression::Compare(Comparison { path, operator: Operator::Equal, literal: Literal::Text(text) })] =
            asking.as_slice()
        else {
            return None;
        };
        // The evaluator compares text; an id in another spelling is for it to judge.
        let id = statement::id(text).filter(|id| id.to_string() == *text && self.is_membership(path))?;
        let active = others.iter().find_map(|part| match part {
            Expression::Compare(comparison) => self.active(comparison),
            _ => None,
        });
        Some((id, active))
    }

    fn asks_of_nested(&self, expression: &Expression) -> bool {
        match expression {
            Expression::And(parts) | Expression::Or(parts) => parts.iter().any(|part| self.asks_of_nested(part)),
            Expression::Not(part) => self.asks_of_nested(part),
            Expression::Compare(Comparison { path, .. })
            | Expression::Present(path)
            | Expression::Values { attribute: path, .. } => is_core(path, nested(self.resource_type)),
        }
    }

    /// Whether resources of this type have the attribute, by name as the evaluator looks it up.
    fn has(&self, path: &AttributePath) -> bool {
        if path.schema.is_extension() {
            return self.resource_type.extensions().contains(&path.schema);
        }
        let mut schemas = self.resource_type.schemas().filter(|schema| !schema.is_extension());
        schemas.any(|schema| schema.attribute(path.attribute.name).is_some())
    }

    /// `userName`, or a group's `displayName`.
    fn is_name(&self, path: &AttributePath) -> bool {
        match self.resource_type {
            ResourceType::User => is_core(path, "userName"),
            ResourceType::Group => is_core(path, "displayName"),
        }
    }

    fn is_email(&self, path: &AttributePath) -> bool {
        self.resource_type == ResourceType::User && is_core(path, "emails") && path.is("emails.value")
    }

    fn is_membership(&self, path: &AttributePath) -> bool {
        match self.resource_type {
            ResourceType::User => path.is("groups.value"),
            ResourceType::Group => path.is("members.value"),
        }
    }
}

/// The attribute that is spliced into a resource: a user's groups, a group's members.
pub(super) fn nested(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => "groups",
        ResourceType::Group => "members",
    }
}

fn is_core(path: &AttributePath, name: &str) -> bool {
    !path.schema.is_extension() && path.attribute.name == name
}

fn is_common(path: &AttributePath, name: &str) -> bool {
    is_core(path, name) && path.sub_attribute.is_none()
}

/// No resource at all.
fn nothing() -> Candidates {
    Candidates { any_of: Some(Vec::new()), active: None }
}

/// What is no id of ours is the id of nothing.
fn ids(text: &str, key: fn(Uuid) -> Key) -> Vec<Key> {
    statement::id(text).map(key).into_iter().collect()
}

/// All must hold: the most selective one is looked up, the evaluator sees to the others.
fn both(parts: impl Iterator<Item = Candidates>) -> Candidates {
    let mut best = Candidates::default();
    for part in parts {
        best.active = best.active.or(part.active);
        let better = match (&best.any_of, &part.any_of) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => cost(new) < cost(old),
        };
        if better {
            best.any_of = part.any_of;
        }
    }
    best
}

/// One must hold: a single part without an index means looking at all.
fn either(parts: impl Iterator<Item = Candidates>) -> Candidates {
    let mut parts = parts.peekable();
    let active = parts.peek().and_then(|first| first.active);
    let mut all = Candidates { any_of: Some(Vec::new()), active };
    for part in parts {
        if part.active != all.active {
            all.active = None;
        }
        all.any_of = match (all.any_of, part.any_of) {
            (Some(mut keys), Some(more)) => {
                keys.extend(more.into_iter().filter(|key| !keys.contains(key)).collect::<Vec<_>>());
                Some(keys)
            }
            _ => None,
        };
    }
    all
}

/// About how many rows keys lead to.
fn cost(keys: &[Key]) -> usize {
    let each = |key: &Key| match key {
        Key::Id(_) | Key::Name(_) => 1,
        Key::ExternalId(_) | Key::Email(_) => 2,
        Key::Membership(_) => 100,
        Key::NamePrefix(_) => 1_000,
    };
    keys.iter().map(each).sum()
}

#[cfg(test)]
mod tests {
    use muster_scim::Notes;

    use super::*;

    const ID: &str = "0190f5fe-7c2a-7000-8000-0123456789ab";

    fn planned(resource_type: ResourceType, filter: &str) -> Plan {
        plan(&Filter::parse(filter, &[resource_type], &mut Notes::default()).unwrap(), resource_type)
    }

    fn users(filter: &str) -> (Option<Vec<Key>>, Option<bool>) {
        let plan = planned(ResourceType::User, filter);
        (plan.candidates.any_of, plan.candidates.active)
    }

    #[test]
    fn indexed_attributes_narrow() {
        let id = Uuid::parse_str(ID).unwrap();
        let name = |name: &str| Key::Name(name.into());
        let email = |email: &str| Key::Email(email.into());
        let cases = [
            ("USERNAME eq \"Ada@X\"".into(), Some(vec![name("ada@x")]), None),
            ("userName sw \"Ad\"".into(), Some(vec![Key::NamePrefix("ad".into())]), None),
            ("userName sw \"\"".into(), None, None),
            ("externalId eq \"E\"".into(), Some(vec![Key::ExternalId("E".into())]), None),
            (format!("id eq \"{ID}\""), Some(vec![Key::Id(id)]), None),
            ("id eq \"nobody\"".into(), Some(vec![]), None),
            ("emails eq \"A@x\"".into(), Some(vec![email("a@x")]), None),
            ("emails[type eq \"work\"].value eq \"A@x\"".into(), Some(vec![email("a@x")]), None),
            ("emails[value eq \"a\" or value eq \"b\"]".into(), Some(vec![email("a"), email("b")]), None),
            ("emails[type eq \"work\" or value eq \"b\"]".into(), None, None),
            ("active eq true".into(), None, Some(true)),
            ("active ne true".into(), None, Some(false)),
            ("active eq false and userName eq \"a\"".into(), Some(vec![name("a")]), Some(false)),
            ("userName sw \"a\" and externalId eq \"b\"".into(), Some(vec![Key::ExternalId("b".into())]), None),
            ("userName eq \"a\" or userName eq \"A\" or id eq \"x\"".into(), Some(vec![name("a")]), None),
            ("userName eq \"a\" or title eq \"b\"".into(), None, None),
            ("not (userName eq \"a\")".into(), None, None),
            ("userName ne \"a\"".into(), None, None),
            ("userName pr".into(), None, None),
            ("displayName eq \"a\"".into(), None, None),
        ];
        for (filter, any_of, active) in cases {
            assert_eq!(users(&filter), (any_of, active), "{filter}");
        }
    }

    #[test]
    fn scim_2_over_all_types_a_filter_narrows_each_by_what_it_has() {
        let any_of = |resource_type, filter: &str| {
            let filter = Filter::parse(filter, ResourceType::ALL, &mut Notes::default()).unwrap();
            plan(&filter, resource_type).candidates.any_of
        };
        let (user, group) = (ResourceType::User, ResourceType::Group);
        let role = "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerRole eq \"owner\"";
        for (filter, of, any) in [
            ("userName eq \"a\"", user, Some(vec![Key::Name("a".into())])),
            ("userName eq \"a\"", group, Some(vec![])),
            ("displayName eq \"a\"", user, None),
            ("displayName eq \"a\"", group, Some(vec![Key::Name("a".into())])),
            ("meta.resourceType eq \"User\"", user, None),
            ("meta.resourceType eq \"User\"", group, Some(vec![])),
            ("meta.resourceType eq \"user\"", user, Some(vec![])),
            ("members pr", user, Some(vec![])),
            ("emails[type eq \"work\"] or displayName eq \"a\"", group, Some(vec![Key::Name("a".into())])),
            ("not (userName pr)", group, None),
            (role, user, None),
            (role, group, Some(vec![])),
        ] {
            assert_eq!(any_of(of, filter), any, "{filter} {of:?}");
        }
    }

    #[test]
    fn one_membership_need_not_be_read_to_be_known() {
        let id = Uuid::parse_str(ID).unwrap();
        let entra = planned(ResourceType::Group, &format!("id eq \"{ID}\" and members eq \"{ID}\""));
        assert_eq!(entra.membership, Some(id));
        assert_eq!(entra.candidates.any_of, Some(vec![Key::Membership(id)]));
        let active = planned(ResourceType::User, &format!("groups.value eq \"{ID}\" and active eq true"));
        assert_eq!((active.membership, active.candidates.active), (Some(id), Some(true)));
        for filter in [
            format!("members eq \"{ID}\" and members.type eq \"User\""),
            format!("members eq \"{ID}\" or id eq \"{ID}\""),
            format!("not (members eq \"{ID}\")"),
            format!("members eq \"{}\"", ID.to_uppercase()),
            "members pr".to_owned(),
        ] {
            assert_eq!(planned(ResourceType::Group, &filter).membership, None, "{filter}");
        }
    }

    #[test]
    fn a_name_alone_needs_no_evaluator() {
        assert!(planned(ResourceType::User, "userName eq \"a\"").exact);
        assert!(planned(ResourceType::Group, "displayName eq \"a\"").exact);
        assert!(!planned(ResourceType::User, "userName eq \"a\" and active eq true").exact);
        assert!(!planned(ResourceType::User, "emails eq \"a\"").exact, "the index also holds the userName");
    }
}
