//! The stage of redaction as a whole.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::Status;

use super::*;
use crate::clock::wall_now;
use crate::keys;

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
    let mut details = vec![KeyValue::new(keys::EXCEPTION_MESSAGE, message)];
    let mut record = SpanRecord::blank();
    record.attributes.extend(details.clone());
    details.push(KeyValue::new(
        keys::EXCEPTION_STACKTRACE,
        format!("0: {message}"),
    ));
    record.add_event(Event::new(keys::EXCEPTION, wall_now(), details, 0));
    record.set_status(Status::error(message));
    redactor.record(&mut record, &mut SiteKeys::default());
    assert_eq!(*seen.lock().unwrap(), [message]);
}
