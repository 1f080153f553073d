//! The scenarios: a file for each. A new file is added to the list below, and its fault to docs/faults.md.

mod broken_driver;
mod compressed_response;
mod connection_resets;
mod dead_receiver;
mod deep_nesting;
mod divided_batch;
mod endless_headers;
mod endless_response;
mod error_page;
mod flush_times_out;
mod forked_child;
mod forked_with_full_buffers;
mod forks_under_load;
mod full_queues;
mod go_away;
mod half_open;
mod large_response;
mod large_spans;
mod live_threads;
mod many_threads;
mod measured_large_spans;
mod never_answers;
mod no_memory;
mod panicking_exporter;
mod panicking_subscriber;
mod partial_success;
mod process_exit;
mod queued_log_records;
mod quoted_credential;
mod receiver_restarts;
mod refused;
mod retry_after;
mod retry_info;
mod server_errors;
mod short_threads;
mod short_threads_refused;
mod short_threads_slow;
mod shutdown_times_out;
mod slow_receiver;
mod stalled_body;
mod status_table;
mod stopped_receiver;
mod terminated;
mod traced_exporter;
mod wrong_response;

use crate::scenario::Scenario;

/// All scenarios.
pub(crate) static ALL: &[&Scenario] = &[
    &broken_driver::SCENARIO,
    &compressed_response::SCENARIO,
    &connection_resets::SCENARIO,
    &dead_receiver::SCENARIO,
    &deep_nesting::SCENARIO,
    &divided_batch::SCENARIO,
    &endless_headers::SCENARIO,
    &endless_response::SCENARIO,
    &error_page::SCENARIO,
    &flush_times_out::SCENARIO,
    &forked_child::SCENARIO,
    &forked_with_full_buffers::SCENARIO,
    &forks_under_load::SCENARIO,
    &full_queues::SCENARIO,
    &go_away::SCENARIO,
    &half_open::SCENARIO,
    &large_response::SCENARIO,
    &large_spans::SCENARIO,
    &live_threads::SCENARIO,
    &many_threads::SCENARIO,
    &measured_large_spans::SCENARIO,
    &never_answers::SCENARIO,
    &no_memory::SCENARIO,
    &panicking_exporter::SCENARIO,
    &panicking_subscriber::SCENARIO,
    &partial_success::SCENARIO,
    &process_exit::SCENARIO,
    &queued_log_records::SCENARIO,
    &quoted_credential::SCENARIO,
    &receiver_restarts::SCENARIO,
    &refused::SCENARIO,
    &retry_after::SCENARIO,
    &retry_info::SCENARIO,
    &server_errors::SCENARIO,
    &short_threads::SCENARIO,
    &short_threads_refused::SCENARIO,
    &short_threads_slow::SCENARIO,
    &shutdown_times_out::SCENARIO,
    &slow_receiver::SCENARIO,
    &stalled_body::SCENARIO,
    &status_table::SCENARIO,
    &stopped_receiver::SCENARIO,
    &terminated::SCENARIO,
    &traced_exporter::SCENARIO,
    &wrong_response::SCENARIO,
];

