//! The functions and types that need no annotation: they compile, run, return the right values, and record nothing.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::process::Command;

use floe_plugin::{
    PluginMetadata, PluginType, alert, catalog, compile, compute, dbt, egress, identity, ingestion,
    lineage, orchestrator, quality, registry, secrets, security, semantic, storage,
};
use floe_telemetry::metrics::{self, Metric};
use floe_telemetry::propagation::{
    self, CommandExt, EnvironmentCarrier, extract_context, inject_context,
};
use floe_telemetry::{
    ActiveSpan, FloeSpanAttributes, MetricRecorder, Mode, Tracer, sanitize, sanitize_error_message,
    sanitize_url, tracing_layer,
};
use floe_telemetry_http::HttpServerLayer;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use tower::{Layer as _, Service as _};
use tower::{ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

static TRACER: Tracer = floe_telemetry::tracer!("floe.test.off");

type Open = fn() -> ActiveSpan;

const SPANS: [Open; 15] = [
    || alert::alert_span(&TRACER, &alert::Alert::default()),
    || catalog::catalog_span(&TRACER, &catalog::Catalog::default()),
    || compile::compile_span(&TRACER, &compile::Compile::default()),
    || compute::compute_span(&TRACER, &compute::Compute::default()),
    || dbt::dbt_span(&TRACER, &dbt::Dbt::default()),
    || egress::egress_span(&TRACER, &egress::Egress::default()),
    || identity::identity_span(&TRACER, &identity::Identity::default()),
    || ingestion::ingestion_span(&TRACER, &ingestion::Ingestion::default()),
    || lineage::lineage_span(&TRACER, &lineage::Lineage::default()),
    || orchestrator::orchestrator_span(&TRACER, &orchestrator::Orchestrator::default()),
    || quality::quality_span(&TRACER, &quality::Quality::default()),
    || secrets::secrets_span(&TRACER, &secrets::SecretRequest::default()),
    || security::security_span(&TRACER, &security::Security::default()),
    || semantic::semantic_span(&TRACER, &semantic::Semantic::default()),
    || storage::storage_span(&TRACER, &storage::Storage::default()),
];

#[test]
fn domains_record_nothing() {
    for open in SPANS {
        let span = open();
        span.set_attributes(&alert::Delivery { delivery_status: "delivered" });
        span.add_event("event", vec![KeyValue::new("n", 1)]);
        span.add_link(SpanContext::NONE);
        span.update_name("renamed");
        assert_eq!(span.observe(Err::<(), _>(std::fmt::Error)), Err(std::fmt::Error));
        assert!(!span.is_recording() && !span.span_context().is_valid());
        assert!(!Context::current().has_active_span());
    }
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn context_of_the_caller_is_propagated() {
    propagation::setup_propagators();
    let given = HashMap::from([("traceparent".to_owned(), PARENT.to_owned())]);
    let _parent = extract_context(&given).attach();
    assert_eq!(
        propagation::current_trace_id().as_deref(),
        Some("0af7651916cd43dd8448eb211c80319c")
    );
    assert_eq!(propagation::current_span_id().as_deref(), Some("b7ad6b7169203331"));
    assert!(propagation::current_span_context().is_remote());
    let identity = FloeSpanAttributes::new("sales", "orders", "1.0.0", Mode::Prod);
    let _identity = propagation::set_floe_baggage(&identity).attach();
    let _tenant = propagation::set_baggage_value("tenant", "acme").attach();
    assert_eq!(propagation::baggage_value("tenant").as_deref(), Some("acme"));

    let mut sorted = BTreeMap::new();
    inject_context(&mut sorted);
    let mut pairs = Vec::<(String, String)>::new();
    inject_context(&mut pairs);
    let mut headers = http::HeaderMap::new();
    inject_context(&mut headers);
    let mut environment = EnvironmentCarrier::default();
    inject_context(&mut environment);
    assert_eq!(sorted["traceparent"], PARENT);
    assert_eq!(headers["traceparent"], PARENT);
    assert!(pairs.iter().any(|(key, value)| key == "traceparent" && value == PARENT));
    assert!(environment.iter().any(|pair| pair == ("TRACEPARENT", PARENT)));
    assert_eq!(propagation::inject_headers()["baggage"], sorted["baggage"]);
    let again = extract_context(&headers);
    assert_eq!(again.span().span_context().trace_id().to_string(), PARENT[3..35]);
    // The environment of the test process is unspecified; reading it must not fail.
    let _ = propagation::from_environment();
    let _ = EnvironmentCarrier::from_process();
    let mut command = Command::new("true");
    command.inject_context();
    assert!(command.get_envs().any(|(name, _)| name == "TRACEPARENT"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_answers() {
    let answer = |_: http::Request<String>| async {
        assert!(!Context::current().span().is_recording());
        Ok::<_, Infallible>(http::Response::new(String::new()))
    };
    let mut service = HttpServerLayer::new().layer(service_fn(answer));
    let request = http::Request::builder()
        .uri("/orders")
        .header("traceparent", PARENT)
        .body(String::new())
        .unwrap();
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.status(), 200);
}

/// Fails if a measurement asks OpenTelemetry's global provider for a meter.
struct Unused;

impl MeterProvider for Unused {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        panic!("a meter of `{}` was made", scope.name())
    }
}

#[test]
fn metrics_are_not_recorded() {
    opentelemetry::global::set_meter_provider(Unused);
    static METRICS: MetricRecorder = MetricRecorder::new("orders");
    const ROWS: Metric<'_> = Metric::new("orders.rows")
        .with_unit("{row}")
        .with_description("Rows.")
        .with_boundaries(&[1.0, 2.0]);
    METRICS.increment(ROWS, 25_000, &[KeyValue::new("table", "orders")]);
    METRICS.set_gauge("orders.backlog", 12, &[]);
    METRICS.record_histogram(ROWS, 1.2, &[]);
    assert!(!metrics::is_enabled());
}

struct DuckDb;

impl PluginMetadata for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn version(&self) -> &'static str {
        "1.0.0"
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::Compute
    }
}

floe_plugin::plugin!(DuckDb);

#[test]
fn plugins_are_still_found() {
    assert!(registry::linked().any(|it| it.plugin().name() == "duckdb"));
}

#[test]
fn text_is_still_sanitized() {
    let url = "postgresql://floe:hunter2@db.internal/orders";
    for safe in
        [sanitize_error_message(url), sanitize(url), floe_telemetry::sanitize_credentials(url)]
    {
        assert_eq!(safe, "postgresql://<REDACTED>@db.internal/orders");
    }
    assert_eq!(sanitize_url(url), "postgresql://db.internal/orders");
}

#[test]
fn the_layer_for_tracing_records_nothing() {
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("outer", rows = 3);
        let _entered = span.enter();
        tracing::info!("event");
        assert!(!Context::current().has_active_span());
    });
}
