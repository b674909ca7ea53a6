//! From what was asserted to a [`SignIn`]: which name counts, and which value can be applied.

use super::{AttributeNames, Groups, PassedOver, SignIn, Subject, Unknown};
use crate::{Email, Role, texts};

/// In place of the groups when there are too many (Entra ID, over 150 in SAML).
const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";
/// The longest session that can be asked for, in minutes (SES-2).
const LONGEST_SESSION: i64 = 525_600;
/// How much of a value is repeated in a report, in characters.
const REPEATED: usize = 200;
/// The longest full name that is taken, in characters.
const NAME: usize = 256;

/// What a protocol found, each value checked by it as far as the protocol goes.
#[derive(Debug, Clone, Copy)]
pub struct Asserted<'a> {
    /// Attributes or claims: each name once, with all its values.
    pub attributes: &'a [(String, Vec<String>)],
    /// The Subject's NameID, which stands in for a missing address; `None` for OIDC.
    pub name_id: Option<&'a str>,
    /// The subject that outlives a change of address (JIT-1).
    pub subject: Option<&'a Subject>,
    /// A claim says that there are more groups than are stated (OIDC's `_claim_names`, `hasgroups`).
    pub overage: bool,
    /// The connection's setting: groups that are not mentioned are none (JIT-3).
    pub absent_groups_are_none: bool,
}

