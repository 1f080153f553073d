//! Messages about a failed delivery, with text from the receiver, the connection and an exporter.

use floe_telemetry::config::{OtlpProtocol, TelemetryAuth};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::{Canary, Code, Program, Receiver, ReservedPort, Response, Shape, TIMEOUT};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::child::{log_to_stderr, silence_panics};
use crate::{Proof, judged};

/// The name of a failure, the shape of the canary, the expected message, and a delivery that fails.
type Failure = (&'static str, Shape, Proof, fn(&Canary));

const FAILURES: &[Failure] = &[
    ("HTTP receiver that repeats the credential", Shape::Bearer, Some("401"), |c| {
        answered(OtlpProtocol::Http, Response::Echo, Some(c));
    }),
    (
        "gRPC receiver that repeats the credential",
        Shape::Bearer,
        Some("refused /opentelemetry"),
        |c| {
            answered(OtlpProtocol::Grpc, Response::Echo, Some(c));
        },
    ),
    ("gRPC status", Shape::KeyValue, None, |c| {
        let code = Code::PermissionDenied;
        let message = c.text();
        answered(OtlpProtocol::Grpc, Response::Grpc { code, message }, None);
    }),
    ("HTTP connection that is refused", Shape::KeyValue, Some("onnection refused"), |c| {
        let closed = ReservedPort::new();
        let marker = c.marker();
        let secret = c.secret();
        let endpoint = format!("{}/{marker}?api_key={secret}", closed.endpoint());
        deliver(to(&endpoint, OtlpProtocol::Http));
    }),
    ("gRPC endpoint with a query", Shape::KeyValue, Some("which gRPC cannot send"), |c| {
        let endpoint = format!("http://127.0.0.1:9/{}?api_key={}", c.marker(), c.secret());
        deliver(to(&endpoint, OtlpProtocol::Grpc));
    }),
    ("remark of a partial success", Shape::Json, None, |c| {
        let message = c.text();
        answered(OtlpProtocol::Http, Response::Partial { rejected: 0, message }, None);
    }),
    ("reason of a partial success", Shape::KeyValue, None, |c| {
        let message = c.text();
        answered(OtlpProtocol::Http, Response::Partial { rejected: 1, message }, None);
    }),
    ("error of an exporter", Shape::Url, None, |c| {
        deliver(TelemetryProvider::builder(config()).with_span_exporter(Broken(c.text(), false)));
    }),
    ("panic of an exporter", Shape::Token, None, |c| {
        deliver(TelemetryProvider::builder(config()).with_span_exporter(Broken(c.text(), true)));
    }),
];

/// An exporter that fails with the text: with a panic if the flag is set, otherwise with an error.
#[derive(Debug)]
struct Broken(String, bool);

impl SpanExporter for Broken {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        assert!(!self.1, "{}", self.0);
        Err(OTelSdkError::InternalFailure(self.0.clone()))
    }
}

type Builder = floe_telemetry::trace::TelemetryProviderBuilder;

fn config() -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    config.batch_processor.export_timeout_millis = 20_000;
    config.metrics.export_timeout_millis = 20_000;
    config.log_batch_processor.export_timeout_millis = 20_000;
    config
}

fn to(endpoint: &str, protocol: OtlpProtocol) -> Builder {
    let mut config = config();
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.otlp_protocol = Some(protocol);
    TelemetryProvider::builder(config)
}

fn answered(protocol: OtlpProtocol, response: Response, credential: Option<&Canary>) {
    let is_http = protocol == OtlpProtocol::Http;
    let receiver = if is_http { Receiver::http() } else { Receiver::grpc() };
    receiver.respond(response);
    let authentication = credential.map(|c| TelemetryAuth::bearer(c.secret()));
    let builder = to(&receiver.endpoint(), protocol);
    deliver(builder.configure(|config| config.authentication = authentication));
}

/// Exports one span, and prints the results of the start, the flush and the shutdown.
fn deliver(builder: Builder) {
    match builder.initialize() {
        Ok(telemetry) => {
            drop(create_span("span"));
            println!("{:?}", telemetry.force_flush(TIMEOUT));
            println!("{:?}", telemetry.shutdown(TIMEOUT));
        }
        Err(error) => println!("{error}"),
    }
}

/// Runs each failure in its own process. The processes run concurrently, because they wait for timeouts.
pub(crate) fn check(program: &Program) {
    let judged = std::thread::scope(|scope| {
        let judge = |(entry, shape, proof, _): &'static Failure| {
            let outputs = crate::outputs(program, &[(ENTRY, entry)]);
            judged(entry, &Canary::new(entry, *shape), *proof, &outputs)
        };

        let children: Vec<_> =
            FAILURES.iter().map(|failure| scope.spawn(move || judge(failure))).collect();
        children.into_iter().filter_map(|child| child.join().unwrap()).collect::<Vec<_>>()
    });

    assert!(judged.is_empty(), "{}", judged.join("\n"));
}

/// The variable that selects the failure of the child process.
const ENTRY: &str = "FLOE_TEST_ENTRY";

pub(crate) fn child() {
    silence_panics();
    log_to_stderr();
    let name = std::env::var(ENTRY).unwrap();
    let (entry, shape, _, fail) = FAILURES.iter().find(|(entry, ..)| *entry == name).unwrap();
    fail(&Canary::new(entry, *shape));
}
