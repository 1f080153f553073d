//! The scenarios: a file for each. A new file is added to the list below.

mod compressed_response;
mod connection_resets;
mod endless_headers;
mod endless_response;
mod go_away;
mod half_open;
mod large_response;
mod large_spans;
mod never_answers;
mod quoted_credential;
mod receiver_restarts;
mod refused;
mod retry_after;
mod server_errors;
mod shutdown_times_out;
mod slow_receiver;
mod stalled_body;
mod status_table;
mod wrong_response;

use crate::scenario::Scenario;

/// All scenarios.
pub(crate) static ALL: &[&Scenario] = &[
    &compressed_response::SCENARIO,
    &connection_resets::SCENARIO,
    &endless_headers::SCENARIO,
    &endless_response::SCENARIO,
    &go_away::SCENARIO,
    &half_open::SCENARIO,
    &large_response::SCENARIO,
    &large_spans::SCENARIO,
    &never_answers::SCENARIO,
    &quoted_credential::SCENARIO,
    &receiver_restarts::SCENARIO,
    &refused::SCENARIO,
    &retry_after::SCENARIO,
    &server_errors::SCENARIO,
    &shutdown_times_out::SCENARIO,
    &slow_receiver::SCENARIO,
    &stalled_body::SCENARIO,
    &status_table::SCENARIO,
    &wrong_response::SCENARIO,
];
