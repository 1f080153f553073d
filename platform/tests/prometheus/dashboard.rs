//! The dashboard of `deploy/`, written from a table of panels.

use serde_json::{Value, json};

/// A row of the dashboard, with its panels.
type Row = (&'static str, &'static [Panel]);

/// The title, the unit, and the queries with their legends.
type Panel = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// `floe run` is a process for each run, whose counters start at zero: the last sample of a counter is the count of
/// the last run.
const ROWS: [Row; 6] = [
    (
        "Runs",
        &[
            (
                "Whether the last run failed",
                "bool_yes_no",
                &[(
                    "max by (job, instance) (last_over_time(floe_pipeline_last_run_failed{job=~\"$job\"}[7d]))",
                    "{{instance}}",
                )],
            ),
            (
                "Time since the last success",
                "s",
                &[(
                    "time() - max by (job, instance) (last_over_time(floe_pipeline_last_success_timestamp_seconds{job=~\"$job\"}[14d]))",
                    "{{instance}}",
                )],
            ),
            (
                "How long runs take",
                "s",
                &[(
                    "max by (job, instance) (last_over_time(floe_pipeline_last_run_duration_seconds{job=~\"$job\"}[7d]))",
                    "{{instance}}",
                )],
            ),
            (
                "Runs in a day",
                "short",
                &[(
                    "1 + max by (job, instance) (changes(floe_pipeline_last_run_timestamp_seconds{job=~\"$job\"}[1d]))",
                    "{{instance}}",
                )],
            ),
            (
                "Assets of the last run",
                "short",
                &[(
                    "sum by (job, instance, floe_asset_status) (last_over_time(floe_pipeline_last_run_assets{job=~\"$job\"}[7d]))",
                    "{{instance}} {{floe_asset_status}}",
                )],
            ),
            (
                "Errors of the last run by component",
                "short",
                &[(
                    "sum by (job, instance, component) (last_over_time(floe_errors_total{job=~\"$job\"}[7d]))",
                    "{{instance}} {{component}}",
                )],
            ),
        ],
    ),
    (
        "Models and quality",
        &[
            (
                "Models that take longest",
                "s",
                &[(
                    "topk(10, last_over_time(floe_transform_last_run_duration_seconds{job=~\"$job\"}[7d]))",
                    "{{instance}} {{floe_transform_model}}",
                )],
            ),
            (
                "Rows of models",
                "short",
                &[(
                    "topk(20, last_over_time(floe_transform_rows_affected{job=~\"$job\"}[7d]))",
                    "{{instance}} {{floe_transform_model}}",
                )],
            ),
            (
                "Checks of the last run",
                "short",
                &[
                    (
                        "sum by (job, instance) (last_over_time(floe_quality_tests_passed_total{job=~\"$job\"}[7d]))",
                        "{{instance}} passed",
                    ),
                    (
                        "sum by (job, instance) (last_over_time(floe_quality_tests_failed_total{job=~\"$job\"}[7d]))",
                        "{{instance}} failed",
                    ),
                ],
            ),
            (
                "Tables with the most failed checks",
                "short",
                &[(
                    "topk(10, sum by (job, instance, floe_quality_model) (last_over_time(floe_quality_tests_failed_total{job=~\"$job\"}[7d])))",
                    "{{instance}} {{floe_quality_model}}",
                )],
            ),
        ],
    ),
    (
        "Lineage and dbt",
        &[
            (
                "Lineage events of the last run",
                "short",
                &[(
                    "sum by (job, instance, floe_lineage_backend, floe_lineage_status) (last_over_time(floe_lineage_events_total{job=~\"$job\"}[7d]))",
                    "{{instance}} {{floe_lineage_backend}} {{floe_lineage_status}}",
                )],
            ),
            (
                "Nodes of the last dbt command",
                "short",
                &[(
                    "sum by (job, instance, floe_dbt_resource_type, floe_dbt_status) (last_over_time(floe_dbt_nodes_total{job=~\"$job\"}[7d]))",
                    "{{instance}} {{floe_dbt_resource_type}} {{floe_dbt_status}}",
                )],
            ),
        ],
    ),
    (
        "Telemetry of runs",
        &[
            (
                "Spans of the last run",
                "short",
                &[
                    (
                        "max by (job, instance) (last_over_time(otel_sdk_processor_span_processed_total{error_type=\"\",job=~\"$job\"}[7d]) and on (job, instance) last_over_time(floe_pipeline_last_run_failed[7d]))",
                        "{{instance}} recorded",
                    ),
                    (
                        "sum by (job, instance, otel_component_name) (last_over_time(otel_sdk_exporter_span_exported_total{error_type=\"\",job=~\"$job\"}[7d]) and on (job, instance) last_over_time(floe_pipeline_last_run_failed[7d]))",
                        "{{instance}} {{otel_component_name}}",
                    ),
                ],
            ),
            (
                "Spans that the last run lost",
                "short",
                &[(
                    "sum by (job, instance, error_type) (last_over_time(otel_sdk_processor_span_processed_total{error_type!=\"\",job=~\"$job\"}[7d]) and on (job, instance) last_over_time(floe_pipeline_last_run_failed[7d]))",
                    "{{instance}} {{error_type}}",
                )],
            ),
        ],
    ),
    (
        "Services: calls",
        &[
            (
                "Calls",
                "reqps",
                &[("topk(10, span:calls:rate5m{job=~\"$job\"})", "{{component}} {{span_name}}")],
            ),
            (
                "Share of calls that fail",
                "percentunit",
                &[("topk(10, span:errors:ratio5m{job=~\"$job\"})", "{{component}} {{span_name}}")],
            ),
            (
                "How long calls take",
                "s",
                &[(
                    "topk(10, span:duration_seconds:p95_5m{job=~\"$job\"})",
                    "{{component}} {{span_name}} p95",
                )],
            ),
        ],
    ),
    (
        "Services: telemetry and process",
        &[
            (
                "Spans lost",
                "short",
                &[
                    ("otel_sdk:spans_lost:rate5m{job=~\"$job\"}", "{{job}} {{error_type}}"),
                    (
                        "sum by (job, error_type) (rate(otel_sdk_exporter_span_exported_total{job=~\"$job\"}[5m]))",
                        "{{job}} exported {{error_type}}",
                    ),
                ],
            ),
            (
                "Queues in front of exporters",
                "short",
                &[(
                    "max by (job, otel_component_name) (otel_sdk_processor_span_queue_size{job=~\"$job\"})",
                    "{{job}} {{otel_component_name}}",
                )],
            ),
            (
                "Processor time",
                "percentunit",
                &[(
                    "sum by (job) (rate(process_cpu_time_seconds_total{job=~\"$job\"}[$__rate_interval]))",
                    "{{job}}",
                )],
            ),
            (
                "Memory",
                "bytes",
                &[("sum by (job) (process_memory_usage_bytes{job=~\"$job\"})", "{{job}}")],
            ),
        ],
    ),
];

