//! GRP-5, SCIM-14: a large group is gone when its deletion is acknowledged, and its members follow by themselves.

use crate::support::Server;

#[tokio::test]
async fn grp_5_members_of_a_large_group_follow_in_the_background() {
    let server = Server::new();
    let (world, okta) = (&server.world, server.connection);
    world.settings(okta, |settings| settings.scim.mass_change_guard = false);
    let ids = world.create_people(okta, 1_001);
    let group = world.create_group(okta, "moby:crew", &ids).unwrap().id;
    let path = format!("/Groups/{group}");
    let deleted = server.delete(&path).await.due(204);
    let row = server.logged(&deleted).unwrap();
    let told = row.steps.iter().any(|step| step.note.to_string() == "its 1001 members follow within moments");
    assert!(told, "{:?}", row.steps);
    server.get(&path).await.due(404);
    let first = server.get(&format!("/Users/{}", ids[0])).await.due(200).value();
    assert!(first.get("groups").is_none(), "nobody is in it any more: {first}");
    let moby = &server.organizations[0];
    server.eventually(async || world.teams(moby, "p1000@example.com") == ["company"]).await;
    server.eventually(async || !world.read(|conn| Ok(conn.oldest_group_move()?.is_some()))).await;
    world.assert_ledger_tells_the_state();
}
