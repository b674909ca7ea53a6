//! The mail of an invitation.

use askama::Template;
use muster_engine::{invitations::Told, mail::Letter};
use muster_model::{Role, Timestamp};

/// As plain text, which nothing is escaped in: names that could be read as something else do not get here.
#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct Text<'l> {
    organization: &'l str,
    inviter: Option<&'l str>,
    role: Role,
    team: Option<&'l str>,
    until: &'l str,
    link: &'l str,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct Html<'l> {
    organization: &'l str,
    inviter: Option<&'l str>,
    role: Role,
    team: Option<&'l str>,
    until: &'l str,
    link: &'l str,
}

/// The letter that tells of an invitation, with its link.
pub(super) fn of(told: &Told<'_>, link: &str) -> Letter {
    let Told { to, organization, inviter, role, team, expires } = *told;
    let until = &day(expires);
    let text = Text { organization, inviter, role, team, until, link }.render();
    let html = Html { organization, inviter, role, team, until, link }.render();
    Letter {
        to: to.clone(),
        subject: format!("You are invited to {organization}"),
        // Writing to memory does not fail; the link alone would do.
        text: text.unwrap_or_else(|_| format!("You are invited to {organization}: {link}\n")),
        html: html.ok(),
    }
}

/// The day until whose end, at the latest, an invitation counts.
pub(super) fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use muster_model::Email;

    use super::*;

    #[test]
    fn org_3_the_letter_says_who_invites_to_what_until_when_in_text_and_html() {
        let to = Email::parse("ada@example.com").unwrap();
        let mut told = Told {
            to: &to,
            organization: "moby",
            inviter: Some("Olga O'Neil (olga1)"),
            role: Role::Editor,
            team: Some("writers"),
            expires: Timestamp(1_795_000_000_000_000),
        };
        let letter = of(&told, "https://muster.test/invitations/x");
        assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("ada@example.com", "You are invited to moby"));
        let wanted =
            "Olga O'Neil (olga1) invites you to the organization moby in Muster, as editor, in the team writers.";
        assert!(letter.text.starts_with(wanted), "{}", letter.text);
        assert!(letter.text.contains("until 2026-11-18:\n\nhttps://muster.test/invitations/x\n"), "{}", letter.text);
        let html = letter.html.unwrap();
        assert!(
            html.contains("Olga O&#39;Neil") && html.contains("href=\"https://muster.test/invitations/x\""),
            "{html}"
        );
        (told.inviter, told.team) = (None, None);
        let plain = of(&told, "l").text;
        assert!(plain.starts_with("You are invited to the organization moby in Muster, as editor.\n"), "{plain}");
    }
}
