#![deny(deprecated)]

use floe_telemetry::{FloeAttributes, traced};

#[traced(attributes("http.method" = "GET", "db.sytem.name" = "sqlite", http.request.method = "GET"))]
fn renamed_and_misspelled() {}

#[traced(attributes(enduser.role = role, "http.request.colour" = 1))]
async fn deprecated_and_unknown(role: &str) {}

#[traced(attributes("Order.id" = 1, "acme.anything" = 1, anything = 1))]
fn capital() {}

#[traced(attributes("htp.request.method" = "GET", "mesaging.system" = "kafka", "acme.port" = 1))]
fn first_words() {}

#[traced(attributes("http.client_id" = 1, "gen_ai.request.modle" = "x", message.id = 1))]
fn suggestions() {}

#[traced(attributes("otel.name" = "a", otel.kind = "client", "otel.status_code" = "ERROR", otel.status_message = "b"))]
fn arguments() {}

#[traced(attributes("db.system.name" = "postgres", "messaging.system" = "rabitmq"))]
fn values() {}

#[traced(attributes("http.response.status_code" = "200", "http.request.resend_count" = 1.5, "url.full" = true))]
fn types() {}

#[traced(attributes("http.response.status_code" = %code, "url.path" = ?code))]
fn formats(code: u16) {}

#[traced]
fn in_the_body() {
    floe_telemetry::set_attribute("http.url", "https://example.com");
    if true {
        let _span = floe_telemetry::span("inside").attribute("net.peer.name", "a").start();
        floe_telemetry::set_attribute("http.response.status_code", "200");
    }
}

#[derive(FloeAttributes)]
#[floe(prefix = "http")]
struct Request {
    method: String,
    #[floe(key = "url.fragmnt")]
    fragment: String,
}

struct Service;

#[traced]
impl Service {
    #[traced(attributes("db.system" = "sqlite"))]
    fn of_a_block(&self) {}
}

macro_rules! traced_with {
    ($key:literal) => {
        #[traced(attributes($key = 1))]
        fn by_a_macro() {}
    };
}
traced_with!("http.scheme");

#[traced(name = "load {table}")]
fn looks_like_a_format(table: &str) {
    let _ = table;
}

fn main() {}
