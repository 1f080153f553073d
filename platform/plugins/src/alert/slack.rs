//! Alerts to an incoming webhook of Slack.

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Credential, Destination, Endpoint, Error, ErrorKind, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Slack,
    name: "slack",
    tracer: "floe.alert.slack",
    api: "1.0",
    description: "sends alerts to an incoming webhook of Slack",
}

/// An incoming webhook of Slack, which belongs to one channel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slack {
    /// The URL of the webhook. Its path is the credential.
    webhook: Credential,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

/// Slack's limits, in characters, for the text of a section and for a field of a section.
const LONGEST_TEXT: usize = 3000;
const LONGEST_FIELD: usize = 2000;

impl Lifecycle for Slack {
    fn endpoints(&self) -> Vec<Endpoint> {
        // The host is fixed, because the URL is a credential, which is not read before the start.
        vec![Endpoint::Host("hooks.slack.com".to_owned(), 443)]
    }
}

impl AlertChannel for Slack {
    fn destination(&self) -> Destination<'_> {
        Destination::new(self.webhook.expose().unwrap_or_default())
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let request = Request::post(self.webhook.expose()?).secret_url().json(&payload(message));
        let response = self.client.send(&request)?;
        // Slack answers `ok` to an accepted message. The page of a proxy in between can have the status 200, too.
        if response.body.trim_ascii() != b"ok" {
            let what = "expected the response `ok`, found another text";
            return Err(request.error(ErrorKind::InvalidResponse, &what));
        }
        Ok(())
    }
}

fn payload(message: &Message<'_>) -> Value {
    let severity = message.severity.as_str();
    let title = mrkdwn(&format!("[{severity}] {}", message.summary), LONGEST_TEXT - 2);
    let section =
        |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    let mut blocks = vec![section(format!("*{title}*"))];
    if let Some(description) = message.description.filter(|text| !text.is_empty()) {
        blocks.push(section(mrkdwn(description, LONGEST_TEXT)));
    }
    let properties = message.properties().chain(message.ids());
    let field = |(name, text): (&str, &str)| {
        let text = mrkdwn(text, LONGEST_FIELD - name.len() - 3);
        json!({ "type": "mrkdwn", "text": format!("*{name}*\n{text}") })
    };
    let fields: Vec<Value> = properties.map(field).collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    // Slack shows `text` in notifications.
    json!({ "text": title, "blocks": blocks })
}

/// Escapes the three control characters of Slack's markup in a text, and shortens the text to `limit` characters.
fn mrkdwn(text: &str, limit: usize) -> String {
    let mut escaped = String::new();
    let mut length = 0;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let piece = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            other => other.encode_utf8(&mut buffer),
        };
        let piece_length = piece.chars().count();
        // One character is left for the ellipsis.
        if length + piece_length >= limit {
            escaped.push('…');
            return escaped;
        }
        length += piece_length;
        escaped.push_str(piece);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_shortened_without_breaking_an_entity() {
        assert_eq!(mrkdwn("a < b & c > d", 99), "a &lt; b &amp; c &gt; d");
        assert_eq!(mrkdwn("<!channel>", 99), "&lt;!channel&gt;");
        for limit in 2..20 {
            let shortened = mrkdwn(&"&".repeat(99), limit);
            assert!(shortened.chars().count() <= limit, "{limit}: {shortened}");
            let whole = shortened.trim_end_matches('…').replace("&amp;", "");
            assert_eq!(whole, "", "{limit}");
        }
        assert_eq!(mrkdwn("ééé", 4), "ééé");
        assert_eq!(mrkdwn("éééé", 4), "ééé…");
    }

    #[test]
    fn a_message_has_the_parts_that_it_knows_within_slacks_limits() {
        let long = "&".repeat(5000);
        let message = Message {
            description: Some(&long),
            product: &long,
            ..Message::new("FloeCheckFailed", &long)
        };
        let payload = payload(&message);
        let blocks = payload["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), 3);
        for block in &blocks[..2] {
            let text = block["text"]["text"].as_str().unwrap();
            assert!(text.chars().count() <= 3000);
        }
        let fields = blocks[2]["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 3);
        assert_eq!(fields[0]["text"], "*alertname*\nFloeCheckFailed");
        assert!(fields[2]["text"].as_str().unwrap().chars().count() <= 2000);
    }
}
