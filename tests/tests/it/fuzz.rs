//! The targets of `fuzz/targets.rs` with their seeds and mutated seeds, in seconds and on stable Rust.

#[path = "../../../fuzz/targets.rs"]
mod targets;

use floe_tests::fuzz;

#[test]
fn redaction_terminates_and_is_short_and_stable() {
    fuzz(targets::redaction, "redaction", 20_000);
}

#[test]
fn a_password_in_a_line_of_its_own_never_survives() {
    fuzz(targets::planted, "redaction", 20_000);
}

#[test]
fn no_repeated_text_slows_redaction_down() {
    fuzz(targets::slowest, "slowest", 1_000);
}

#[test]
fn trace_context_is_passed_on_as_it_was_received() {
    fuzz(targets::trace_context, "headers", 20_000);
}

#[test]
fn other_headers_are_bounded_and_passed_on() {
    fuzz(targets::other_headers, "other-headers", 20_000);
}

#[test]
fn baggage_is_bounded_and_passed_on_without_secrets() {
    fuzz(targets::baggage, "headers", 20_000);
}

#[test]
fn configured_headers_can_be_sent_and_are_not_quoted() {
    fuzz(targets::otlp_headers, "lists", 20_000);
}

#[test]
fn resource_attributes_never_make_a_configuration_invalid() {
    fuzz(targets::resource_attributes, "lists", 20_000);
}

#[test]
fn filters_can_be_written_and_read_again() {
    fuzz(targets::filters, "filters", 20_000);
}

#[test]
fn a_configuration_can_be_written_and_read_again() {
    fuzz(targets::configuration, "configuration", 2_000);
}

#[test]
fn a_configuration_file_is_bounded_and_shows_no_credential() {
    fuzz(targets::config_file, "config-file", 2_000);
}

#[test]
fn no_endpoint_shows_a_credential() {
    fuzz(targets::endpoint, "endpoints", 2_000);
}

#[test]
fn only_otlp_over_http_is_accepted() {
    fuzz(targets::http_response, "http", 20_000);
}

#[test]
fn only_retryable_grpc_codes_are_retried() {
    fuzz(targets::grpc_response, "grpc", 20_000);
}

#[test]
fn files_of_traces_are_read_and_drawn() {
    fuzz(targets::recording, "recording", 2_000);
}

#[test]
fn a_delay_is_seconds_or_a_date() {
    fuzz(targets::retry_after, "retry-after", 20_000);
}

#[test]
fn only_certificates_become_authorities() {
    fuzz(targets::certificates, "certificates", 20_000);
}
