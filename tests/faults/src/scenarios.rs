//! The scenarios: a file for each. A new file is added to the list below.

mod compressed_response;
mod connection_resets;
mod dead_receiver;
mod endless_headers;
mod endless_response;
mod forked_child;
mod go_away;
mod half_open;
mod large_response;
mod large_spans;
mod never_answers;
mod process_exit;
mod quoted_credential;
mod receiver_restarts;
mod refused;
mod retry_after;
mod retry_info;
mod server_errors;
mod shutdown_times_out;
mod slow_receiver;
mod stalled_body;
mod status_table;
mod stopped_receiver;
mod traced_exporter;
mod wrong_response;

use crate::scenario::Scenario;

/// All scenarios.
pub(crate) static ALL: &[&Scenario] = &[
    &compressed_response::SCENARIO,
    &connection_resets::SCENARIO,
    &dead_receiver::SCENARIO,
    &endless_headers::SCENARIO,
    &endless_response::SCENARIO,
    &forked_child::SCENARIO,
    &go_away::SCENARIO,
    &half_open::SCENARIO,
    &large_response::SCENARIO,
    &large_spans::SCENARIO,
    &never_answers::SCENARIO,
    &process_exit::SCENARIO,
    &quoted_credential::SCENARIO,
    &receiver_restarts::SCENARIO,
    &refused::SCENARIO,
    &retry_after::SCENARIO,
    &retry_info::SCENARIO,
    &server_errors::SCENARIO,
    &shutdown_times_out::SCENARIO,
    &slow_receiver::SCENARIO,
    &stalled_body::SCENARIO,
    &status_table::SCENARIO,
    &stopped_receiver::SCENARIO,
    &traced_exporter::SCENARIO,
    &wrong_response::SCENARIO,
];
