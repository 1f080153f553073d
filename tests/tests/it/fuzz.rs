//! Runs the targets of `fuzz/targets.rs` with their seeds and with mutated seeds, for some seconds, on stable Rust.

#[path = "../../../fuzz/targets.rs"]
mod targets;

floe_tests::fuzz_tests! {
    fn redaction_terminates_and_is_short_and_stable(targets::redaction, "redaction", 5_000);
    fn a_password_in_a_line_of_its_own_never_survives(targets::planted, "redaction", 5_000);
    fn no_repeated_text_slows_redaction_down(targets::slowest, "slowest", 250);
    fn trace_context_is_passed_on_as_it_was_received(targets::trace_context, "headers", 5_000);
    fn other_headers_are_bounded_and_passed_on(targets::other_headers, "other-headers", 20_000);
    fn baggage_is_bounded_and_passed_on_without_secrets(targets::baggage, "headers", 5_000);
    fn configured_headers_can_be_sent_and_are_not_quoted(targets::otlp_headers, "lists", 5_000);
    fn resource_attributes_never_make_a_configuration_invalid(targets::resource_attributes, "lists", 20_000);
    fn filters_can_be_written_and_read_again(targets::filters, "filters", 20_000);
    fn a_configuration_can_be_written_and_read_again(targets::configuration, "configuration", 2_000);
    fn a_configuration_file_is_bounded_and_shows_no_credential(targets::config_file, "config-file", 2_000);
    fn no_endpoint_shows_a_credential(targets::endpoint, "endpoints", 2_000);
    fn only_otlp_over_http_is_accepted(targets::http_response, "http", 20_000);
    fn only_retryable_grpc_codes_are_retried(targets::grpc_response, "grpc", 20_000);
    fn files_of_traces_are_read_and_drawn(targets::recording, "recording", 2_000);
}
