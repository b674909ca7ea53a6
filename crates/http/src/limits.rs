//! Bounds on what one client, and all together, may take of the server.

use std::time::Duration;

/// Bounds of sizes, times and numbers. The defaults suit one small server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest body about a user, in bytes. Above it: 413.
    pub user_body: usize,
    /// Largest body about a group, and of a Bulk, in bytes: 10,000 members fit (SCIM-14). Above it: 413.
    pub group_body: usize,
    /// Most bytes of bodies held at a time, by all clients together. Above it: 503.
    pub bodies: usize,
    /// About how many bytes a page of a list may have. A page that would have more ends before its count.
    pub page_bytes: u64,
    /// Most bytes of large answers held at a time, by all clients together. Above it: 503.
    pub answers: usize,
    /// How long a body may take to arrive. Above it: 408.
    pub body_time: Duration,
    /// How long a request may take once its body is there. Above it: 503. IdPs give up after 60 s.
    pub request_time: Duration,
    /// Requests in progress at a time. Above it: 503.
    pub in_flight: usize,
    /// Open connections at a time; more wait to be accepted.
    pub connections: usize,
    /// Largest head of a request, in bytes. Above it: 431.
    pub head_bytes: usize,
    /// How long a connection may wait for the head of its next request. Above it, it is closed.
    pub head_time: Duration,
    /// How long requests in progress may go on after a shutdown began.
    pub shutdown_time: Duration,
    /// Requests to the management API that one caller may send within a minute, to one node. Above it: 429.
    pub api_requests: u32,
    /// Sign-ins that devices of one client, or its pushed requests, may begin within a minute, at one node. Above it: 429.
    pub begun_by_client: u32,
    /// Plans, adoptions, drift checks and declarations over the management API at a time: each may keep a thread and, on SQLite, a
    /// copy of the database. More wait their turn.
    pub undertakings: usize,
    /// How long they wait for it. Above it: 503.
    pub turn_time: Duration,
    /// Most bytes of logged reads that wait to be written; more are dropped and counted.
    pub read_log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user_body: 1024 * 1024,
            group_body: 5 * 1024 * 1024,
            bodies: 256 * 1024 * 1024,
            page_bytes: 32 * 1024 * 1024,
            answers: 256 * 1024 * 1024,
            body_time: Duration::from_secs(15),
            request_time: Duration::from_secs(40),
            in_flight: 2_048,
            connections: 8_192,
            head_bytes: 64 * 1024,
            head_time: Duration::from_secs(75),
            shutdown_time: Duration::from_secs(20),
            api_requests: 1_200,
            begun_by_client: 600,
            undertakings: 2,
            turn_time: Duration::from_secs(20),
            read_log_bytes: 8 * 1024 * 1024,
        }
    }
}