/// The faults of docs/faults.md, each with the scenarios and the tests (as `path::name`) that inject it.
#[cfg(test)]
static COVERAGE: &[(&str, &[&str])] = &[
    ("F01 the receiver is down: connections are refused", &["refused"]),
    ("F02 the receiver accepts connections and never answers", &["never_answers"]),
    ("F03 the receiver sends the head of a response and no body", &["stalled_body"]),
    ("F04 the receiver or the network is slow", &["slow_receiver"]),
    ("F05 connections are reset in the middle of a request", &["connection_resets"]),
    (
        "F06 a connection falls silent, or the process of the receiver is stopped",
        &["half_open", "stopped_receiver"],
    ),
    ("F07 the receiver restarts at the same address", &["receiver_restarts"]),
    (
        "F08 the receiver is overloaded for a while",
        &["server_errors", "crates/otlp/src/retry.rs::pauses_grow_up_to_a_limit_and_have_jitter"],
    ),
    (
        "F09 the receiver throttles with `Retry-After`: seconds, a date, or nonsense",
        &[
            "retry_after",
            "crates/otlp/src/response/retry_after.rs::retry_after_is_seconds_or_a_date",
        ],
    ),
    ("F10 every HTTP status and gRPC code", &["status_table"]),
    ("F11 the receiver throttles with `RetryInfo`, or without it", &["retry_info"]),
    ("F12 a partial success rejects spans, or only has a message", &["partial_success"]),
    (
        "F13 a response that is too large or does not end",
        &["endless_response", "large_response", "endless_headers"],
    ),
    ("F14 a compressed response: too large, truncated, damaged", &["compressed_response"]),
    ("F15 queues are full while many threads record spans", &["full_queues"]),
    (
        "F16 large spans at full rate while the receiver is down",
        &[
            "dead_receiver",
            "tests/tests/global/memory.rs::a_blocked_exporter_retains_no_more_than_the_limit",
        ],
    ),
    ("F17 an exporter of the program panics once, or always", &["panicking_exporter"]),
    (
        "F18 code of the program panics while a span starts or ends",
        &[
            "tests/tests/it/traced.rs::user_code_that_panics_does_not_change_the_function",
            "tests/tests/global/panics.rs::the_message_of_a_panic_is_omitted_if_configured",
        ],
    ),
    (
        "F19 `attributes_fn` panics or fails",
        &[
            "tests/tests/it/traced.rs::a_failing_attributes_fn_leaves_a_warning_and_the_function_runs",
        ],
    ),
    (
        "F20 a shutdown while spans are pending",
        &[
            "process_exit",
            "tests/tests/global/lifecycle.rs::a_burst_is_delivered_completely_to_a_slow_exporter",
        ],
    ),
    (
        "F21 two shutdowns, a flush and spans after the shutdown, many shutdowns at the same time",
        &[
            "tests/tests/global/lifecycle.rs::concurrent_shutdown_and_flush_are_safe",
            "tests/tests/global/lifecycle.rs::a_second_shutdown_waits_for_the_first",
            "tests/tests/global/memory.rs::every_span_is_counted_at_every_moment",
        ],
    ),
    (
        "F22 flushes from many threads under load",
        &["tests/tests/global/lifecycle.rs::a_flush_delivers_every_span_that_ended_before_it"],
    ),
    (
        "F23 flush and shutdown on the only thread of an async runtime",
        &["tests/tests/global/lifecycle.rs::any_runtime_of_the_host_is_supported"],
    ),
    (
        "F24 the runtime of the program ends before the shutdown, or there is none",
        &["tests/tests/global/lifecycle.rs::any_runtime_of_the_host_is_supported"],
    ),
    (
        "F25 threads end right after their spans",
        &["tests/tests/global/lifecycle.rs::ended_threads_lose_no_spans"],
    ),
    ("F26 the calls of the exporter itself could be recorded", &["traced_exporter"]),
    (
        "F27 `traceparent`, `tracestate` and `baggage` with any content",
        &[
            "tests/tests/it/fuzz.rs::trace_context_is_passed_on_as_it_was_received",
            "tests/tests/it/fuzz.rs::baggage_is_bounded_and_passed_on_without_secrets",
        ],
    ),
    (
        "F28 oversized names, keys, values and numbers of attributes",
        &[
            "large_spans",
            "tests/tests/global/memory.rs::oversized_text_is_truncated",
            "tests/tests/global/limits.rs::dropped_items_are_counted_on_the_wire",
        ],
    ),
    (
        "memory is bounded by the number of spans and not by their bytes",
        &[
            "dead_receiver",
            "tests/tests/global/memory.rs::a_blocked_exporter_retains_no_more_than_the_limit",
        ],
    ),
    ("gRPC keeps using a connection that has gone silent", &["half_open"]),
    (
        "gRPC loses a batch when a connection breaks",
        &["connection_resets", "receiver_restarts", "go_away"],
    ),
    (
        "batches exceed the limit of receivers",
        &["large_spans", "tests/tests/global/requests.rs::a_batch_is_split_below_the_limit"],
    ),
    (
        "spans are counted nowhere after a shutdown that timed out",
        &[
            "shutdown_times_out",
            "tests/tests/global/memory.rs::every_span_is_counted_at_every_moment",
        ],
    ),
    (
        "runs of `floe` with equal process ids share drafts",
        &["platform/tests/interruption.rs::runs_with_equal_process_ids_do_not_share_drafts"],
    ),
    (
        "a forked process hangs when it initializes or drops a provider",
        &[
            "forked_child",
            "tests/tests/global/exit.rs::a_fork_can_have_its_own_provider",
            "tests/tests/global/exit.rs::dropping_an_inherited_provider_does_not_wait",
        ],
    ),
    (
        "durations follow changes of the wall clock",
        &["crates/core/src/clock/drift.rs::a_clock_that_is_stepped_is_followed_within_a_second"],
    ),
    (
        "the receiver quotes the credential of the exporter",
        &[
            "quoted_credential",
            "tests/tests/global/requests.rs::the_credential_is_removed_from_every_message",
        ],
    ),
    (
        "SIGTERM ends a program before its spans are exported",
        &["terminated", "tests/tests/global/exit.rs::a_signal_delivers_and_ends_the_process"],
    ),
    (
        "a signal ends a run of `floe` without its trace, and leaves a draft",
        &[
            "platform/tests/interruption.rs::a_signal_delivers_the_trace_and_removes_the_drafts",
            "platform/tests/interruption.rs::a_killed_run_is_cleaned_up_and_a_live_one_is_not_touched",
        ],
    ),
    (
        "a partial success counts the complete batch as failed",
        &["partial_success", "tests/tests/global/requests.rs::a_partial_success_counts_both_parts"],
    ),
    (
        "`--output` replaces files that `floe` did not write",
        &["platform/tests/it/paths.rs::output_replaces_only_artifacts"],
    ),
    (
        "a request is repeated although its response was too large",
        &["large_response", "endless_headers"],
    ),
    (
        "a wall clock before 1970 panics or prevents the initialization",
        &[
            "crates/core/src/clock.rs::times_before_1970_are_0",
            "crates/sdk/src/collector/enrich.rs::a_span_before_1970_has_its_duration",
        ],
    ),
    ("a response that is not one of OTLP counts as a delivery", &["wrong_response"]),
    (
        "paths of artifacts leave the product",
        &[
            "platform/tests/it/paths.rs::artifacts_with_paths_or_names_that_the_compiler_refuses_are_refused",
        ],
    ),
    (
        "symbolic links leave the product",
        &["platform/tests/it/paths.rs::symbolic_links_do_not_leave_the_product"],
    ),
    (
        "an unclosed quote hides the rest of a CSV file",
        &[
            "platform/plugins/src/ingestion/quotes.rs::the_place_is_that_of_the_first_quote",
            "platform/plugins/src/ingestion/quotes.rs::the_end_of_every_short_text_is_judged_as_the_csv_reader_does",
        ],
    ),
    (
        "the report of a run that was killed is that of the run before",
        &[
            "platform/tests/it/bad_product.rs::a_run_with_bad_data_is_marked_as_failed",
            "platform/tests/interruption.rs::a_run_on_a_full_disk_fails_and_can_be_repeated",
        ],
    ),
    (
        "a small queue in the environment stops `floe`",
        &["platform/tests/it/bad_product.rs::a_small_queue_in_the_environment_is_accepted"],
    ),
    (
        "`export_timeout_millis` does not apply to exporters of the program",
        &["tests/tests/global/memory.rs::an_exporter_has_a_timeout"],
    ),
    (
        "the memory of many open spans is never released",
        &["crates/core/src/recorder/recording.rs::a_peak_of_open_spans_leaves_little_memory"],
    ),
    (
        "a published file is not synchronized with the disk",
        &["platform/tests/interruption.rs::what_is_published_is_synchronized_before_and_after"],
    ),
    (
        "a pipe or a device as a certificate, credential or manifest blocks or exhausts memory",
        &[
            "tests/tests/global/requests.rs::a_file_that_is_not_regular_is_an_error",
            "platform/tests/it/paths.rs::files_that_are_not_regular_are_refused",
        ],
    ),
    (
        "a configured `content-length` truncates requests",
        &["tests/tests/it/config_errors.rs::each_mistake_has_one_clear_error"],
    ),
    (
        "the query of an endpoint becomes a part of its path",
        &["tests/tests/global/requests.rs::the_query_of_an_endpoint_stays_in_its_place"],
    ),
    (
        "a written configuration contains the credentials of URLs",
        &["tests/tests/it/config.rs::a_credential_in_an_endpoint_is_neither_printed_nor_written"],
    ),
    (
        "a full disk behind standard output is not an error",
        &["platform/tests/it/full_output.rs::a_full_disk_behind_standard_output_is_an_error"],
    ),
    (
        "a failure names neither its endpoint nor which of two exporters has failed",
        &["refused", "tests/tests/global/requests.rs::two_destinations_have_two_names"],
    ),
    (
        "the path in the message of an error is redacted",
        &["platform/tests/it/paths.rs::the_place_of_an_error_is_not_redacted"],
    ),
    ("spans are nested deeper than OpenTelemetry's context", &["deep_nesting"]),
    (
        "a subscriber of the program blocks while the process ends",
        &[
            "tests/tests/global/exit.rs::the_exit_does_not_wait_for_a_blocked_subscriber",
            "tests/tests/global/exit.rs::a_signal_does_not_wait_for_a_blocked_subscriber",
        ],
    ),
    (
        "a signal ends the process while it shuts its provider down",
        &["tests/tests/global/exit.rs::a_signal_during_a_shutdown_waits_for_it"],
    ),
    (
        "a flush after a panic waits for the exporter that has panicked",
        &["tests/tests/global/exit.rs::the_panic_of_an_exporter_does_not_wait_for_a_flush"],
    ),
    (
        "each flush of metrics without an answer leaves a thread",
        &["tests/tests/global/metrics.rs::flushes_without_an_answer_share_a_thread"],
    ),
    (
        "an exporter that panics when the provider starts prevents every later provider",
        &[
            "tests/tests/global/lifecycle.rs::an_exporter_that_panics_at_the_start_leaves_nothing_behind",
        ],
    ),
    (
        "a scrape that does not end blocks a thread during the shutdown",
        &[
            "integrations/floe-telemetry-prometheus/src/reader.rs::a_scrape_that_does_not_end_does_not_block_the_shutdown",
        ],
    ),
    (
        "a second provider drops spans without a warning",
        &["crates/sdk/src/collector/warnings.rs::each_provider_has_its_own_warning"],
    ),
    (
        "a flush that times out drops the spans for which the queue has no room",
        &["flush_times_out"],
    ),
    (
        "the spans that wait for export at a fork fill the memory of the child",
        &["forked_with_full_buffers"],
    ),
    (
        "a fork hangs if another thread was starting, or was reading the statistics",
        &["forks_under_load"],
    ),
    (
        "a `tracing` subscriber that panics ends the threads of the library",
        &["panicking_subscriber"],
    ),
    ("each request of a divided batch has the timeout of an export", &["divided_batch"]),
    (
        "spans that are dropped for memory leave their events in the metrics' buffer",
        &["measured_large_spans"],
    ),
    (
        "log records that are queued at the end of a shutdown are counted nowhere",
        &["queued_log_records"],
    ),
    (
        "log records that are not exported yet are counted nowhere",
        &[
            "queued_log_records",
            "tests/tests/global/logs_delivery.rs::a_hanging_receiver_drops_records_and_does_not_block",
        ],
    ),
    (
        "the spans of unfinished traces fill the memory of a program that prints them",
        &[
            "tests/tests/it/console.rs::the_spans_of_unfinished_traces_are_bounded_in_bytes",
            "tests/tests/it/console.rs::the_rows_of_a_trace_are_bounded",
        ],
    ),
    (
        "a metric is larger than receivers accept",
        &["tests/tests/global/requests.rs::a_metric_is_split_below_the_limit"],
    ),
    (
        "keys and values of metrics and of the resource have any length",
        &["tests/tests/global/memory.rs::oversized_text_is_truncated"],
    ),
    (
        "a panic in the pipeline keeps the memory of a span, and loses others without a count",
        &[
            "crates/sdk/src/provider/tests.rs::a_panic_in_the_pipeline_loses_only_what_it_interrupts",
        ],
    ),
    (
        "the thread that exports at the end of the process cannot be started",
        &["crates/sdk/src/provider/exit.rs::what_ends_the_process_runs_without_a_thread_too"],
    ),
    (
        "a receiver's text has line ends, characters that control a terminal, or reversed text",
        &[
            "tests/tests/global/requests.rs::what_a_receiver_writes_is_shown_on_one_line",
            "tests/tests/it/logs.rs::no_line_controls_a_terminal_or_reverses_its_text",
            "tests/tests/it/console.rs::a_name_cannot_move_the_cursor",
        ],
    ),
    (
        "an endpoint without a scheme has a credential",
        &[
            "crates/sdk/src/config/endpoint.rs::an_error_does_not_quote_a_credential_without_a_scheme",
            "crates/core/src/redaction.rs::a_quoted_address_needs_no_scheme_to_hide_its_credentials",
            "tests/tests/it/config.rs::a_credential_that_only_its_place_shows_is_not_printed",
        ],
    ),
    (
        "a configured value that an error quotes is long, or has control characters",
        &[
            "tests/tests/it/config_errors.rs::a_long_value_is_quoted_by_its_beginning",
            "crates/core/src/redaction.rs::an_error_is_one_line_of_printable_text_with_short_quotes",
        ],
    ),
    (
        "a resource has 100,000 attributes",
        &[
            "crates/core/src/attributes/distinct.rs::each_key_of_a_long_list_is_read_once",
            "crates/sdk/src/config/env.rs::a_value_and_its_list_are_bounded",
        ],
    ),
    (
        "a credential is a word, such as `password`",
        &[
            "crates/redact/tests/literals.rs::a_word_is_a_credential_in_the_place_of_one",
            "tests/tests/global/redaction.rs::a_word_in_the_place_of_a_credential_leaves_nowhere",
            "platform/tests/it/failing_model.rs::the_results_contain_no_credential_of_an_error",
        ],
    ),
    (
        "threads end while no exporter has room for their spans",
        &["short_threads", "short_threads_refused", "short_threads_slow", "many_threads"],
    ),
    (
        "an attribute is a text of gigabytes",
        &["tests/tests/global/memory.rs::a_huge_text_is_cut_before_it_is_copied"],
    ),
    (
        "a million spans are open at once",
        &["crates/core/src/recorder/recording.rs::a_peak_of_open_spans_leaves_little_memory"],
    ),
    (
        "a flush times out, and the next shutdown finds its failure reported to nobody",
        &[
            "tests/tests/global/lifecycle.rs::a_hanging_backend_blocks_neither_the_caller_nor_shutdown",
        ],
    ),
    (
        "hundreds of living threads fill their buffers while the receiver is down",
        &[
            "live_threads",
            "tests/tests/global/memory.rs::without_room_roots_and_failed_spans_are_kept_before_leaves",
            "tests/tests/global/memory.rs::a_thread_without_a_buffer_shares_one",
        ],
    ),
    (
        "a program that locks its memory (`mlockall`) waits for the memory that the first span of a thread reserves",
        &[
            "tests/tests/global/memory.rs::the_first_span_of_a_thread_reserves_little_where_memory_is_locked",
        ],
    ),
    ("there is no memory for the buffer of a thread", &["no_memory"]),
    (
        "OTLP, a file, the console or a log line ends a program that has not ignored SIGPIPE or SIGXFSZ",
        &[
            "tests/tests/global/signals.rs::a_program_in_c_is_not_ended_by_a_write",
            "tests/tests/global/signals.rs::a_program_that_resets_sigpipe_is_not_ended_by_a_write",
        ],
    ),
    (
        "the disk of an exporter hangs while it is created",
        &["tests/acme-backend/tests/hanging.rs::a_start_that_hangs_can_be_ended"],
    ),
    (
        "a library starts its telemetry in a constructor, while the loader waits for it",
        &["tests/tests/global/constructor.rs::a_constructor_starts_telemetry_that_connects_later"],
    ),
    (
        "a C++ exception, `pthread_exit` or `pthread_cancel` unwinds through an annotated function",
        &["tests/tests/global/unwinding.rs::what_is_no_panic_unwinds_through_every_span"],
    ),
    (
        "a thread of the library takes a signal that the program waits for by `sigwait` or `signalfd`",
        &[
            "tests/tests/global/signals.rs::threads_of_the_library_block_signals",
            "tests/tests/global/signals.rs::a_program_in_c_keeps_the_signals_that_it_waits_for",
        ],
    ),
    (
        "one scrape of large labels takes gigabytes",
        &[
            "tests/tests/global/prometheus.rs::an_answer_is_bounded_and_slow_clients_delay_nobody",
            "tests/tests/global/prometheus.rs::labels_of_one_series_at_a_time_are_in_memory",
        ],
    ),
    (
        "connections that send nothing or read slowly keep a scrape from being answered",
        &[
            "tests/tests/global/prometheus.rs::recorded_metrics_are_scraped",
            "tests/tests/global/prometheus.rs::an_answer_is_bounded_and_slow_clients_delay_nobody",
        ],
    ),
    (
        "an exporter waits for the reader of a pipe at standard output or standard error while the program prints",
        &[
            "tests/tests/global/json.rs::a_full_pipe_does_not_delay_what_the_program_prints",
            "tests/tests/global/json.rs::a_full_pipe_at_the_console_does_not_delay_what_the_program_prints",
        ],
    ),
    (
        "the file or the folder of an exporter is removed",
        &["tests/tests/global/json.rs::a_removed_file_is_created_again"],
    ),
    (
        "a provider is dropped by a thread that holds a lock of the program's subscriber",
        &["tests/tests/global/exit.rs::dropping_a_provider_does_not_wait_for_a_lock_of_its_thread"],
    ),
    (
        "a receiver asks for a retry without a pause, and gets hundreds of requests a second",
        &[
            "retry_after",
            "crates/otlp/src/retry.rs::a_receiver_can_only_lengthen_a_pause",
            "crates/otlp/src/retry.rs::a_pause_that_does_not_fit_before_the_deadline_ends_the_export",
            "crates/otlp/src/retry.rs::a_required_pause_that_is_too_long_holds_for_the_next_export",
        ],
    ),
    (
        "the first address of a name is silent, and nothing is ever delivered",
        &["crates/otlp/src/proxy.rs::a_silent_address_is_followed_by_the_next_one"],
    ),
    ("over gRPC, a page of 502, 503, 504 or 429 loses the batch", &["error_page"]),
    ("over gRPC, a compressed response counts as a failure", &["compressed_response"]),
    (
        "the runtime of an exporter fails once, and nothing is ever delivered again",
        &["broken_driver"],
    ),
    (
        "an endpoint that is the default one counts as not set, and a protocol without its feature ends the program or is spoken to the wrong port",
        &["tests/tests/global/protocols.rs::the_table_of_protocols_is_true"],
    ),
    (
        "`NO_PROXY` has no effect as `*` on an address, and as `*.domain`, `host:port` or `[address]`",
        &["tests/tests/global/proxy.rs::the_proxy_is_not_used_for_exceptions"],
    ),
    (
        "a program changes its directory, as daemons do, and its files are in a relative one",
        &[
            "tests/tests/global/json.rs::a_file_stays_at_its_place_when_the_program_goes_elsewhere",
            "integrations/floe-telemetry-report/tests/report.rs::a_page_stays_at_its_place_when_the_program_goes_elsewhere",
        ],
    ),
    (
        "others may read what `floe-trace` writes, and a link at the place of a page leads it to another file",
        &["crates/trace/tests/files.rs::a_file_is_of_its_user_alone_and_not_behind_a_link"],
    ),
    (
        "connections without a whole request keep `floe-trace listen` from answering others",
        &["crates/trace/src/cli/listen.rs::parts_of_requests_do_not_delay_others"],
    ),
    (
        "a web page whose name leads to this machine reads the metrics of its Prometheus endpoint",
        &["tests/tests/global/prometheus.rs::a_name_that_others_give_this_machine_gets_no_metrics"],
    ),
    (
        "what code of the program panics with panics when it is dropped",
        &["tests/tests/it/exceptions.rs::what_a_text_panics_with_may_panic_when_it_is_dropped"],
    ),
    (
        "a program makes meters and metric recorders without end",
        &["tests/tests/global/instruments.rs::names_of_scopes_without_end_share_one"],
    ),
    (
        "one caller's text makes redaction quadratic: telemetry stops, and a log line takes milliseconds",
        &[
            "crates/redact/src/linear.rs::every_rule_and_pair_of_rules_takes_a_bounded_number_of_steps_for_a_byte",
            "crates/redact/tests/redactor.rs::the_rest_of_a_text_that_takes_too_long_is_dropped_and_counted",
        ],
    ),
    (
        "two programs of a large fleet draw the same trace id",
        &["crates/core/src/recorder/ids.rs::the_halves_of_a_trace_id_are_independent"],
    ),
    (
        "a process that was forked after the start records into nothing, in silence",
        &["tests/tests/global/exit.rs::a_fork_says_once_that_it_exports_nothing"],
    ),
    (
        "the time-stamp counter jumps while spans are open",
        &[
            "crates/core/src/clock/drift.rs::spans_that_are_open_while_the_counter_jumps_keep_their_durations",
        ],
    ),
    (
        "a span processor of the program does not return",
        &["tests/tests/global/span_processor.rs::a_processor_that_never_returns_is_given_up"],
    ),
    (
        "the time of the shutdown ends while `report` writes its page",
        &[
            "integrations/floe-telemetry-report/src/lib.rs::a_short_page_is_there_while_the_whole_one_is_made_and_no_draft",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The faults of a document: the rows of its tables, without their last column.
    fn faults(document: &str) -> Vec<String> {
        let rows = document.lines().filter_map(|line| line.strip_prefix("| "));
        let rows = rows.filter(|row| !row.starts_with("fault |") && !row.starts_with("number |"));
        rows.map(|row| {
            let (fault, _) = row.rsplit_once(" | ").expect("two columns");
            fault.replace(" | ", " ")
        })
        .collect()
    }

    #[test]
    fn each_documented_fault_is_injected() {
        let covered: Vec<_> = COVERAGE.iter().map(|(fault, _)| *fault).collect();
        assert_eq!(covered, faults(&read("docs/faults.md")));
        for (fault, cases) in COVERAGE {
            assert!(!cases.is_empty(), "nothing injects: {fault}");
            for case in *cases {
                let exists = match case.split_once("::") {
                    Some((path, test)) => read(path).contains(&format!("fn {test}()")),
                    None => ALL.iter().any(|scenario| scenario.name == *case),
                };
                assert!(exists, "{fault}: there is no `{case}`");
            }
        }
    }

    #[test]
    fn each_scenario_injects_a_documented_fault() {
        for scenario in ALL {
            let is_listed = COVERAGE.iter().any(|(_, cases)| cases.contains(&scenario.name));
            assert!(is_listed, "{}", scenario.name);
        }
    }

    #[test]
    fn a_row_of_a_document_is_a_fault() {
        let document = "# Faults\n\n| number | fault | promise |\n|---|---|---|\n| F01 | down | counted |\n\n| fault | promise |\n|---|---|\n| slow | counted |\n";
        assert_eq!(faults(document), ["F01 down", "slow"]);
    }
}
