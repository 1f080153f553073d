//! A request as JSON: redacted as the other commands redact what they read, and counted.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use floe_redact::{KeyMeaning, REDACTED, Redactor};
use serde_json::{Value, json};

/// The elements of a list, if the field is one.
fn items<'v>(message: &'v mut Value, field: &str) -> &'v mut [Value] {
    match message.get_mut(field) {
        Some(Value::Array(items)) => items,
        _ => &mut [],
    }
}

/// How many spans a request has, and how many of them were open when their process ended.
pub(super) fn spans(request: &mut Value) -> (usize, usize) {
    let resources = items(request, "resourceSpans").iter_mut();
    let scopes = resources.flat_map(|of| items(of, "scopeSpans"));
    let counts = scopes.flat_map(|of| items(of, "spans")).map(|span| {
        let crashed = json!({"key": "floe.crashed", "value": {"boolValue": true}});
        usize::from(items(span, "attributes").contains(&crashed))
    });
    counts.fold((0, 0), |(spans, open), is_open| (spans + 1, open + is_open))
}

/// Redacts the texts of a message. Times, counts and ids are texts, too, and stay as they are.
pub(super) fn redact(redactor: &Redactor, message: &mut Value) {
    match message {
        Value::Array(messages) => messages.iter_mut().for_each(|it| redact(redactor, it)),
        Value::Object(fields) if fields.contains_key("key") => attribute(redactor, "", message),
        Value::Object(fields) => {
            for (name, field) in fields {
                match &**name {
                    // An attribute may have an empty key, and then none here.
                    "body" | "value" => value(redactor, "", field),
                    "name" | "message" | "version" | "description" | "unit" | "type"
                    | "traceState" | "schemaUrl" | "severityText" | "eventName" => {
                        text(redactor, "", field);
                    }
                    _ => redact(redactor, field),
                }
            }
        }
        _ => {}
    }
}

fn text(redactor: &Redactor, key: &str, text: &mut Value) {
    if let Value::String(text) = text {
        let redacted =
            if key.is_empty() { redactor.redact(text) } else { redactor.redact_value(key, text) };
        *text = redacted.into_owned();
    }
}

fn is_secret(redactor: &Redactor, key: &str) -> bool {
    matches!(redactor.meaning_of(key), KeyMeaning::Always(_))
}

/// An attribute, or an entry of a map: below a key whose values are secrets, those of its entries are.
fn attribute(redactor: &Redactor, above: &str, attribute: &mut Value) {
    let key = attribute.get("key").and_then(Value::as_str);
    let key = key.unwrap_or_default().to_owned();
    let meaning = if is_secret(redactor, above) { above } else { &key };
    if let Some(field) = attribute.get_mut("value") {
        value(redactor, meaning, field);
    }
    if let Some(field) = attribute.get_mut("key") {
        text(redactor, "", field);
    }
}

fn value(redactor: &Redactor, key: &str, value: &mut Value) {
    let Some((kind, inner)) = (value.as_object_mut()).and_then(|it| it.iter_mut().next()) else {
        return;
    };
    match &**kind {
        "stringValue" => text(redactor, key, inner),
        "arrayValue" => list(redactor, key, items(inner, "values")),
        "kvlistValue" => {
            let entries = items(inner, "values").iter_mut();
            entries.for_each(|entry| attribute(redactor, key, entry));
        }
        _ if is_secret(redactor, key) => *value = json!({ "stringValue": REDACTED }),
        "bytesValue" => {
            let bytes = BASE64_STANDARD.decode(inner.as_str().unwrap_or_default());
            let mut inside =
                json!(String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default());
            let before = inside.clone();
            text(redactor, key, &mut inside);
            if inside != before {
                *value = json!({ "stringValue": inside });
            }
        }
        _ => {}
    }
}

/// A list, which may be the arguments of a command.
fn list(redactor: &Redactor, key: &str, values: &mut [Value]) {
    let mut option = String::new();
    for it in values {
        let Some(Value::String(argument)) = it.get_mut("stringValue") else {
            option.clear();
            value(redactor, key, it);
            continue;
        };
        let safe = redactor.redact_argument(&option, argument, |_| {});
        let safe = (safe != *argument).then(|| safe.into_owned());
        option.clear();
        if argument.starts_with('-') {
            option.clone_from(argument);
        }
        match safe {
            Some(safe) => *argument = safe,
            None => value(redactor, key, it),
        }
    }
}
