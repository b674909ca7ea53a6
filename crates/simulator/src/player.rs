//! Playing steps against a server, one after the other.

use serde_json::Value;

use crate::directory::Directory;
use crate::idp::{Idp, Length};
use crate::known::{Known, Unknown};
use crate::report::{Outcome, Report, Verdict};
use crate::step::{Body, Step};
use crate::transport::{Request, Response, Transport};

/// Plays everything that `idp` does with a directory.
pub async fn run(idp: Idp, transport: &impl Transport, directory: &Directory, length: Length) -> Report {
    play(idp, transport, &idp.requests(directory, length)).await
}

/// Plays these steps as `idp`: with its headers.
///
/// A step that fails does not end the run; steps that need what it did not give are skipped.
pub async fn play(idp: Idp, transport: &impl Transport, steps: &[Step]) -> Report {
    let mut known = Known::default();
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let outcome = match prepare(idp, step, &known) {
            Ok(request) => attempt(transport, step, request, &mut known).await,
            Err(reason) => skip(idp, step, reason),
        };
        outcomes.push(outcome);
    }
    Report { idp, outcomes }
}

/// Makes the request, or says why there is none.
fn prepare(idp: Idp, step: &Step, known: &Known) -> Result<Request, String> {
    if step.unless.as_deref().is_some_and(|name| known.has(name)) {
        return Err("it is already there".to_owned());
    }
    request(idp, step, known).map_err(|unknown| unknown.to_string())
}

/// A step's request, with what is known filled in.
pub(crate) fn request(idp: Idp, step: &Step, known: &Known) -> Result<Request, Unknown> {
    let body = known.fill_body(&step.body)?;
    let headers = idp.headers(body.is_some());
    Ok(Request { method: step.method, path: known.fill_path(&step.path)?, headers, body })
}

async fn attempt(transport: &impl Transport, step: &Step, request: Request, known: &mut Known) -> Outcome {
    let answered = transport.send(&request).await;
    let mut outcome = Outcome {
        name: step.name.clone(),
        request,
        due: step.statuses,
        response: None,
        id: None,
        verdict: Verdict::Passed,
    };
    match answered {
        Ok(response) => {
            let body = parse(&response);
            let faults = faults(step, &response, &body, known);
            if let Ok(Some(body)) = &body {
                outcome.id =
                    body["id"].as_str().or_else(|| body.pointer("/Resources/0/id")?.as_str()).map(str::to_owned);
                if let Some(remember) = step.remember.as_ref().filter(|_| response.status < 300) {
                    known.remember(remember, body);
                }
            }
            outcome.response = Some(response);
            if !faults.is_empty() {
                outcome.verdict = Verdict::Failed(faults);
            }
        }
        Err(error) => outcome.verdict = Verdict::Failed(vec![error.to_string()]),
    }
    outcome
}

/// The answer's body as JSON, if it has one.
fn parse(response: &Response) -> Result<Option<Value>, String> {
    if response.body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&response.body).map(Some).map_err(|error| format!("the body is not JSON: {error}"))
}

/// All that is wrong with an answer.
fn faults(step: &Step, response: &Response, body: &Result<Option<Value>, String>, known: &Known) -> Vec<String> {
    let mut faults = Vec::new();
    if !step.statuses.contains(&response.status) {
        let due: Vec<String> = step.statuses.iter().map(u16::to_string).collect();
        let detail = body.as_ref().ok().and_then(|body| body.as_ref()?["detail"].as_str());
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        faults.push(format!("status {} instead of {}{detail}", response.status, due.join(" or ")));
        return faults;
    }
    match body {
        Err(fault) => faults.push(fault.clone()),
        Ok(None) => {}
        Ok(Some(body)) => {
            if !response.header("content-type").is_some_and(|kind| kind.contains("json")) {
                faults.push("the content type of a JSON body is not said to be JSON".to_owned());
            }
            for check in &step.checks {
                match known.fill_check(check) {
                    Ok(check) => faults.extend(check.fault(body)),
                    Err(unknown) => faults.push(unknown.to_string()),
                }
            }
        }
    }
    faults
}

fn skip(idp: Idp, step: &Step, reason: String) -> Outcome {
    let body = match &step.body {
        Body::Json(value) => Some(value.clone()),
        Body::None | Body::Answered { .. } => None,
    };
    let headers = idp.headers(body.is_some());
    Outcome {
        name: step.name.clone(),
        request: Request { method: step.method, path: step.path.clone(), headers, body },
        due: step.statuses,
        response: None,
        id: None,
        verdict: Verdict::Skipped(reason),
    }
}
