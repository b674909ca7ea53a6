//! A list that is filtered or sorted: what the engine looks at, and how it is judged.

use std::sync::Arc;

use muster_engine::search::{Direction, Source, View};
use muster_model::{DirectoryGroupId, DirectoryUserId, directory::MemberId};
use muster_scim::{ResourceType, filter::Filter, list::ListQuery, sort};
use muster_store::{Candidates, Listed, UserGroup};
use serde_json::Value;

use super::{
    answers,
    candidates::{self, Plan},
};
use crate::app::Lane;

/// What is looked for, and how each kind of resource is narrowed down.
pub(super) struct Looking {
    filter: Option<Filter>,
    sort: Option<sort::Sort>,
    plans: Vec<(ResourceType, Plan)>,
    base_url: Arc<str>,
}

impl Looking {
    /// `None`: everything, by id.
    pub(super) fn for_what(query: &ListQuery, types: &[ResourceType], base_url: &Arc<str>) -> Option<Self> {
        if query.filter.is_none() && query.sort.is_none() {
            return None;
        }
        let plan = |resource_type: &ResourceType| {
            let everything = Plan { candidates: Candidates::default(), exact: true, membership: None };
            let plan = query.filter.as_ref().map_or(everything, |filter| candidates::plan(filter, *resource_type));
            (*resource_type, plan)
        };
        let plans = types.iter().map(plan).collect();
        Some(Self { filter: query.filter.clone(), sort: query.sort, plans, base_url: Arc::clone(base_url) })
    }

    /// What of a list that was looked through before is still to be shown: each resource is judged by itself, whatever narrowed
    /// the list then.
    pub(super) fn again(query: &ListQuery, types: &[ResourceType], base_url: &Arc<str>) -> Self {
        let plan = |resource_type: &ResourceType| (*resource_type, Plan::default());
        let plans = types.iter().map(plan).collect();
        Self { filter: query.filter.clone(), sort: None, plans, base_url: Arc::clone(base_url) }
    }

    /// Where it keeps nobody waiting.
    pub(super) fn lane(&self) -> Lane {
        match self.plans.as_slice() {
            // Only what is one row for certain may be read on the thread that serves others, too.
            [(ResourceType::User, plan)] if plan.candidates.are_one() => Lane::Point,
            plans if plans.iter().all(|(_, plan)| plan.candidates.are_few()) => Lane::Snapshot,
            _ => Lane::Scan,
        }
    }

    /// What the engine looks at.
    pub(super) fn sources(&self) -> Vec<Source> {
        let source = |(resource_type, plan): &(ResourceType, Plan)| Source {
            listed: listed(*resource_type),
            candidates: plan.candidates.clone(),
            with_nested: self.needs_nested(*resource_type, plan),
        };
        self.plans.iter().map(source).collect()
    }

    /// Whether groups (of users) or members (of groups) must be read to evaluate or sort.
    fn needs_nested(&self, resource_type: ResourceType, plan: &Plan) -> bool {
        let nested = candidates::nested(resource_type);
        let sorted = self.sort.is_some_and(|sort| sort.path.attribute.name == nested);
        let filtered = self.filter.as_ref().is_some_and(|filter| filter.mentions(nested));
        sorted || (filtered && plan.membership.is_none())
    }

    /// Whether a resource matches.
    pub(super) fn matches(&self, view: &View) -> bool {
        let Some(filter) = &self.filter else { return true };
        let plan = self.plan(view);
        plan.is_some_and(|plan| plan.exact) || filter.matches(&self.value(view, plan))
    }

    /// Whether not every resource matches.
    pub(super) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether resources come in another order than by id.
    pub(super) fn is_sorted(&self) -> bool {
        self.sort.is_some()
    }

    /// Which way the list runs, if it is sorted.
    pub(super) fn direction(&self) -> Option<Direction> {
        let sort = self.sort?;
        Some(if sort.descending { Direction::Descending } else { Direction::Ascending })
    }

    /// What a resource is sorted by.
    pub(super) fn key(&self, view: &View) -> sort::Key {
        self.sort.map_or(sort::Key::Absent, |sort| sort.key(&self.value(view, self.plan(view))))
    }

    fn plan(&self, view: &View) -> Option<&Plan> {
        let of = match view {
            View::User(..) => ResourceType::User,
            View::Group(..) => ResourceType::Group,
        };
        self.plans.iter().find(|(resource_type, _)| *resource_type == of).map(|(_, plan)| plan)
    }

    /// A resource as the evaluator sees it. A group that a user is known to be in stands for all, and so does a member that
    /// a group is known to have.
    fn value(&self, view: &View, plan: Option<&Plan>) -> Value {
        let known = plan.and_then(|plan| plan.membership);
        match view {
            View::User(user, groups) => {
                let known = known.filter(|_| groups.is_empty());
                let known =
                    known.map(|id| UserGroup { user: user.id, id: DirectoryGroupId(id), display_name: String::new() });
                let groups = known.as_ref().map_or(groups.as_slice(), std::slice::from_ref);
                answers::View::User(user, groups).value(&self.base_url)
            }
            View::Group(group, members) => {
                let known = known.filter(|_| members.is_empty()).map(|id| MemberId::User(DirectoryUserId(id)));
                let members = known.as_ref().map_or(members.as_slice(), std::slice::from_ref);
                answers::View::Group(group, members).value(&self.base_url)
            }
        }
    }
}

/// The store's word for a resource type.
pub(super) fn listed(resource_type: ResourceType) -> Listed {
    match resource_type {
        ResourceType::User => Listed::Users,
        ResourceType::Group => Listed::Groups,
    }
}

/// SCIM's word for what is listed.
pub(super) fn resource_type(listed: Listed) -> ResourceType {
    match listed {
        Listed::Users => ResourceType::User,
        Listed::Groups => ResourceType::Group,
    }
}
