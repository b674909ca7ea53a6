//! The order of a bulk request.

use std::collections::{BTreeSet, HashMap};

use super::Operation;

/// A step of a bulk request; the number is the operation's place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run the operation. References to what was not run before are left out.
    Run(usize),
    /// Give what the operation made the references that were left out.
    Fill(usize),
}

/// How far an operation has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Not looked at.
    New,
    /// What it refers to is being put in front of it.
    Open,
    /// Ordered.
    Done,
}

/// Puts in front of each operation what it refers to. It does not recurse: a chain may be as long as the request.
pub(super) fn order(operations: &[Operation]) -> Vec<Step> {
    let makers: HashMap<&str, usize> =
        operations.iter().enumerate().filter_map(|(index, operation)| Some((operation.makes()?, index))).collect();
    let referred = |index: usize| -> Vec<usize> {
        let work = operations.get(index).and_then(|operation| operation.work.as_ref().ok());
        let names = work.map(|work| work.references()).unwrap_or_default();
        names.into_iter().filter_map(|name| makers.get(name).copied()).collect()
    };
    let mut progress = vec![Progress::New; operations.len()];
    let mut steps = Vec::with_capacity(operations.len());
    for first in 0..operations.len() {
        if progress[first] != Progress::New {
            continue;
        }
        progress[first] = Progress::Open;
        let mut incomplete = BTreeSet::new();
        let mut open = vec![(first, referred(first))];
        while let Some((index, waiting)) = open.last_mut() {
            let index = *index;
            match waiting.pop() {
                None => {
                    progress[index] = Progress::Done;
                    steps.push(Step::Run(index));
                    open.pop();
                }
                Some(other) => match progress[other] {
                    Progress::New => {
                        progress[other] = Progress::Open;
                        open.push((other, referred(other)));
                    }
                    Progress::Open => {
                        incomplete.insert(index);
                    }
                    Progress::Done => {}
                },
            }
        }
        steps.extend(incomplete.into_iter().map(Step::Fill));
    }
    steps
}
