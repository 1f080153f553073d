#![forbid(unsafe_code)]
#![no_implicit_prelude]

use ::floe_telemetry::{Tracer, traced};

static TRACER: Tracer = ::floe_telemetry::tracer!("acme.billing");
const LOCAL: Tracer = ::floe_telemetry::tracer!(::core::concat!("acme", ".local"));
const NAME: &str = "acme.named";

#[traced(tracer = NAME, level = trace, metrics)]
fn named() {}

#[traced(tracer = TRACER.name(), level = error)]
async fn of_a_static() {}

struct Billing;

#[traced(tracer = "acme.block", level = warn)]
impl Billing {
    const TRACER: &'static str = "acme.method";

    fn of_the_block() {}

    #[traced(tracer = Billing::TRACER, level = info)]
    fn of_the_method() {}
}

fn main() {
    ::std::mem::drop(LOCAL.span("b").start());
    ::std::mem::drop(::floe_telemetry::tracer!("acme.inline").span("c").start());
}
