#![deny(warnings)]

use floe_telemetry::{FloeAttributes, traced};

#[allow(deprecated)]
#[traced(attributes("http.method" = "GET"))]
fn allowed() {}

#[expect(deprecated)]
#[traced(attributes("http.method" = "GET"))]
async fn expected() {}

#[traced(semconv = off, attributes("http.method" = "GET"))]
fn off() {}

/// Values that the conventions do not list, and keys whose definitions moved to another repository.
#[traced(attributes(
    "messaging.system" = "redis",
    "db.system.name" = "duckdb",
    "rpc.system.name" = "trpc",
    "gen_ai.request.model" = "x",
    "openai.api.type" = "responses",
    "mcp.session.id" = "1",
    "gen_ai.newer" = 1,
))]
fn open() {}

#[traced(semconv = strict, attributes("gen_ai.request.model" = "x", "messaging.system" = "nats"))]
fn open_and_strict() {}

mod legacy {
    #![allow(deprecated)]

    #[floe_telemetry::traced(attributes("http.method" = "GET"))]
    pub(super) fn in_a_module() {}
}

#[derive(FloeAttributes)]
struct Request {
    #[allow(deprecated)]
    #[floe(key = "http.method")]
    method: String,
}

/// What a type of the program is recorded as is not known.
struct Code(u16);

impl floe_telemetry::attributes::ToAttributeValue for Code {
    fn to_attribute_value(&self) -> Option<floe_telemetry::attributes::AttributeValue> {
        self.0.to_attribute_value()
    }
}

#[traced(
    semconv = strict,
    attributes(
        "http.response.status_code" = code,
        "server.port" = port,
        "process.command_args" = arguments,
        "http.request.header.accept" = arguments,
        "acme.anything" = port,
        "error.type" = "timeout",
    )
)]
fn types<T: floe_telemetry::attributes::ToAttributeValue>(code: Code, port: Option<&u16>, arguments: Vec<&str>, other: T) {
    let _ = (code, port, arguments, other);
}

fn main() {
    allowed();
    drop(expected());
    off();
    open();
    open_and_strict();
    legacy::in_a_module();
    let request = Request { method: "GET".to_owned() };
    let _ = floe_telemetry::FloeAttributes::to_otel_dict(&request);
    types(Code(200), Some(&80), vec!["ls"], 1);
}