/// The queries of all panels, with the title of the panel and the variables of Grafana replaced.
pub(crate) fn queries() -> impl Iterator<Item = (&'static str, String)> {
    let panels = ROWS.iter().flat_map(|(_, panels)| panels.iter());
    panels.flat_map(|(title, _, queries)| {
        queries.iter().map(|(query, _)| {
            let query = query.replace("$job", ".*");
            (*title, query.replace("$__rate_interval", "1m"))
        })
    })
}

/// The document that Grafana imports.
pub(crate) fn document() -> String {
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let mut panels: Vec<Value> = Vec::new();
    let mut y = 0;
    for (title, in_row) in ROWS {
        let id = panels.len() + 1;
        panels.push(json!({
            "id": id, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": y, "w": 24, "h": 1 },
        }));
        y += 1;
        for (at, (title, unit, queries)) in in_row.iter().enumerate() {
            let targets = queries.iter().zip('A'..).map(|((query, legend), id)| {
                json!({ "refId": id, "expr": query, "legendFormat": legend, "datasource": source })
            });
            panels.push(json!({
                "id": panels.len() + 1,
                "type": "timeseries",
                "title": title,
                "datasource": source,
                "gridPos": { "x": at % 3 * 8, "y": y + at / 3 * 8, "w": 8, "h": 8 },
                "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
                "options": { "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true } },
                "targets": targets.collect::<Vec<_>>(),
            }));
        }
        y += in_row.len().div_ceil(3) * 8;
    }
    let variables = json!([
        {
            "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source", "hide": 0,
            "current": {},
        },
        {
            "name": "job", "type": "query", "label": "Product or service", "datasource": source,
            "query": { "query": "label_values(otel_sdk_processor_span_processed_total, job)", "refId": "job" },
            "includeAll": true, "multi": true, "allValue": ".*", "current": { "text": "All", "value": "$__all" },
            "refresh": 2,
        },
    ]);
    let dashboard = json!({
        "title": "floe", "uid": "floe-telemetry", "schemaVersion": 39, "version": 1, "editable": true,
        "refresh": "30s", "tags": ["floe", "opentelemetry"], "time": { "from": "now-7d", "to": "now" },
        "timezone": "", "annotations": { "list": [] }, "templating": { "list": variables }, "panels": panels,
    });
    format!("{dashboard:#}\n")
}
