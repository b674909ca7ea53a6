//! What is measured, and how good it has to be.

use muster_bench::workload::Workload;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// What a reader calls it.
    pub(crate) label: &'static str,
    /// What is asked.
    pub(crate) workload: Workload,
    /// Clients, if the case fixes them.
    pub(crate) clients: Option<usize>,
    /// Members of the group, for groups.
    pub(crate) group_size: usize,
    /// Whether `thin` can do it too.
    pub(crate) thin: bool,
    /// The least share of `thin`'s rate.
    pub(crate) goal: Option<f64>,
}

const fn case(label: &'static str, workload: Workload) -> Case {
    Case { label, workload, clients: None, group_size: 100, thin: true, goal: None }
}

const fn goal(label: &'static str, workload: Workload, goal: f64) -> Case {
    Case { goal: Some(goal), ..case(label, workload) }
}

const fn group(label: &'static str, group_size: usize) -> Case {
    Case { clients: Some(1), group_size, thin: false, ..case(label, Workload::GroupAddOne) }
}

/// Labels that derived figures refer to.
pub(crate) const CREATE: &str = "create user";
/// See [`CREATE`].
pub(crate) const CREATE_ALONE: &str = "create user, 1 client";
/// See [`CREATE`].
pub(crate) const GET: &str = "get user by id";
/// See [`CREATE`].
pub(crate) const FILTER: &str = "`userName eq`";
/// See [`CREATE`].
pub(crate) const PAGE_FIRST: &str = "first page of 100";
/// See [`CREATE`].
pub(crate) const PAGE_DEEP: &str = "page of 100 at the end, by `startIndex`";
/// See [`CREATE`].
pub(crate) const PAGE_WALK: &str = "walk, pages of 100";
/// See [`CREATE`].
pub(crate) const GROUP_SMALL: &str = "add one member, group of 100, 1 client";
/// See [`CREATE`].
pub(crate) const GROUP_LARGE: &str = "add one member, large group, 1 client";

/// All lines of the table, in order; the large group has `users` members.
pub(crate) fn all(users: usize) -> Vec<Case> {
    vec![
        goal(CREATE, Workload::Create, 0.4),
        Case { clients: Some(1), ..case(CREATE_ALONE, Workload::Create) },
        goal(GET, Workload::Get, 0.7),
        goal(FILTER, Workload::Filter, 0.6),
        goal("PATCH `active`, a change each time", Workload::PatchActive, 0.4),
        case("PATCH `active`, no change", Workload::PatchNoop),
        goal(PAGE_FIRST, Workload::PageFirst, 0.5),
        case(PAGE_DEEP, Workload::PageDeep),
        case(PAGE_WALK, Workload::PageWalk),
        group(GROUP_SMALL, 100),
        group(GROUP_LARGE, users),
    ]
}

/// The cases that are repeated on PostgreSQL.
pub(crate) fn on_postgres() -> Vec<Case> {
    vec![
        Case { goal: Some(0.3), thin: false, ..case(CREATE, Workload::Create) },
        Case { goal: Some(0.35), thin: false, ..case(GET, Workload::Get) },
    ]
}
