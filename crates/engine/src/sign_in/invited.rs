//! The pending invitations that may let a person in who signs in (JIT-2), looked up once.

use muster_model::{Account, Connection, Email, Invitation, SignIn};
use muster_store::Tx;

use crate::{EngineError, Env, invitations};

/// Pending invitations to organizations of the connection.
pub(super) struct Invited(Vec<Invitation>);

impl Invited {
    /// Those of the address that the account has, and of the one that is asserted.
    pub(super) fn find(
        tx: &mut Tx<'_>,
        env: &mut Env,
        connection: &Connection,
        said: &SignIn,
        account: Option<&Account>,
    ) -> Result<Self, EngineError> {
        let present = account.and_then(|account| account.email.as_ref());
        let mut keys = vec![said.email.key()];
        keys.extend(present.map(Email::key).filter(|key| *key != keys[0]));
        Ok(Self(invitations::pending_in(tx, env, connection, &keys)?))
    }

    /// Those of them that are an account's own, or, before there is one, those of whoever has the asserted address.
    pub(super) fn meant_for<'i>(
        &'i self,
        said: &SignIn,
        account: Option<&'i Account>,
    ) -> impl Iterator<Item = &'i Invitation> + use<'i> {
        let email = account.map_or(Some(&said.email), |account| account.email.as_ref()).map(Email::key);
        self.0.iter().filter(move |invitation| {
            let is_meant = invitation.account.is_none_or(|meant| Some(meant) == account.map(|account| account.id));
            is_meant && Some(invitation.email.key()) == email
        })
    }
}
