//! Texts that the contract gives word for word; each in one place, under its rule.

/// SCIM-9: no seat is left in an organization.
#[must_use]
pub fn not_enough_seats(organization: &str) -> String {
    format!("Not enough seats in organization '{organization}'. Add more seats or contact your administrator.")
}

/// GRP-3: some groups are not `organization:team`.
pub const MALFORMED_GROUPS: &str = "Some of the groups assigned to the user are not formatted as '<organization name>:<team name>'. Directory groups will be ignored and user will be provisioned into the default organization and team.";

/// SSO-5: what should be an address is none.
pub const NOT_AN_EMAIL: &str =
    "The name ID sent by the identity provider is not an email address. Contact your company administrator.";

/// SSO-6: the address is of a domain that the connection does not own. `trace` is the TraceID.
#[must_use]
pub fn domain_not_verified(domain: &str, trace: &str) -> String {
    format!(
        "Domain '{domain}' is not verified for your SSO connection. Contact your company administrator. TraceID: {trace}"
    )
}

/// JIT-7: JIT is off, and the person is neither member nor invited. `username` is the email when there is no account.
#[must_use]
pub fn not_assigned(username: &str, trace: &str) -> String {
    format!("User '{username}' is not assigned to this SSO organization. Contact your administrator. TraceID: {trace}")
}

/// SSO-3: an answer that answers no request, where the connection does not allow that.
#[must_use]
pub fn idp_initiated_not_enabled(connection: &str) -> String {
    format!("IdP-Initiated sign in is not enabled for connection '{connection}'.")
}

/// SSO-7: an answer to a request that is unknown, over, answered already or of another browser.
pub const NO_SESSION: &str = "We couldn't find your session. It may have taken too long, been opened in another window or browser, or been sent twice.";
