//! Teams.

use muster_model::Role;

use super::{Site, at, make_team, shown};

#[tokio::test]
async fn a_team_is_made_filled_renamed_and_deleted() {
    let site = Site::new();
    let mut owner = site.owner();
    let ada = site.server.member(site.moby(), "ada@example.com", Role::Member);
    let page = make_team(&mut owner, "backend").await;
    shown(&page);
    assert!(page.words().contains("The team is made."), "{}", page.words());
    let page = owner.submit(&page, &page.form("/members").with("member", &ada.username)).await;
    assert!(page.words().contains("The member is in the team."), "{}", page.words());
    assert!(page.words().contains("ada@example.com"), "{}", page.words());
    assert_eq!(site.server.world.teams(site.moby(), "ada@example.com"), ["backend"]);

    let form = page.forms().into_iter().find(|form| form.has("description")).unwrap();
    let page = owner.submit(&page, &form.with("name", "platform").with("description", "Holds everything")).await;
    assert_eq!(page.url.path(), "/console/orgs/moby/teams/platform");
    assert!(page.words().contains("Holds everything"), "{}", page.words());

    let page = owner.submit(&page, &page.form("/remove")).await;
    assert!(page.words().contains("Nobody is in this team yet."), "{}", page.words());
    assert!(site.server.world.teams(site.moby(), "ada@example.com").is_empty());

    let page = owner.follow(&page, "/console/orgs/moby/teams/platform/delete").await;
    assert!(page.words().contains("Nobody is in the team."), "{}", page.words());
    let form = page.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap();
    let page = owner.submit(&page, &form).await;
    assert_eq!(page.url.path(), "/console/orgs/moby/teams");
    assert!(page.words().contains("The team is deleted."), "{}", page.words());
}

#[tokio::test]
async fn what_is_refused_is_told_where_it_was_typed() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = make_team(&mut owner, "Back End").await;
    assert_eq!(page.status, 400, "{}", page.words());
    let form = page.forms().into_iter().find(|form| form.has("description")).unwrap();
    assert_eq!(form.value("name"), Some("Back End"), "what was typed is kept");
    make_team(&mut owner, "backend").await;
    let page = make_team(&mut owner, "backend").await;
    assert_eq!(page.status, 409, "{}", page.words());

    let page = owner.get(&at("/teams/backend")).await;
    let page = owner.submit(&page, &page.form("/members").with("member", "<b>nobody</b>")).await;
    assert_eq!(page.status, 400, "{}", page.words());
    assert!(page.words().contains("nobody with the username <b>nobody</b> is a member"), "{}", page.words());
    assert_eq!(page.form("/members").value("member"), Some("<b>nobody</b>"));
}
