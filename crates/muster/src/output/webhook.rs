//! Webhooks, for people.

use std::fmt::Write;

use super::table;
use crate::admin::Webhooks;

pub(super) fn text(answer: &Webhooks) -> String {
    let mut parts = Vec::new();
    if !answer.webhooks.is_empty() {
        parts.push(lines(answer));
    }
    if let Some(messages) = &answer.messages {
        let mut rows = table(["position", "event", "about", "state", "tries", "last", "next", "why"]);
        for message in messages {
            rows.add_row([
                message.position.clone(),
                message.event.clone(),
                message.subject.clone(),
                message.state.clone(),
                message.attempts.to_string(),
                message.last_attempt_at.clone().unwrap_or_default(),
                message.next_attempt_at.clone().unwrap_or_default(),
                message.failure.clone().unwrap_or_default(),
            ]);
        }
        parts.push(if messages.is_empty() { "no messages".to_owned() } else { rows.to_string() });
    }
    parts.extend(answer.resent.map(|count| format!("{count} messages are sent again")));
    if let Some(trial) = &answer.trial {
        let mut text = if trial.delivered { "it was taken".to_owned() } else { "it was not taken".to_owned() };
        if let Some(failure) = &trial.failure {
            let _ = write!(text, ": {failure}");
        }
        let _ = write!(text, " ({} ms)", trial.milliseconds);
        if let Some(answer) = &trial.answer {
            let _ = write!(text, "\n{answer}");
        }
        parts.push(text);
    }
    parts.extend(answer.secret.as_ref().map(|secret| format!("secret, shown only now: {secret}")));
    parts.extend(answer.removed.as_ref().map(|name| format!("webhook {name} is removed")));
    if parts.is_empty() { "nothing is sent anywhere".to_owned() } else { parts.join("\n\n") }
}

fn lines(answer: &Webhooks) -> String {
    let mut rows = table(["webhook", "organization", "url", "events", "", "to send", "given up", "id"]);
    for webhook in &answer.webhooks {
        let state = match (&webhook.failing, webhook.is_active) {
            (_, false) => "off".to_owned(),
            (None, true) => "on".to_owned(),
            (Some(failing), true) => {
                format!("takes nothing since {}: {}", failing.since, failing.reason.clone().unwrap_or_default())
            }
        };
        let events = if webhook.events.is_empty() { "all".to_owned() } else { webhook.events.join(", ") };
        rows.add_row([
            webhook.name.clone(),
            webhook.organization.clone().unwrap_or_default(),
            webhook.url.clone(),
            events,
            state,
            webhook.pending.to_string(),
            webhook.dead.to_string(),
            webhook.id.clone(),
        ]);
    }
    rows.to_string()
}
