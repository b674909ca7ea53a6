//! The sequences as a whole, and what they must look like on the wire.

use std::fmt::Write as _;
use std::path::Path;

use muster_simulator::report::Verdict;
use muster_simulator::step::Method;
use muster_simulator::{Directory, Idp, Length, Report, run};
use serde_json::{Value, json};

use crate::stub::Stub;

async fn play(idp: Idp, length: Length) -> Report {
    run(idp, &Stub::default(), &Directory::example(), length).await
}

#[tokio::test]
async fn every_idp_completes_against_a_conformant_server() {
    for idp in Idp::ALL {
        for length in [Length::Short, Length::Full] {
            let report = play(idp, length).await;
            assert_eq!((report.failed(), report.skipped()), (0, 0), "{length:?}:\n{report}");
            assert!(report.passed() > 10, "{report}");
        }
    }
}

#[tokio::test]
async fn what_is_there_already_is_found_and_not_created() {
    for idp in Idp::ALL {
        let stub = Stub::default();
        run(idp, &stub, &Directory::example(), Length::Short).await;
        let again = run(idp, &stub, &Directory::example(), Length::Short).await;
        assert_eq!(again.failed(), 0, "{again}");
        assert!(again.skipped() >= Directory::example().people.len(), "{again}");
    }
}

#[tokio::test]
async fn an_empty_directory_needs_no_ids() {
    for idp in Idp::ALL {
        let report = run(idp, &Stub::default(), &Directory::default(), Length::Full).await;
        assert_eq!((report.failed(), report.skipped()), (0, 0), "{report}");
    }
}

#[tokio::test]
async fn a_short_run_leaves_everybody_in_place() {
    for idp in Idp::ALL.into_iter().filter(|idp| *idp != Idp::JumpCloud) {
        let report = play(idp, Length::Short).await;
        assert!(report.outcomes.iter().all(|outcome| outcome.request.method != Method::Delete), "{report}");
    }
}

#[tokio::test]
async fn a_step_without_its_id_is_skipped_and_the_run_goes_on() {
    let stub = Stub::default();
    let steps = [
        muster_simulator::Step::get("read nobody", "/Users/{user:nobody}"),
        muster_simulator::Step::get("read all", "/Users"),
    ];
    let report = muster_simulator::play(Idp::Okta, &stub, &steps).await;
    assert!(matches!(&report.outcomes[0].verdict, Verdict::Skipped(reason) if reason.contains("user:nobody")));
    assert_eq!(report.outcomes[1].verdict, Verdict::Passed);
}

/// Bodies that vendors document or that logs show, letter for letter.
#[tokio::test]
async fn documented_requests_are_sent_as_documented() {
    let operations =
        |value: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": value});
    for (idp, path, body) in [
        (Idp::Okta, "/Users/5", operations(json!([{"op": "replace", "value": {"active": false}}]))),
        (
            Idp::Okta,
            "/Groups/6",
            operations(json!([{"op": "replace", "value": {"id": "6", "displayName": "moby:developers"}}])),
        ),
        (Idp::Entra, "/Users/5", operations(json!([{"op": "Replace", "path": "active", "value": "False"}]))),
        (Idp::EntraCompliant, "/Users/5", operations(json!([{"op": "replace", "path": "active", "value": false}]))),
        (
            Idp::Entra,
            "/Groups/6",
            operations(json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "1"}]}])),
        ),
        (Idp::EntraCompliant, "/Groups/6", operations(json!([{"op": "remove", "path": "members[value eq \"1\"]"}]))),
        (Idp::OneLogin, "/Groups/6?", operations(json!([{"op": "add", "path": "members", "value": [{"value": "1"}]}]))),
    ] {
        let report = play(idp, Length::Full).await;
        let sent = report.outcomes.iter().any(|outcome| {
            outcome.request.method == Method::Patch
                && outcome.request.path == path
                && outcome.request.body.as_ref() == Some(&body)
        });
        assert!(sent, "{idp} does not PATCH {path} with {body}");
    }
}

/// Everything that is sent, for reading. `MUSTER_UPDATE_GOLDEN=1 cargo test -p muster-simulator` writes the files.
#[tokio::test]
async fn requests_are_those_in_the_files() {
    for idp in Idp::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/requests/{idp}.http"));
        let text = transcript(&play(idp, Length::Full).await);
        if std::env::var_os("MUSTER_UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text == stored, "{} differs from what {} sends now", path.display(), idp.title());
    }
}

fn transcript(report: &Report) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        writeln!(text, "### {}\n{}", outcome.name, outcome.request).unwrap();
        for (name, value) in &outcome.request.headers {
            writeln!(text, "{name}: {value}").unwrap();
        }
        if let Some(body) = &outcome.request.body {
            writeln!(text, "\n{}", serde_json::to_string_pretty(body).unwrap()).unwrap();
        }
        text.push('\n');
    }
    text
}
