//! The texts beside a span's name.

/// Returns the status code of a response and, for a call to another program, its host or destination. `attribute`
/// returns an attribute of OpenTelemetry's semantic conventions.
pub fn beside(is_call: bool, attribute: impl Fn(&str) -> Option<String>) -> String {
    let first = |keys: &[&str]| keys.iter().find_map(|key| attribute(key));
    let code = first(&[
        "http.response.status_code",
        "rpc.response.status_code",
        "rpc.status_code",
        "rpc.grpc.status_code",
    ]);
    let host_of_call =
        || first(&["server.address", "messaging.destination.name", "db.namespace", "peer.service"]);
    let host = is_call.then(host_of_call).flatten();

    let texts: Vec<String> = code.into_iter().chain(host).collect();
    texts.join(" ")
}
