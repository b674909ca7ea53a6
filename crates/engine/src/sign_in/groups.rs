//! Which places the groups of an assertion mean (JIT-3, GRP-1 to GRP-4).

use std::collections::BTreeSet;

use muster_model::{
    Account, Connection, Rule,
    mapping::{self, Target, Unmapped},
    sign_in::{Groups, Unknown},
    texts,
    trace::Note,
};

use crate::Env;

/// The most groups that an assertion is believed to list; with more, nothing is known of them.
const GROUPS: usize = 1_000;
/// The longest name, in bytes, that is read as a group's.
const NAME_BYTES: usize = 512;

/// Where groups map to, each place once; `None` while nothing is known of them. What does not map is reported.
pub(super) fn targets(
    env: &mut Env,
    connection: &Connection,
    account: &Account,
    groups: &Groups,
) -> Option<BTreeSet<Target>> {
    let unknown = match groups {
        Groups::List(groups) if groups.len() <= GROUPS => return Some(resolve(env, connection, account, groups)),
        Groups::List(groups) => Some(format!(
            "the identity provider lists {} groups, and nothing is made of more than {GROUPS}: assign fewer to the \
             application, or let SCIM push them",
            groups.len()
        )),
        Groups::Unknown(Unknown::Absent) => None,
        Groups::Unknown(Unknown::Overage) => Some(
            "the identity provider left the groups out because there are too many: assign fewer to the application, or \
             let SCIM push them"
                .to_owned(),
        ),
    };
    if let Some(why) = unknown {
        env.report(Rule::Jit3, None, Some(account.id.0), why.clone());
        env.note(Rule::Jit3, Note::PassedOver(why));
    }
    None
}

fn resolve(env: &mut Env, connection: &Connection, account: &Account, groups: &[String]) -> BTreeSet<Target> {
    let (mut targets, mut malformed) = (BTreeSet::new(), false);
    for group in groups {
        if group.len() > NAME_BYTES {
            malformed = true;
            continue;
        }
        let resolved = mapping::resolve(group, connection);
        targets.extend(resolved.targets);
        match resolved.unmapped {
            None => {}
            Some(Unmapped::Malformed) => malformed = true,
            Some(Unmapped::NotCovered(organization)) => {
                let why = format!("group `{group}` maps to nothing: `{organization}` is not covered by the connection");
                env.report(Rule::Grp4, None, Some(account.id.0), why.clone());
                env.note(Rule::Grp4, Note::GroupUnmapped(why));
            }
        }
    }
    if malformed {
        env.report(Rule::Grp3, None, Some(account.id.0), texts::MALFORMED_GROUPS.to_owned());
        env.note(Rule::Grp3, Note::GroupUnmapped(texts::MALFORMED_GROUPS.to_owned()));
    }
    targets
}
