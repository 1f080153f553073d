//! The spans of the nodes that are assets of Dagster: `dagster.asset.{key}`, each above the span of its node.

use std::time::SystemTime;

use floe_plugin::Operation as _;
use floe_plugin::dbt::Selection;
use floe_plugin::orchestrator::{Asset, AssetOutcome, AssetStatus, Orchestrator};
use floe_telemetry::opentelemetry::trace::{Link, Span as _, Status, Tracer as _};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::trace::RecordedSpan;
use floe_telemetry::{FloeAttributes as _, get_tracer};

use crate::outcome::Outcome;

/// Starts the span of a node's asset; `None` if the node is no asset.
pub(super) fn start(
    unique_id: &str,
    selection: &Selection,
    root: &Context,
    at: Option<SystemTime>,
    links: Vec<Link>,
) -> Option<RecordedSpan> {
    let asset_key = selection.keys.get(unique_id)?;
    let asset = Asset { asset_key, ..Asset::default() };
    let mut attributes = asset.to_otel_dict();
    attributes.push(KeyValue::new(Orchestrator::OPERATION, "asset"));
    attributes.extend(selection.attributes.iter().cloned());
    let tracer = get_tracer(selection.tracer);
    let mut builder =
        tracer.span_builder(asset.span_name()).with_attributes(attributes).with_links(links);
    builder.start_time = at;
    Some(builder.start_with_context(&tracer, root))
}

/// Ends the span like the span of its node; `None` if the node has not ended.
pub(super) fn end(
    mut span: RecordedSpan,
    outcome: Option<Outcome>,
    message: &str,
    end: SystemTime,
) {
    let (status, of_span) = match outcome {
        Some(Outcome::Success | Outcome::Warned) => (AssetStatus::Success, Status::Ok),
        Some(Outcome::Skipped) => (AssetStatus::Skipped, Status::Unset),
        Some(Outcome::Unchanged { .. }) => (AssetStatus::Unchanged, Status::Unset),
        Some(_) => (AssetStatus::Failed, Status::error(message.to_owned())),
        None => (AssetStatus::Canceled, Status::error(message.to_owned())),
    };
    span.set_attributes(AssetOutcome { status, missing: None }.to_otel_dict());
    span.set_status(of_span);
    span.end_with_timestamp(end);
}
