#![deny(warnings)]
#![allow(dead_code)]

use floe_telemetry::{FloeAttributes, traced};

#[allow(deprecated)]
#[traced(attributes("http.method" = "GET"))]
fn allowed() {}

#[expect(deprecated)]
#[traced(attributes("http.method" = "GET"))]
async fn expected() {}

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

/// A route is named by its template.
#[traced(name = "GET /orders/{id}", attributes("http.route" = "/orders/{id}"))]
fn route(id: u64) {
    assert_ne!(id, 0);
}

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

/// The macro does not know how a type of the program is recorded.
struct Code(u16);

impl floe_telemetry::attributes::ToAttributeValue for Code {
    fn to_attribute_value(&self) -> Option<floe_telemetry::attributes::AttributeValue> {
        self.0.to_attribute_value()
    }
}

struct Element;

impl Element {
    fn attribute(self, _: &str, _: &str) -> Self {
        self
    }
}

/// `attribute` of another type.
#[traced]
fn another_type() {
    let _ = Element.attribute("http.method", "GET").attribute("style", "");
}

#[derive(FloeAttributes)]
struct Fields<'a> {
    #[floe(key = "server.port")]
    port: Option<Box<u16>>,
    #[floe(key = "url.full")]
    url: &'a std::borrow::Cow<'a, str>,
    #[floe(key = "process.command_args")]
    arguments: &'a [String],
    #[floe(key = "http.response.status_code")]
    code: Code,
}

fn main() {}
