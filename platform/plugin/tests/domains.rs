//! The span of each domain: its name, scope, attributes and status.

use floe_plugin::{
    Operation as _, alert, catalog, compile, compute, dbt, egress, identity, ingestion, lineage,
    orchestrator, quality, secrets, security, semantic, storage,
};
use floe_telemetry::testing::{self, Spans};
use floe_telemetry::{ActiveSpan, FloeAttributes as _, Tracer, keys};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};

static TRACER: Tracer = floe_telemetry::tracer!("floe.test.domains");

/// The call that opens the span of a domain, and the keys of the span's attributes. A contract test in `platform/tests`
/// checks the values.
struct Row {
    domain: &'static str,
    span: String,
    keys: &'static [&'static str],
    open: fn() -> ActiveSpan,
}

macro_rules! row {
    ($module:ident, $attributes:ident, $open:ident $(, $operation:literal)?) => {
        Row {
            domain: stringify!($module),
            span: $module::$attributes {
                $(operation: $operation,)?
                ..$module::$attributes::default()
            }
            .span_name(),
            keys: $module::$attributes::KEYS,
            open: || {
                let attributes = $module::$attributes {
                    $(operation: $operation,)?
                    ..$module::$attributes::default()
                };
                $module::$open(&TRACER, &attributes)
            },
        }
    };
}

fn rows() -> [Row; 15] {
    [
        row!(compile, Compile, compile_span),
        row!(alert, Alert, alert_span, "send_alert"),
        row!(catalog, Catalog, catalog_span, "create_table"),
        row!(compute, Compute, compute_span, "materialize"),
        row!(dbt, Dbt, dbt_span, "run"),
        row!(egress, Egress, egress_span, "write"),
        row!(identity, Identity, identity_span, "authenticate"),
        row!(ingestion, Ingestion, ingestion_span, "run"),
        row!(lineage, Lineage, lineage_span, "emit_event"),
        row!(orchestrator, Orchestrator, orchestrator_span, "run"),
        row!(quality, Quality, quality_span, "run_checks"),
        row!(secrets, SecretRequest, secrets_span, "get_secret"),
        row!(security, Security, security_span, "generate_role"),
        row!(semantic, Semantic, semantic_span, "sync"),
        row!(storage, Storage, storage_span, "put_object"),
    ]
}

/// Captures the spans of `code`, which runs with baggage that no configuration adds to spans.
fn for_a_product(code: impl FnOnce()) -> Spans {
    testing::capture(|| {
        let _attached = Context::current_with_baggage([
            KeyValue::new(keys::FLOE_NAMESPACE, "sales"),
            KeyValue::new(keys::FLOE_PRODUCT_NAME, "customer-360"),
        ])
        .attach();
        code();
    })
}

#[test]
fn each_span_has_its_name_scope_and_attributes_and_ends_ok() {
    for row in rows() {
        let spans = for_a_product(|| drop((row.open)()));
        let span = spans.single(&row.span).assert_ok();
        assert_eq!(span.scope(), "floe.test.domains");
        let prefix = if row.domain == "compile" { "floe." } else { &format!("{}.", row.domain) };
        assert!(row.keys.iter().all(|key| key.starts_with(prefix)), "{:?}", row.keys);
        let operation = format!("{}.operation", row.domain);
        let (_, last) = row.span.rsplit_once('.').unwrap();
        span.assert_attribute(&operation, last).assert_no_attribute(keys::FLOE_NAMESPACE);
    }
}
