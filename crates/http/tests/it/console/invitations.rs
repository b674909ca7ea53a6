//! Inviting people.

use muster_model::Role;

use super::{Site, at, shown};

#[tokio::test]
async fn org_3_a_list_is_shown_before_anything_is_sent() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.member(site.moby(), "bo@example.com", Role::Member);
    let page = owner.get(&at("/invitations")).await;
    let list = "ada@example.com, bo@example.com\nada@example.com not-an-address eve@elsewhere.org";
    let form = page.form("people").with("people", list).with("role", "editor").with("team", "backend");
    let review = owner.submit(&page, &form).await;
    shown(&review);
    for words in ["Invite 2 people", "is a member already", "is named twice in the list", "not-an-address"] {
        assert!(review.words().contains(words), "{words}: {}", review.words());
    }
    assert!(!site.server.world.is_member(site.moby(), "ada@example.com"));
    let page = owner.get(&at("/invitations")).await;
    assert!(page.words().contains("Nobody is invited."), "nothing was sent: {}", page.words());

    let sent = owner.submit(&review, &review.form("list")).await;
    assert!(sent.words().contains("ada@example.com") && sent.words().contains("eve@elsewhere.org"), "{}", sent.words());
    let page = owner.get(&at("/invitations")).await;
    assert!(page.words().contains("ada@example.com editor backend olga"), "{}", page.words());
    assert!(page.words().contains("2 invitations"), "{}", page.words());
    // Once more, as somebody who goes back in the browser does: nobody is invited twice.
    let again = owner.submit(&review, &review.form("list")).await;
    assert!(again.words().contains("is invited already"), "{}", again.words());
}

#[tokio::test]
async fn org_3_a_file_is_read_and_its_mistakes_are_told() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("/invitations")).await;
    let file = "email;role;team\nada@example.com;owner;writers\nbo@example.com;king;\n";
    let review = owner.submit(&page, &page.form("people").with("file", file)).await;
    for words in ["ada@example.com owner writers", "Line 3: ", "`king` is not a role", "Invite 1 person"] {
        assert!(review.words().contains(words), "{words}: {}", review.words());
    }
    let refused = owner.submit(&page, &page.form("people").with("file", "name,mail\nAda,ada@example.com\n")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.words().contains("no column `email`"), "{}", refused.words());
    let refused = owner.submit(&page, &page.form("people")).await;
    assert!(refused.words().contains("name somebody to invite"), "{}", refused.words());
    let typed = owner.submit(&page, &page.form("people").with("people", "Email,Role\nada@example.com,owner")).await;
    assert!(typed.words().contains("ada@example.com owner"), "{}", typed.words());
}

#[tokio::test]
async fn scim_9_who_needs_more_seats_than_there_are_is_told_first() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.world.seats(site.moby(), 2);
    let page = owner.get(&at("/invitations")).await;
    let review = owner.submit(&page, &page.form("people").with("people", "a@example.com b@example.com")).await;
    assert!(review.words().contains("2 seats are needed, 1 free."), "{}", review.words());
    assert!(!review.words().contains("Invite 2 people"), "{}", review.words());
    let refused = owner.submit(&review, &review.form("list")).await;
    assert!(refused.status.is_client_error() && refused.words().contains("seat"), "{}", refused.words());
}

#[tokio::test]
async fn org_3_an_invitation_is_sent_again_and_taken_back() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.world.invite(site.moby(), "ada@example.com", None, Role::Member).unwrap();
    let page = owner.get(&at("/invitations")).await;
    let page = owner.submit(&page, &page.form("/resend")).await;
    assert!(page.words().contains("The invitation is sent again."), "{}", page.words());
    let page = owner.submit(&page, &page.form("/cancel")).await;
    assert!(page.words().contains("The invitation is taken back."), "{}", page.words());
    assert!(page.words().contains("Nobody is invited."), "{}", page.words());
    let mut member = site.with_role("mona@example.com", Role::Member);
    let page = member.get(&at("/invitations")).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn a_list_of_another_site_is_not_even_read() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("/invitations")).await;
    let mut form = page.form("people").with("people", "ada@example.com");
    form.action = at("/invitations/review");
    owner.header("sec-fetch-site", "cross-site");
    let refused = owner.submit(&page, &form).await;
    assert_eq!(refused.status, 403, "{}", refused.words());
}
