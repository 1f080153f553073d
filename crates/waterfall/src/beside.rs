//! What is worth reading beside a span's name.

use crate::duration::duration;

/// A shorter time in a queue is not worth reading.
const LEAST_QUEUED: u64 = 1_000_000;

/// Returns the status code of a response and, of a call to another program, its host or destination, from the attributes
/// of OpenTelemetry's semantic conventions; and how long the span waited before its first poll, from `queued_ns`, if it
/// was a millisecond or longer.
#[must_use]
pub fn beside(is_call: bool, attribute: impl Fn(&str) -> Option<String>) -> String {
    let first = |keys: &[&str]| keys.iter().find_map(|key| attribute(key));
    let code = first(&[
        "http.response.status_code",
        "rpc.response.status_code",
        "rpc.status_code",
        "rpc.grpc.status_code",
    ]);
    let host =
        || first(&["server.address", "messaging.destination.name", "db.namespace", "peer.service"]);
    let host = is_call.then(host).flatten();
    let queued = attribute("queued_ns").and_then(|nanos| nanos.parse().ok());
    let queued = queued.filter(|nanos| *nanos >= LEAST_QUEUED);
    let queued = queued.map(|nanos| format!("queued {}", duration(nanos)));
    let texts: Vec<String> = code.into_iter().chain(host).chain(queued).collect();
    texts.join(" ")
}
