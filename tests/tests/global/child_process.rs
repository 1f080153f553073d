//! Context in environment variables: a child process continues the trace and has the same identity.

use std::env;
use std::process::Command;

use floe_telemetry::propagation::{self, CommandExt};
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, keys, traced};
use floe_tests::{Program, Receiver, TIMEOUT, program};

const ENDPOINT: &str = "TEST_CHILD_ENDPOINT";

fn provider(service: &str, endpoint: &str) -> TelemetryProvider {
    let mut config = TelemetryConfig::new(service);
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.baggage_attributes = keys::IDENTITY.map(str::to_owned).into();
    TelemetryProvider::builder(config).initialize().unwrap()
}

#[traced(name = "dagster.run")]
fn run(program: &Program, endpoint: &str) {
    for generation in ["first", "second"] {
        materialize(generation, program, endpoint);
    }
}

#[traced(name = "dagster.asset", kind = client)]
fn materialize(generation: &str, program: &Program, endpoint: &str) {
    let _attached = propagation::set_baggage_value("generation", generation).attach();
    let output = program.command().env(ENDPOINT, endpoint).inject_context().output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[traced(name = "dbt.build", kind = server, parent = propagation::from_environment(), attributes(generation))]
fn build(generation: Option<String>) {
    model();
}

#[traced(name = "dbt.model")]
fn model() {}

#[test]
fn a_child_process_continues_the_trace() {
    let program = program!({
        let telemetry = provider("dbt", &env::var(ENDPOINT).unwrap());
        {
            let _parent = propagation::from_environment().attach();
            build(propagation::baggage_value("generation"));
        }
        // A child process that is started outside the trace gets no trace context.
        let _left = propagation::set_baggage_value("alone", "yes").attach();
        let mut command = Command::new("unused");
        let variables: Vec<_> = command.inject_context().get_envs().collect();
        assert_eq!(
            variables,
            [
                ("BAGGAGE".as_ref(), Some("alone=yes".as_ref())),
                ("TRACEPARENT".as_ref(), None),
                ("TRACESTATE".as_ref(), None),
            ]
        );
        telemetry.shutdown(TIMEOUT).unwrap();
    });
    let receiver = Receiver::http();
    let telemetry = provider("dagster", &receiver.endpoint());
    let identity = FloeSpanAttributes::new("sales", "customer-360", "3.1.4", Mode::Prod);
    {
        let _attached = propagation::set_floe_baggage(&identity).attach();
        run(&program, &receiver.endpoint());
    }

    telemetry.shutdown(TIMEOUT).unwrap();

    let spans = receiver.wait_for_spans(7);
    let asset = "  dagster.asset\n    dbt.build\n      dbt.model";
    assert_eq!(floe_tests::tree(&spans), format!("dagster.run\n{asset}\n{asset}"));
    for span in &spans {
        for (key, value) in [
            ("floe.namespace", "sales"),
            ("floe.product.name", "customer-360"),
            ("floe.product.version", "3.1.4"),
            ("floe.mode", "prod"),
        ] {
            assert_eq!(span.attributes[key], value, "{}", span.name);
        }
    }

    let generations: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "dbt.build")
        .map(|span| span.attributes["generation"].clone())
        .collect();
    assert_eq!(generations, ["first", "second"]);

    // Without a context nothing is injected, and the child inherits the environment.
    assert_eq!(Command::new("unused").inject_context().get_envs().count(), 0);
}
