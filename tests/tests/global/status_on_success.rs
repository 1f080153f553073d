//! The status of a span whose call has succeeded.

use floe_telemetry::{
    FutureExt as _, TelemetryConfig, create_span, get_current_span, span, traced,
};
use opentelemetry::trace::Status;

use super::pipeline::spans;

#[traced]
fn succeeds() {}

#[traced]
async fn succeeds_later() {}

#[traced]
fn fails() -> Result<(), &'static str> {
    Err("no")
}

#[traced]
fn sets(status: Status) {
    get_current_span().set_status(status);
}

fn statuses(yaml: &str) -> Vec<(String, Status)> {
    let text = format!("resource_attributes: {{service_name: status}}\n{yaml}");
    let config = TelemetryConfig::from_yaml(&text).unwrap();
    let spans = spans(config, || {
        succeeds();
        futures_executor::block_on(succeeds_later());
        assert!(fails().is_err());
        sets(Status::Ok);
        sets(Status::error("by hand"));
        futures_executor::block_on(async {}.in_span(span("future")));
        drop(create_span("guard"));
    });
    spans.into_iter().map(|span| (span.name.into_owned(), span.status)).collect()
}

#[alone]
fn success_is_ok_or_unset() {
    for (yaml, success) in [
        ("", Status::Ok),
        ("status_on_success: true", Status::Ok),
        ("status_on_success: false", Status::Unset),
    ] {
        let expected = [
            ("succeeds", success.clone()),
            ("succeeds_later", success.clone()),
            ("fails", Status::error("no")),
            ("sets", Status::Ok),
            ("sets", Status::error("by hand")),
            ("future", success.clone()),
            ("guard", success),
        ];
        let expected = expected.map(|(name, status)| (name.to_owned(), status));
        assert_eq!(statuses(yaml), expected, "{yaml}");
    }
}