/// Reads what was asserted by the connection's names.
///
/// # Errors
///
/// SSO-5's text, if what should be the address is none.
pub fn read(names: &AttributeNames, asserted: Asserted<'_>) -> Result<SignIn, &'static str> {
    let mut passed_over = Vec::new();
    let (_, email) =
        asserted.first(&names.email).or(asserted.name_id.map(|id| ("NameID", id))).ok_or(texts::NOT_AN_EMAIL)?;
    let sign_in = SignIn {
        subject: asserted.subject.cloned(),
        email: Email::parse(email.trim()).map_err(|_| texts::NOT_AN_EMAIL)?,
        full_name: full_name(names, asserted),
        groups: groups(names, asserted),
        organization: asserted.text(&names.organization),
        team: asserted.text(&names.team),
        role: applied(asserted.first(&names.role), "`member`, `editor` or `owner`", role, &mut passed_over),
        session_minutes: applied(
            asserted.first(&names.session_minutes),
            "a whole number of minutes above 0",
            minutes,
            &mut passed_over,
        ),
        passed_over,
    };
    Ok(sign_in)
}

impl<'a> Asserted<'a> {
    /// The first of these names that is present and not empty, and its first value that says something.
    fn first(self, names: &[String]) -> Option<(&'a str, &'a str)> {
        names.iter().find_map(|name| {
            let (name, values) = self.attributes.iter().find(|(known, _)| known == name)?;
            let value = values.iter().map(|value| value.trim()).find(|value| !value.is_empty())?;
            Some((name.as_str(), value))
        })
    }

    fn text(self, names: &[String]) -> Option<String> {
        self.first(names).map(|(_, value)| value.to_owned())
    }
}

/// A name that is an address itself, as Entra ID states it unless told otherwise, is passed over for the parts.
fn full_name(names: &AttributeNames, asserted: Asserted<'_>) -> Option<String> {
    let whole = asserted.text(&names.full_name).filter(|name| Email::parse(name).is_err());
    let parts = || {
        let parts = [asserted.text(&names.given_name), asserted.text(&names.family_name)];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(joined).filter(|name| !name.is_empty())
    };
    whole.or_else(parts).map(|name| name.chars().take(NAME).collect())
}

/// JIT-3: a list, even an empty one, replaces; what is not known changes nothing.
fn groups(names: &AttributeNames, asserted: Asserted<'_>) -> Groups {
    if asserted.overage || asserted.attributes.iter().any(|(name, _)| name == GROUPS_LINK) {
        return Groups::Unknown(Unknown::Overage);
    }
    let stated = |name: &String| asserted.attributes.iter().find(|(known, _)| known == name);
    let said = |values: &[String]| -> Vec<String> {
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    };
    let lists: Vec<_> = names.groups.iter().filter_map(stated).map(|(_, values)| said(values)).collect();
    let is_stated = !lists.is_empty() || asserted.absent_groups_are_none;
    match lists.into_iter().find(|list| !list.is_empty()) {
        Some(list) => Groups::List(list),
        None if is_stated => Groups::List(Vec::new()),
        None => Groups::Unknown(Unknown::Absent),
    }
}

/// A value that can be applied; one that cannot is reported and taken as absent (JIT-5).
fn applied<T>(
    stated: Option<(&str, &str)>,
    expected: &'static str,
    apply: impl FnOnce(&str) -> Option<T>,
    passed_over: &mut Vec<PassedOver>,
) -> Option<T> {
    let (attribute, value) = stated?;
    let applied = apply(value);
    if applied.is_none() {
        let value = value.chars().take(REPEATED).collect();
        passed_over.push(PassedOver { attribute: attribute.to_owned(), value, expected: expected.into() });
    }
    applied
}

fn role(value: &str) -> Option<Role> {
    value.parse().ok()
}

/// SES-2: what is longer than a year is a year.
fn minutes(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('+').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than a number has are more than a year.
    let minutes = digits.parse().unwrap_or(LONGEST_SESSION);
    (minutes > 0).then_some(minutes.min(LONGEST_SESSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(stated: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        stated.iter().map(|(name, stated)| ((*name).to_owned(), values(stated))).collect()
    }

    fn asserted(attributes: &[(String, Vec<String>)]) -> Asserted<'_> {
        Asserted { attributes, name_id: None, subject: None, overage: false, absent_groups_are_none: false }
    }

    fn signed_in(stated: &[(&str, &[&str])]) -> SignIn {
        let attributes = attributes(stated);
        let asserted = Asserted { name_id: Some("nameid@example.com"), ..asserted(&attributes) };
        read(&AttributeNames::default(), asserted).unwrap()
    }

    const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";

    #[test]
    fn sso_4_the_address_is_the_first_that_is_present_and_not_empty() {
        let order = ["nameidentifier", "upn", "emailaddress"].map(|name| format!("{CLAIMS}{name}"));
        let mut names: Vec<&str> = order.iter().map(String::as_str).collect();
        names.push("email");
        for first in 0..names.len() {
            let later = names.iter().enumerate().skip(first).map(|(at, name)| (*name, format!("n{at}@example.com")));
            let mut stated: Vec<(String, Vec<String>)> =
                later.map(|(name, email)| (name.to_owned(), vec![String::new(), format!(" {email} ")])).collect();
            // What comes before it is there and says nothing, and the order of the assertion does not matter.
            stated.extend(names[..first].iter().map(|name| ((*name).to_owned(), vec![" ".to_owned()])));
            stated.reverse();
            let found = read(&AttributeNames::default(), asserted(&stated)).unwrap();
            assert_eq!(found.email.as_str(), format!("n{first}@example.com"));
        }
        assert_eq!(signed_in(&[("mail", &["other@example.com"])]).email.as_str(), "nameid@example.com");
    }

    #[test]
    fn sso_5_what_is_no_address_is_refused_in_the_words_of_the_rule() {
        let text =
            "The name ID sent by the identity provider is not an email address. Contact your company administrator.";
        let stated = attributes(&[("email", &["ada"])]);
        // A later name does not help: the first that says something counts.
        let asserted_email = Asserted { name_id: Some("ada@example.com"), ..asserted(&stated) };
        assert_eq!(read(&AttributeNames::default(), asserted_email), Err(text));
        let opaque = Asserted { name_id: Some("00u1a2b3"), ..asserted(&[]) };
        assert_eq!(read(&AttributeNames::default(), opaque), Err(text));
        assert_eq!(read(&AttributeNames::default(), asserted(&[])), Err(text));
    }

    #[test]
    fn sso_4_the_name_in_one_or_of_parts_and_never_an_address() {
        let (given, family) = (format!("{CLAIMS}givenname"), format!("{CLAIMS}surname"));
        let parts: [(&str, &[&str]); 2] = [(&given, &["Ada"]), (&family, &["Lovelace"])];
        let named = |more: &[(&str, &[&str])]| signed_in(&[more, &parts[..]].concat()).full_name;
        assert_eq!(named(&[]).as_deref(), Some("Ada Lovelace"));
        assert_eq!(named(&[("name", &["A. Lovelace"])]).as_deref(), Some("A. Lovelace"));
        let entra = format!("{CLAIMS}name");
        assert_eq!(named(&[(&entra, &["ada@example.com"])]).as_deref(), Some("Ada Lovelace"));
        assert_eq!(signed_in(&[(&entra, &["ada@example.com"])]).full_name, None, "the stored one stays");
        assert_eq!(signed_in(&[(&given, &["Ada"])]).full_name.as_deref(), Some("Ada"));
        assert_eq!(signed_in(&[("name", &[&"x".repeat(1_000)])]).full_name.map(|name| name.len()), Some(NAME));
    }

    #[test]
    fn jit_3_groups_are_a_list_empty_or_unknown() {
        let list = |groups: &[&str]| Groups::List(groups.iter().map(|group| (*group).to_owned()).collect());
        assert_eq!(signed_in(&[("groups", &["moby:a", " moby:b ", ""])]).groups, list(&["moby:a", "moby:b"]));
        assert_eq!(signed_in(&[("Groups", &[]), ("groups", &["moby:a"])]).groups, list(&["moby:a"]));
        assert_eq!(signed_in(&[("groups", &[])]).groups, list(&[]));
        assert_eq!(signed_in(&[("groups", &[""])]).groups, list(&[]));
        assert_eq!(signed_in(&[]).groups, Groups::Unknown(Unknown::Absent));
        assert_eq!(
            signed_in(&[(GROUPS_LINK, &["https://graph.microsoft.com/x"])]).groups,
            Groups::Unknown(Unknown::Overage)
        );
        let read = |change: fn(&mut Asserted<'_>)| {
            let mut stated = Asserted { name_id: Some("ada@example.com"), ..asserted(&[]) };
            change(&mut stated);
            read(&AttributeNames::default(), stated).unwrap().groups
        };
        assert_eq!(read(|stated| stated.absent_groups_are_none = true), list(&[]));
        // What is too much to be stated is not none.
        let both = |stated: &mut Asserted<'_>| (stated.overage, stated.absent_groups_are_none) = (true, true);
        assert_eq!(read(both), Groups::Unknown(Unknown::Overage));
    }

    #[test]
    fn jit_5_what_cannot_be_applied_is_reported_and_absent() {
        for (value, role) in
            [("owner", Some(Role::Owner)), ("Editor", Some(Role::Editor)), ("MEMBER", Some(Role::Member))]
        {
            assert_eq!(signed_in(&[("dockerRole", &[value])]).role, role);
        }
        let found = signed_in(&[("dockerRole", &["admin"]), ("dockerOrg", &[" Moby "]), ("dockerTeam", &[""])]);
        assert_eq!((found.role, found.organization.as_deref(), found.team), (None, Some("Moby"), None));
        let expected = "`member`, `editor` or `owner`";
        let passed_over =
            PassedOver { attribute: "dockerRole".to_owned(), value: "admin".to_owned(), expected: expected.into() };
        assert_eq!(found.passed_over, [passed_over]);
    }

    #[test]
    fn ses_2_minutes_are_whole_positive_and_at_most_a_year() {
        for (value, minutes) in [
            ("60", Some(60)),
            (" +5 ", Some(5)),
            ("525600", Some(525_600)),
            ("525601", Some(525_600)),
            ("99999999999999999999999", Some(525_600)),
            ("0", None),
            ("-5", None),
            ("1.5", None),
            ("an hour", None),
            ("٣", None),
        ] {
            let found = signed_in(&[("dockerSessionMinutes", &[value])]);
            assert_eq!(found.session_minutes, minutes, "{value}");
            assert_eq!(found.passed_over.len(), usize::from(minutes.is_none()), "{value}");
        }
    }

    #[test]
    fn sso_4_a_connection_can_name_each_attribute_itself() {
        let names: AttributeNames = serde_json::from_str(r#"{"email": ["mail"], "role": ["rank"]}"#).unwrap();
        let stated =
            attributes(&[("mail", &["ada@example.com"]), ("email", &["other@example.com"]), ("rank", &["owner"])]);
        let found = read(&names, asserted(&stated)).unwrap();
        assert_eq!((found.email.as_str(), found.role), ("ada@example.com", Some(Role::Owner)));
        assert_eq!(names.team, AttributeNames::default().team, "what is not named keeps its default");
        assert!(serde_json::from_str::<AttributeNames>(r#"{"mail": []}"#).is_err(), "a mistyped key is an error");
    }
}
