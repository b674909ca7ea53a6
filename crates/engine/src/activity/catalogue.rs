//! Every event, for people: in families, with a label and what it means.

use muster_model::ledger::Event;

/// Events that begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The word before the first dot.
    pub key: &'static str,
    /// For people.
    pub label: &'static str,
    /// Its events.
    pub actions: Vec<Action>,
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// As in the log.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// What it means.
    pub description: &'static str,
}

/// The families, in the order in which people are shown them.
const FAMILIES: &[(&str, &str)] = &[
    ("org", "Organization"),
    ("member", "Members"),
    ("team", "Teams"),
    ("domain", "Domains"),
    ("connection", "Connections"),
    ("scim", "Directory (SCIM)"),
    ("token", "Tokens"),
    ("client", "Applications"),
    ("webhook", "Webhooks"),
    ("grant", "Reasons for memberships"),
    ("account", "Accounts"),
    ("company", "Companies"),
];

/// Every event that the log can hold.
#[must_use]
pub fn catalogue() -> Vec<Family> {
    let of = |key: &str| {
        let events = Event::ALL.iter().filter(|event| event.as_str().split('.').next() == Some(key));
        events.map(|event| action(*event)).collect()
    };
    FAMILIES.iter().map(|(key, label)| Family { key, label, actions: of(key) }).collect()
}

/// What an event means.
#[must_use]
pub fn description(event: Event) -> &'static str {
    action(event).description
}

/// What the event of this name means, if there is one.
#[must_use]
pub fn described(name: &str) -> Option<&'static str> {
    Event::ALL.iter().find(|event| event.as_str() == name).map(|event| description(*event))
}

fn action(event: Event) -> Action {
    let (label, description) = words(event);
    Action { name: event.as_str(), label, description }
}

fn words(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::AccountCreated => ("Account created", "An account was made for a person"),
        Event::AccountUpdated => ("Account changed", "A name, an address or another value of an account changed"),
        Event::AccountErased => ("Account erased", "A person's account and data were erased"),
        Event::CompanyUpdated => ("Company changed", "A company was renamed"),
        Event::CompanyOwnerAdded => ("Company owner added", "A person owns the company, and with it its organizations"),
        Event::CompanyOwnerRemoved => ("Company owner removed", "A person owns the company no more"),
        Event::TokenUpdated => ("Token changed", "A token was renamed, or switched off or on"),
        Event::CompanyCreated => ("Company created", "A company was made"),
        Event::OrganizationCreated => ("Organization created", "An organization was made"),
        Event::OrganizationUpdated => ("Settings changed", "Settings of the organization changed"),
        Event::OrganizationEnded => ("Organization deleted", "The organization was deleted"),
        Event::TeamCreated => ("Team created", "A team was made, by hand or by a push"),
        Event::TeamRevived => ("Team restored", "A deleted team came back because a push named it"),
        Event::TeamUpdated => ("Team changed", "A team was renamed or described anew"),
        Event::TeamEnded => ("Team deleted", "A team was deleted"),
        Event::MemberAdded => ("Member added", "A person became a member"),
        Event::MemberUpdated => ("Member changed", "A member's role or state changed"),
        Event::MemberSuspended => ("Member suspended", "A membership sleeps, or waits for a seat"),
        Event::MemberRestored => ("Member restored", "A suspended membership came back"),
        Event::MemberRemoved => ("Member removed", "A membership ended"),
        Event::GrantGiven => ("Reason given", "A membership got one more reason"),
        Event::TeamMemberAdded => ("Member added to team", "A member joined a team"),
        Event::TeamMemberRemoved => ("Member removed from team", "A member left a team"),
        Event::GrantAsleep => ("Reason suspended", "A reason for a membership sleeps"),
        Event::GrantAwake => ("Reason restored", "A reason for a membership woke"),
        Event::GrantEnded => ("Reason ended", "A membership lost one of its reasons"),
        Event::DomainCreated => ("Domain added", "A domain was claimed, or stated by the operator"),
        Event::DomainUpdated => ("Domain changed", "A new proof was asked for, or a setting of a domain changed"),
        Event::DomainVerified => ("Domain verified", "A domain was proven, or counts again"),
        Event::DomainMissing => ("Domain record missing", "The TXT record of a verified domain was not found"),
        Event::DomainLapsed => ("Domain lapsed", "A domain counts no more"),
        Event::DomainEnded => ("Domain removed", "A domain was removed"),
        Event::ConnectionCreated => ("Connection created", "A connection to an identity provider was made"),
        Event::ConnectionUpdated => ("Connection changed", "Settings of a connection changed"),
        Event::ConnectionEnded => ("Connection deleted", "A connection was deleted"),
        Event::TokenCreated => ("Token created", "A token was made"),
        Event::TokenRevoked => ("Token revoked", "A token was revoked"),
        Event::ClientCreated => ("Application added", "An application may sign people in here"),
        Event::ClientUpdated => ("Application changed", "Settings of an application changed, or it has a new secret"),
        Event::ClientEnded => ("Application removed", "An application signs nobody in here any more"),
        Event::WebhookCreated => ("Webhook added", "A web server is sent what happens here"),
        Event::WebhookUpdated => ("Webhook changed", "Settings of a webhook changed, or it has a new secret"),
        Event::WebhookEnded => ("Webhook removed", "A web server is sent nothing any more"),
        Event::FactorAdded => ("Second factor added", "A second factor or passkey was set up"),
        Event::SetUpUsed => {
            ("Set-up link opened", "Somebody began to set a connection up by a link that an owner made")
        }
        Event::SetUpReady => ("Set-up ready", "Whoever set a connection up by a link says that it can be activated"),
        Event::FactorUsed => ("Recovery code used", "A recovery code was used"),
        Event::FactorRemoved => ("Second factor removed", "A second factor or passkey was removed"),
        Event::InvitationCreated => ("Invitation sent", "A person was invited"),
        Event::InvitationResent => ("Invitation sent again", "An invitation was sent again, with a new link"),
        Event::InvitationAccepted => ("Invitation accepted", "An invitation was accepted, or used up by provisioning"),
        Event::InvitationEnded => ("Invitation ended", "An invitation was cancelled, declined, or has expired"),
        Event::DirectoryUserCreated => ("Directory user created", "The identity provider pushed a new user"),
        Event::DirectoryUserUpdated => ("Directory user changed", "The identity provider changed a user"),
        Event::DirectoryUserDeleted => ("Directory user deleted", "The identity provider deleted a user"),
        Event::DirectoryGroupCreated => ("Directory group created", "The identity provider pushed a new group"),
        Event::DirectoryGroupUpdated => ("Directory group changed", "The identity provider changed a group"),
        Event::DirectoryGroupMembers => ("Directory group members", "Members joined or left a directory group"),
        Event::DirectoryGroupDeleted => ("Directory group deleted", "The identity provider deleted a group"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_9_every_event_is_in_the_catalogue_once() {
        let mut named: Vec<_> =
            catalogue().iter().flat_map(|family| family.actions.clone()).map(|one| one.name).collect();
        let mut all: Vec<_> = Event::ALL.iter().map(|event| event.as_str()).collect();
        named.sort_unstable();
        all.sort_unstable();
        assert_eq!(named, all);
    }
}
