//! The rules that decide, by their IDs in the contract.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// A rule of the contract that decided something.
        ///
        /// It is stored with every value, grant and trace step, so that "why" always has an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            /// Every rule named here.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The ID as the contract writes it, such as `SCIM-5`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

rules! {
    /// A connection serves only its holder's domains and organizations.
    Ten1 = "TEN-1";
    /// A connection changes an account only inside its own domains.
    Ten2 = "TEN-2";
    /// Owners see only what concerns their organizations.
    Ten3 = "TEN-3";
    /// An email counts once confirmed.
    Acc1 = "ACC-1";
    /// Only the person or the operator erases.
    Acc2 = "ACC-2";
    /// Names.
    Acc3 = "ACC-3";
    /// Protocols, issuers, tenants.
    Sso1 = "SSO-1";
    /// Who begins a sign-in.
    Sso3 = "SSO-3";
    /// Which attributes are read, under which names.
    Sso4 = "SSO-4";
    /// What should be an address is one.
    Sso5 = "SSO-5";
    /// Tokens work on their own surface, within their scopes.
    Sec1 = "SEC-1";
    /// A set-up link reaches one pending connection.
    Sec2 = "SEC-2";
    /// Known and unknown addresses behave alike.
    Sec5 = "SEC-5";
    /// The email's domain is one of the connection's.
    Sso6 = "SSO-6";
    /// The answer belongs to a request of this browser, and is accepted once.
    Sso7 = "SSO-7";
    /// Certificates and metadata.
    Sso8 = "SSO-8";
    /// Enforcement.
    Sso9 = "SSO-9";
    /// Too many wrong passwords.
    Sso10 = "SSO-10";
    /// Enforcement is tried first, and break-glass.
    Sso11 = "SSO-11";
    /// Replacing and removing connections.
    Sso12 = "SSO-12";
    /// Just-in-Time look-up and creation.
    Jit1 = "JIT-1";
    /// A pending invitation is accepted.
    Jit2 = "JIT-2";
    /// Group mappings in the assertion.
    Jit3 = "JIT-3";
    /// The default organization and team.
    Jit4 = "JIT-4";
    /// `dockerOrg`, `dockerTeam`, `dockerRole`.
    Jit5 = "JIT-5";
    /// First provisioning only.
    Jit6 = "JIT-6";
    /// Just-in-Time provisioning switched off.
    Jit7 = "JIT-7";
    /// Only organizations that the connection covers.
    Jit9 = "JIT-9";
    /// A membership ended by SCIM does not return by signing in.
    Jit10 = "JIT-10";
    /// Enabling SCIM and its token.
    Scim1 = "SCIM-1";
    /// The protocol.
    Scim2 = "SCIM-2";
    /// Attributes that matter.
    Scim3 = "SCIM-3";
    /// The docker extension.
    Scim4 = "SCIM-4";
    /// Creating, updating, deactivating, deleting.
    Scim5 = "SCIM-5";
    /// Which memberships SCIM manages.
    Scim6 = "SCIM-6";
    /// Disabling SCIM.
    Scim7 = "SCIM-7";
    /// Isolation of connections.
    Scim8 = "SCIM-8";
    /// Seats.
    Scim9 = "SCIM-9";
    /// Verified domains.
    Scim10 = "SCIM-10";
    /// The request log.
    Scim11 = "SCIM-11";
    /// Absent is not empty.
    Scim12 = "SCIM-12";
    /// Atomicity, and no-ops.
    Scim13 = "SCIM-13";
    /// PATCH answers.
    Scim14 = "SCIM-14";
    /// `organization:team`.
    Grp1 = "GRP-1";
    /// Where groups come from.
    Grp2 = "GRP-2";
    /// Malformed group names.
    Grp3 = "GRP-3";
    /// Groups of organizations that are not covered.
    Grp4 = "GRP-4";
    /// Renaming and deleting groups and teams.
    Grp5 = "GRP-5";
    /// A member of a team while one grant says so.
    Grp6 = "GRP-6";
    /// Groups and the organization membership.
    Grp7 = "GRP-7";
    /// The mapping table.
    Grp8 = "GRP-8";
    /// SSO and SCIM side by side.
    Pre1 = "PRE-1";
    /// Provenance.
    Pre2 = "PRE-2";
    /// Conflicts.
    Pre3 = "PRE-3";
    /// Reads return what SCIM wrote.
    Pre4 = "PRE-4";
    /// How a value is resolved.
    Pre5 = "PRE-5";
    /// Adoption.
    Mig1 = "MIG-1";
    /// Plans.
    Mig2 = "MIG-2";
    /// The mass-change guard.
    Mig3 = "MIG-3";
    /// How long sessions last.
    Ses1 = "SES-1";
    /// Session lengths set by the IdP.
    Ses2 = "SES-2";
    /// Ended sessions have a reason.
    Ses3 = "SES-3";
    /// Ending a membership ends access.
    Ses4 = "SES-4";
    /// Roles and the last owner.
    Org1 = "ORG-1";
    /// Removal by hand.
    Org2 = "ORG-2";
    /// Invitations.
    Org3 = "ORG-3";
    /// Domains.
    Org4 = "ORG-4";
    /// Auto-provisioning by domain.
    Org5 = "ORG-5";
    /// Domain audit.
    Org6 = "ORG-6";
    /// Guests.
    Org8 = "ORG-8";
    /// The activity log.
    Org9 = "ORG-9";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.id() == id)
            .ok_or_else(|| serde::de::Error::custom(format!("`{id}` is not a rule")))
    }
}

/// Reads an ID such as `SCIM-5`.
impl std::str::FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|rule| rule.id() == text).ok_or_else(|| format!("`{text}` is not a rule"))
    }
}
