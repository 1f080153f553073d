//! The scenarios: a file for each. A new file is added to the list below, and its fault to docs/faults.md.

mod connection_resets;
mod dead_receiver;
mod deep_nesting;
mod divided_batch;
mod error_page;
mod flush_times_out;
mod forked_with_full_buffers;
mod forks_under_load;
mod full_queues;
mod go_away;
mod half_open;
mod large_spans;
mod live_threads;
mod many_threads;
mod measured_large_spans;
mod no_memory;
mod panicking_subscriber;
mod process_exit;
mod queued_log_records;
mod receiver_restarts;
mod refused;
mod replaced_descriptors;
mod retry_after;
mod retry_info;
mod server_errors;
mod short_threads;
mod shutdown_times_out;
mod slow_receiver;
mod status_table;
mod stopped_receiver;
mod terminated;
mod traced_exporter;
mod unusable_answers;

use crate::scenario::Scenario;

pub(crate) static ALL: &[&Scenario] = &[
    &connection_resets::SCENARIO,
    &dead_receiver::SCENARIO,
    &deep_nesting::SCENARIO,
    &divided_batch::SCENARIO,
    &error_page::SCENARIO,
    &flush_times_out::SCENARIO,
    &forked_with_full_buffers::SCENARIO,
    &forks_under_load::SCENARIO,
    &full_queues::SCENARIO,
    &go_away::SCENARIO,
    &half_open::SCENARIO,
    &large_spans::SCENARIO,
    &live_threads::SCENARIO,
    &many_threads::SCENARIO,
    &measured_large_spans::SCENARIO,
    &no_memory::SCENARIO,
    &panicking_subscriber::SCENARIO,
    &process_exit::SCENARIO,
    &queued_log_records::SCENARIO,
    &receiver_restarts::SCENARIO,
    &refused::SCENARIO,
    &replaced_descriptors::SCENARIO,
    &retry_after::SCENARIO,
    &retry_info::SCENARIO,
    &server_errors::SCENARIO,
    &short_threads::SCENARIO,
    &shutdown_times_out::SCENARIO,
    &slow_receiver::SCENARIO,
    &status_table::SCENARIO,
    &stopped_receiver::SCENARIO,
    &terminated::SCENARIO,
    &traced_exporter::SCENARIO,
    &unusable_answers::SCENARIO,
];
