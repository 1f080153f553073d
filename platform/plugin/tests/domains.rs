//! The span of each domain: its name, scope, attributes and status.

use std::io;

use floe_plugin::{
    alert, catalog, compile, compute, dbt, egress, identity, ingestion, lineage, orchestrator,
    quality, secrets, security, semantic, storage,
};
use floe_telemetry::testing::{self, Spans};
use floe_telemetry::{ActiveSpan, Tracer, keys};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue, Value};

static TRACER: Tracer = floe_telemetry::tracer!("floe.test.domains");

/// How a domain's span is opened, and what it must contain.
struct Row {
    domain: &'static str,
    span: &'static str,
    open: fn() -> ActiveSpan,
    attributes: Vec<(&'static str, Value)>,
}

/// One row for each domain.
#[expect(clippy::too_many_lines, reason = "a table")]
fn rows() -> [Row; 15] {
    [
        Row {
            domain: "alert",
            span: "alert.send_alert",
            open: || {
                let span = alert::alert_span(
                    &TRACER,
                    &alert::Alert {
                        operation: "send_alert",
                        channel: "webhook",
                        destination: "https://hooks.example/T0/B0/c2VjcmV0cGF0aA".into(),
                        severity: Some("critical"),
                    },
                );
                span.set_attributes(&alert::Delivery {
                    delivery_status: alert::DeliveryStatus::Delivered,
                });
                span
            },
            attributes: vec![
                ("alert.channel", "webhook".into()),
                ("alert.destination", "https://hooks.example".into()),
                ("alert.severity", "critical".into()),
                ("alert.delivery_status", "delivered".into()),
            ],
        },
        Row {
            domain: "catalog",
            span: "catalog.create_table",
            open: || {
                catalog::catalog_span(
                    &TRACER,
                    &catalog::Catalog {
                        operation: "create_table",
                        name: Some("polaris"),
                        uri: Some("https://floe:hunter2XyZ@catalog.example/api".into()),
                        warehouse: Some("main"),
                        table_name: Some("orders"),
                        ..catalog::Catalog::default()
                    },
                )
            },
            attributes: vec![
                ("catalog.name", "polaris".into()),
                ("catalog.uri", "https://catalog.example/api".into()),
                ("catalog.warehouse", "main".into()),
                ("catalog.table.name", "orders".into()),
            ],
        },
        Row {
            domain: "compile",
            span: "floe.compile",
            open: || {
                compile::compile_span(
                    &TRACER,
                    &compile::Compile {
                        spec_path: Some("floe.yaml"),
                        manifest_path: Some("manifest.yaml"),
                        artifacts_version: Some("0.10.0"),
                    },
                )
            },
            attributes: vec![
                ("floe.spec_path", "floe.yaml".into()),
                ("floe.manifest_path", "manifest.yaml".into()),
                ("floe.artifacts_version", "0.10.0".into()),
            ],
        },
        Row {
            domain: "compute",
            span: "compute.materialize",
            open: || {
                compute::compute_span(
                    &TRACER,
                    &compute::Compute {
                        operation: "materialize",
                        engine: "duckdb",
                        db_path: Some("orders.duckdb"),
                        target: Some("dev"),
                    },
                )
            },
            attributes: vec![
                ("compute.engine", "duckdb".into()),
                ("compute.db_path", "orders.duckdb".into()),
                ("compute.target", "dev".into()),
            ],
        },
        Row {
            domain: "dbt",
            span: "dbt.run",
            open: || {
                let span = dbt::dbt_span(
                    &TRACER,
                    &dbt::Dbt { operation: "run", target: Some("dev"), ..dbt::Dbt::default() },
                );
                span.set_attributes(&dbt::DbtOutcome {
                    models_run: Some(16),
                    failures: Some(0),
                    ..dbt::DbtOutcome::default()
                });
                span
            },
            attributes: vec![
                ("dbt.command", "run".into()),
                ("dbt.target", "dev".into()),
                ("dbt.models_run", 16.into()),
                ("dbt.failures", 0.into()),
            ],
        },
        Row {
            domain: "egress",
            span: "egress.write",
            open: || {
                let span = egress::egress_span(
                    &TRACER,
                    &egress::Egress {
                        operation: "write",
                        sink_type: Some("salesforce"),
                        destination: Some("Account"),
                    },
                );
                span.set_attributes(&egress::EgressOutcome {
                    status: "success",
                    rows_written: Some(3),
                    duration_ms: Some(1.5),
                });
                span
            },
            attributes: vec![
                ("egress.sink_type", "salesforce".into()),
                ("egress.destination", "Account".into()),
                ("egress.status", "success".into()),
                ("egress.rows_written", 3.into()),
                ("egress.duration_ms", 1.5.into()),
            ],
        },
        Row {
            domain: "identity",
            span: "identity.authenticate",
            open: || {
                let span = identity::identity_span(
                    &TRACER,
                    &identity::Identity {
                        operation: "authenticate",
                        realm: Some("floe"),
                        grant_type: Some("client_credentials"),
                    },
                );
                span.set_attributes(&identity::IdentityOutcome { auth_success: Some(true) });
                span
            },
            attributes: vec![
                ("identity.realm", "floe".into()),
                ("identity.grant_type", "client_credentials".into()),
                ("identity.auth.success", true.into()),
            ],
        },
        Row {
            domain: "ingestion",
            span: "ingestion.run",
            open: || {
                let span = ingestion::ingestion_span(
                    &TRACER,
                    &ingestion::Ingestion {
                        operation: "run",
                        source_type: Some("rest_api"),
                        destination_table: Some("orders"),
                        ..ingestion::Ingestion::default()
                    },
                );
                span.set_attributes(&ingestion::IngestionOutcome {
                    success: false,
                    rows_loaded: Some(2),
                    error_category: Some(ingestion::ErrorCategory::Permanent),
                    ..ingestion::IngestionOutcome::default()
                });
                span
            },
            attributes: vec![
                ("ingestion.source_type", "rest_api".into()),
                ("ingestion.destination_table", "orders".into()),
                ("ingestion.success", false.into()),
                ("ingestion.rows_loaded", 2.into()),
                ("error.category", "PERMANENT".into()),
            ],
        },
        Row {
            domain: "lineage",
            span: "lineage.emit_event",
            open: || {
                lineage::lineage_span(
                    &TRACER,
                    &lineage::Lineage {
                        operation: "emit_event",
                        job_name: Some("stg_orders"),
                        event_type: Some("COMPLETE"),
                        run_id: Some("2866553f"),
                        ..lineage::Lineage::default()
                    },
                )
            },
            attributes: vec![
                ("lineage.job_name", "stg_orders".into()),
                ("lineage.event_type", "COMPLETE".into()),
                ("lineage.run_id", "2866553f".into()),
            ],
        },
        Row {
            domain: "orchestrator",
            span: "orchestrator.create_definitions",
            open: || {
                orchestrator::orchestrator_span(
                    &TRACER,
                    &orchestrator::Orchestrator {
                        operation: "create_definitions",
                        asset_count: Some(16),
                    },
                )
            },
            attributes: vec![("orchestrator.asset_count", 16.into())],
        },
        Row {
            domain: "quality",
            span: "quality.run_checks",
            open: || {
                let span = quality::quality_span(
                    &TRACER,
                    &quality::Quality {
                        operation: "run_checks",
                        provider: Some("great_expectations"),
                        check_name: Some("not_null_customer_id"),
                        ..quality::Quality::default()
                    },
                );
                span.set_attributes(&quality::QualityOutcome {
                    pass_count: 4,
                    fail_count: 1,
                    rows_checked: Some(25_000),
                    failed_rows: None,
                });
                span.set_attributes(&quality::FailedCheck {
                    query: Some("SELECT count(*) FROM \"customers\" WHERE \"customer_id\" IS NULL"),
                });
                span
            },
            attributes: vec![
                ("quality.provider", "great_expectations".into()),
                ("quality.check_name", "not_null_customer_id".into()),
                ("quality.pass_count", 4.into()),
                ("quality.fail_count", 1.into()),
                ("quality.rows_checked", 25_000.into()),
                (
                    "db.query.text",
                    "SELECT count(*) FROM \"customers\" WHERE \"customer_id\" IS NULL".into(),
                ),
            ],
        },
        Row {
            domain: "secrets",
            span: "secrets.get_secret",
            open: || {
                let span = secrets::secrets_span(
                    &TRACER,
                    &secrets::SecretRequest {
                        operation: "get_secret",
                        provider: "k8s",
                        key_name: Some("warehouse-login"),
                        ..secrets::SecretRequest::default()
                    },
                );
                span.set_attributes(&secrets::SecretsOutcome { found: Some(true) });
                span
            },
            attributes: vec![
                ("secrets.provider", "k8s".into()),
                ("secrets.key_name", "warehouse-login".into()),
                ("secrets.found", true.into()),
            ],
        },
        Row {
            domain: "security",
            span: "security.generate_role",
            open: || {
                security::security_span(
                    &TRACER,
                    &security::Security {
                        operation: "generate_role",
                        area: security::Area::Rbac,
                        policy_type: Some("Role"),
                        resource_count: Some(2),
                        ..security::Security::default()
                    },
                )
            },
            attributes: vec![
                ("security.area", "rbac".into()),
                ("security.policy_type", "Role".into()),
                ("security.resource_count", 2.into()),
            ],
        },
        Row {
            domain: "semantic",
            span: "semantic.sync",
            open: || {
                let span = semantic::semantic_span(
                    &TRACER,
                    &semantic::Semantic {
                        operation: "sync",
                        server_url: Some("http://cube:hunter2XyZ@cube.example:4000".into()),
                        schema_path: Some("schema/orders.yml"),
                    },
                );
                span.set_attributes(&semantic::SemanticOutcome {
                    model_count: Some(7),
                    ..semantic::SemanticOutcome::default()
                });
                span
            },
            attributes: vec![
                ("semantic.server_url", "http://cube.example:4000".into()),
                ("semantic.schema.path", "schema/orders.yml".into()),
                ("semantic.model.count", 7.into()),
            ],
        },
        Row {
            domain: "storage",
            span: "storage.put_object",
            open: || {
                let span = storage::storage_span(
                    &TRACER,
                    &storage::Storage {
                        operation: "put_object",
                        system: storage::System::S3,
                        bucket: Some("lake"),
                    },
                );
                span.set_attributes(&storage::StorageOutcome { bytes_written: Some(1024) });
                span
            },
            attributes: vec![
                ("storage.system", "s3".into()),
                ("storage.bucket", "lake".into()),
                ("storage.bytes_written", 1024.into()),
            ],
        },
    ]
}

/// Captures the spans of `code` below baggage that no configuration lists.
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
        let span = spans.single(row.span).assert_ok();
        assert_eq!(span.scope(), "floe.test.domains");
        for (key, value) in &row.attributes {
            assert_eq!(span.attribute(key), Some(value), "{}: {key}", row.span);
        }
        let operation = format!("{}.operation", row.domain);
        let (_, last) = row.span.rsplit_once('.').unwrap();
        span.assert_attribute(&operation, last).assert_no_attribute(keys::FLOE_NAMESPACE);
    }
}

#[test]
fn each_span_records_an_error_without_its_credential() {
    for row in rows() {
        let spans = for_a_product(|| {
            let span = (row.open)();
            let refused = io::Error::other("refused: https://floe:hunter2XyZ@host/path");
            let handed_on = span.observe::<(), _>(Err(refused)).unwrap_err();
            assert!(handed_on.to_string().contains("hunter2XyZ"));
        });
        spans
            .single(row.span)
            .assert_error("refused: https://<REDACTED>@host/path")
            .assert_attribute("exception.type", "std::io::error::Error")
            .assert_event("exception");
        assert!(!format!("{spans:?}").contains("hunter2XyZ"), "{}", row.span);
    }
}
