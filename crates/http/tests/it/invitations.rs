//! ORG-3, SCIM-9: an invitation ends when its time is over, whether anybody touches it or not.

use std::time::Duration;

use crate::support::{Server, person};

#[tokio::test]
async fn org_3_expired_invitations_end_in_the_background_and_their_seats_are_free() {
    let server = Server::new();
    let moby = &server.organizations[0];
    server.world.settings(server.connection, |settings| settings.scim.other_domains = true);
    server.app.forget_connections();
    server.world.seats(moby, 1);
    server.post("/Users", person("eve@elsewhere.org")).await.due(201);
    server.post("/Users", person("ada@example.com")).await.refused(403, None, "Not enough seats");
    server.world.advance(Duration::from_hours(24 * 14));
    let _nodes = [server.another_node(), server.another_node()];
    let id = moby.id;
    server.eventually(async || server.world.read(move |conn| Ok(conn.pending_invitations(id)?)).is_empty()).await;
    server.post("/Users", person("ada@example.com")).await.due(201);
    server.world.assert_ledger_tells_the_state();
}
