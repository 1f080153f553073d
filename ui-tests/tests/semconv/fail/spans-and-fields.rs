#![deny(deprecated)]

use std::borrow::Cow;

use floe_telemetry::{FloeAttributes, traced};

/// As in the crate of OpenTelemetry's conventions.
mod attribute {
    pub(super) const DB_QUERY_TEXT: &str = "db.query.text";
    pub(super) const SERVER_PORT: &str = "server.port";
}

#[traced(kind = client, attributes(attribute::DB_QUERY_TEXT = query, attribute::SERVER_PORT = "5432"))]
fn constants(query: &str) {
    let _ = query;
}

#[derive(FloeAttributes)]
struct Fields<'a> {
    #[floe(key = "server.port")]
    port: String,
    #[floe(key = "http.response.status_code", display)]
    status: u16,
    #[floe(key = "url.full")]
    url: Option<u64>,
    #[floe(key = "url.path")]
    path: Cow<'a, str>,
    #[floe(key = "process.command_args")]
    arguments: Vec<i64>,
}

fn main() {}
