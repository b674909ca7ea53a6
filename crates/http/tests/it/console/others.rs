//! Who is kept out (ORG-2), and connections of others that may cover an organization (TEN-1).

use muster_model::Role;

use super::{Site, at, shown};

#[tokio::test]
async fn org_2_who_was_removed_with_a_block_is_listed_and_let_back_in() {
    let site = Site::new();
    let mut owner = site.owner();
    let none = owner.get(&at("/blocks")).await;
    assert!(none.words().contains("Nobody is kept out"), "{}", none.words());
    let mona = site.server.member(site.moby(), "mona@example.com", Role::Member);
    let page = owner.get(&at(&format!("/members/{}/remove", mona.username))).await;
    let form = page.forms().into_iter().find(|form| form.has("block")).unwrap();
    let page = owner.submit(&page, &form.with("block", "yes")).await;
    shown(&page);
    let page = owner.get(&at("/blocks")).await;
    assert!(page.words().contains(&mona.username), "{}", page.words());
    let lifted = owner.submit(&page, &page.form("/lift")).await;
    assert!(lifted.words().contains("The block is lifted"), "{}", lifted.words());
    assert!(lifted.words().contains("Nobody is kept out"), "{}", lifted.words());
    let mut member = site.with_role("mo@example.com", Role::Member);
    assert_eq!(member.get(&at("/blocks")).await.status, 403);
    assert_eq!(site.stranger().get(&at("/blocks")).await.status, 404);
}

#[tokio::test]
async fn ten_1_another_s_connection_is_consented_to_and_the_consent_taken_back() {
    let site = Site::new();
    let server = &site.server;
    let theirs = server.world.connection("theirs", &[&server.organizations[1]]).domains(&["whale.example"]).build();
    let mut owner = site.owner();
    let page = owner.get(&at("/consents")).await;
    let form = page.form("/consents");
    let wrong = owner.submit(&page, &form.clone().with("connection", "theirs")).await;
    assert_eq!(wrong.status, 400, "{}", wrong.words());
    assert!(wrong.text.contains("value=\"theirs\""), "{}", wrong.words());
    // What has nothing to do with the organization is not told of.
    let withdraw = at(&format!("/consents/{theirs}/withdraw"));
    assert_eq!(owner.get(&withdraw).await.status, 404);
    let given = owner.submit(&page, &form.with("connection", &theirs.to_string())).await;
    assert!(given.words().contains("It may cover this organization"), "{}", given.words());
    // Consented to and not used yet, it is listed, and can be taken back.
    let listed = owner.get(&at("/consents")).await;
    assert!(listed.words().contains("May cover it, and does not yet"), "{}", listed.words());
    assert!(listed.text.contains(&format!("/consents/{theirs}/withdraw")), "{}", listed.words());
    let own = at(&format!("/consents/{}/withdraw", server.connection));
    assert_eq!(owner.get(&own).await.status, 404, "one's own needs no consent");
    let id = site.moby().id;
    let consents = || server.world.read(move |conn| Ok(conn.organization(id)?)).unwrap().consents;
    assert!(consents().contains(&theirs));
    let page = owner.get(&withdraw).await;
    assert!(page.words().contains("Members, teams and roles stay"), "{}", page.words());
    let taken = owner.submit(&page, &page.form("/withdraw")).await;
    assert!(taken.words().contains("no more"), "{}", taken.words());
    assert!(!consents().contains(&theirs));
    let mut member = site.with_role("mo@example.com", Role::Member);
    assert_eq!(member.get(&at("/consents")).await.status, 403);
}
