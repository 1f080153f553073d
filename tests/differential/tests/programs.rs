//! Random programs export the same spans as with OpenTelemetry's SDK. There is one test, because a process has one
//! provider. `PROGRAMS` replaces the number of programs.

use floe_differential::search::search;

#[test]
fn programs_export_the_same_spans_as_with_the_sdk() {
    let programs = std::env::var("PROGRAMS").map_or(2000, |it| it.parse().expect("a number"));
    let (compared, found) = search(programs, 2026);
    assert_eq!(found, None);
    assert!(compared >= programs, "{compared}");
}
