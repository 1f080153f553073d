//! The scenarios: a file for each. A new file is added to the list below.

mod connection_resets;
mod endless_response;
mod half_open;
mod never_answers;
mod receiver_restarts;
mod refused;

use crate::scenario::Scenario;

/// All scenarios.
pub(crate) static ALL: &[&Scenario] = &[
    &connection_resets::SCENARIO,
    &endless_response::SCENARIO,
    &half_open::SCENARIO,
    &never_answers::SCENARIO,
    &receiver_restarts::SCENARIO,
    &refused::SCENARIO,
];
