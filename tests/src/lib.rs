//! Supports the integration tests with an OTLP receiver on a real socket, and with a readable rendering of the traces
//! it received.
//!
//! [`Program`] is a program of a test, in a child process. [`Written`] is the text of a layer or an exporter.
//! [`Canary`] is a credential that must not leave a process. [`fuzz()`] runs a fuzz target with mutated seeds.
//! [`Proxy`] forwards to a receiver. [`remote()`] is a parent span of another process. [`Receiver`] stores requests
//! over gRPC or HTTP/protobuf. [`Script`] is a server that misbehaves. [`ReservedPort`] is a port that no other program
//! gets. [`tree()`] renders spans as one string, so that a test compares the shape of a whole trace. [`TIMEOUT`] is the
//! limit of waits.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test support library reports a failure by failing the test"
)]
#![expect(missing_docs, reason = "a comment has what the name does not say")]

/// The examples of README and of the macros compile and run.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../floe-telemetry-macros/docs/traced.md")]
    struct Traced;

    #[doc = include_str!("../../floe-telemetry-macros/docs/floe_attributes.md")]
    struct FloeAttributes;
}

mod before_main;
mod canary;
mod child;
mod conventions;
#[cfg(unix)]
mod fork;
mod fuzz;
mod mutation;
mod numbers;
mod proxy;
mod receiver;
mod receivers;
mod remote;
mod reserved_port;
mod script;
#[cfg(unix)]
pub mod signal;
mod spans;
mod tree;
mod url;
mod wait;
mod written;

pub use before_main::assert_nothing_runs_before_main;
pub use canary::{Canary, Outputs, Shape};
pub use child::{Program, before, has_run_alone};
pub use conventions::assert_conventions;
#[cfg(target_os = "linux")]
pub use fork::in_copy;
#[cfg(unix)]
pub use fork::in_fork;
pub use fuzz::fuzz;
pub use mutation::{damaged, mutated};
pub use numbers::Numbers;
pub use proxy::{Proxy, relay};
pub use receiver::{
    Authority, ClientCertificate, Code, MetricValue, ReceivedEvent, ReceivedLink, ReceivedLog,
    ReceivedPoint, ReceivedRequest, ReceivedSpan, ReceivedStatus, Receiver, Response, SpanKind,
    Vendor,
};
pub use receivers::{document, over_both, receivers};
pub use remote::{remote, remote_in};
pub use reserved_port::ReservedPort;
pub use script::Script;
pub use serde_json::Value;
pub use spans::{assert_attributes, linked, names, single};
pub use tree::tree;
pub use url::{REDACTED_URL, url};
pub use wait::{TIMEOUT, wait_until};
pub use written::{Written, json_lines};
