//! The stage of redaction as a whole.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::Status;

use super::*;
use crate::keys;
use crate::recorder::Exception;

#[test]
fn an_error_is_redacted_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let texts = Arc::clone(&seen);
    let error = floe_redact::Redactor::builder().pattern(move |text, _| {
        texts.lock().unwrap().push(text.to_owned());
        None
    });
    let policies = Policies::of(&error, &floe_redact::Redactor::builder());
    let mut redactor = Redactor::new(Redaction::new(policies, Arc::default()));
    let message = "no table `orders`";
    let mut record = SpanRecord::blank();
    record.set_exception(Exception::of_error("E", &std::io::Error::other(message)));
    redactor.record(&mut record, &mut SiteKeys::default());
    assert_eq!(*seen.lock().unwrap(), [message]);
    let text = |key, value: &str| KeyValue::new(key, value.to_owned());
    let attributes: Vec<_> =
        record.attributes.as_slice().iter().cloned().map(KeyValue::from).collect();
    let expected = [
        text(keys::ERROR_TYPE, "E"),
        text(keys::EXCEPTION_TYPE, "E"),
        text(keys::EXCEPTION_MESSAGE, message),
    ];
    assert_eq!(attributes, expected);
    assert_eq!(record.status(), Status::error(message));
    let event = &record.more.unwrap().events[0];
    assert_eq!(event.name, keys::EXCEPTION);
    let expected = [
        text(keys::EXCEPTION_TYPE, "E"),
        text(keys::EXCEPTION_MESSAGE, message),
        text(keys::EXCEPTION_STACKTRACE, &format!("0: {message}")),
    ];
    assert_eq!(event.attributes, expected);
}
