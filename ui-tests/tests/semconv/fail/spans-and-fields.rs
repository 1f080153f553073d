#![deny(deprecated)]

use std::borrow::Cow;

use floe_telemetry::{FloeAttributes, traced};

/// As in the crate of OpenTelemetry's conventions.
mod attribute {
    pub(super) const DB_QUERY_TEXT: &str = "db.query.text";
    pub(super) const SERVER_PORT: &str = "server.port";
}

#[traced(kind = client, attributes("db.query.text" = query))]
fn no_system(query: &str) {
    let _ = query;
}

#[traced(kind = producer, attributes("messaging.system" = "kafka"))]
async fn no_operation() {}

#[traced(kind = client, attributes(attribute::DB_QUERY_TEXT = query, attribute::SERVER_PORT = "5432"))]
fn constants(query: &str) {
    let _ = query;
}

#[traced(kind = client, attributes("db.system" = "mysql", "db.query.text" = "SELECT 1"))]
fn renamed() {}

#[traced(kind = client, attributes("http.response.status_code" = 200))]
fn several() {}

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
