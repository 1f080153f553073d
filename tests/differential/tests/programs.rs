//! Random programs export the same spans as with OpenTelemetry's SDK. There is one test, because a process has one
//! provider.

use floe_differential::search::search;

#[test]
fn programs_export_the_same_spans_as_with_the_sdk() {
    let (compared, found) = search(2000, 2026);
    assert_eq!(found, None);
    assert!(compared >= 2000, "{compared}");
}
