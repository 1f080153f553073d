//! The permitted differences between OpenTelemetry's SDK and floe-telemetry, with reasons. Everything else must be
//! equal.
//!
//! | difference | reason | here |
//! |---|---|---|
//! | texts longer than 65,536 characters are truncated | a limit by default, which the SDK does not have | [`config`] |
//! | text that looks like a credential is redacted | the purpose of the library | the programs contain none |
//! | spans of `#[traced]` have `code.*` attributes | the SDK has no such spans | the programs use OpenTelemetry's API |
//! | metrics of spans and other signals | the SDK makes none by itself | [`config`] |
//! | the random flag (0x02) of a caller is kept if a span is not sampled | W3C Trace Context level 2, which the SDK does not support | [`flags`] |
//! | the key of an attribute is unique, and the limit counts keys | required by the specification; the SDK stores and counts each value | [`adjusted`] |
//! | with more than 128 values, a key over the limit that is set twice counts once as dropped | values that were replaced make room | [`adjusted`] |
//! | the end is not before the start | backends subtract the two as unsigned numbers | [`adjusted`] |
//! | a link without valid ids, attributes and trace state is not recorded | the specification permits it | [`is_linked`] |
//! | if two errors have a description, the later one wins | required by the specification; the SDK keeps the greater text | [`description`] |
//! | the trace state of a parent without a valid id is ignored | required by W3C; the SDK copies it to the new trace | [`parent`] |
//! | a parent without a valid id is no parent for a parent-based sampler | required by the specification; the SDK's `Sampler::ParentBased` does not sample its children | [`sampler`] |

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{ExporterKind, Sampler};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TraceState};
use opentelemetry_sdk::trace::{
    Sampler as SdkSampler, ShouldSample, SpanData, SpanLimits as SdkLimits,
};

use crate::program::Settings;

#[must_use]
pub fn config(settings: &Settings) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("differential");
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.logs = Some(vec![ExporterKind::None]);
    config.sampling.sampler = Some(settings.sampler);
    config.sampling.sampler_arg = Some(settings.ratio);
    config.limits.attribute_count = settings.attributes;
    config.limits.attribute_value_length = None;
    config
}

#[must_use]
pub fn sampler(settings: &Settings) -> Box<dyn ShouldSample> {
    let ratio = SdkSampler::TraceIdRatioBased(settings.ratio);
    let root = match settings.sampler {
        Sampler::AlwaysOn | Sampler::ParentBasedAlwaysOn => SdkSampler::AlwaysOn,
        Sampler::AlwaysOff | Sampler::ParentBasedAlwaysOff => SdkSampler::AlwaysOff,
        _ => ratio,
    };

    match settings.sampler {
        Sampler::AlwaysOn | Sampler::AlwaysOff | Sampler::TraceIdRatio => Box::new(root),
        _ => Box::new(SdkSampler::parent_based(root)),
    }
}

/// Returns the limits of the SDK. If keys may repeat in a program, [`adjusted`] applies the limit of attributes
/// instead.
#[must_use]
pub fn limits(attributes: u32, numbers_keys: bool) -> SdkLimits {
    let attributes = if numbers_keys { attributes } else { u32::MAX };
    SdkLimits {
        max_attributes_per_span: attributes,
        max_attributes_per_event: attributes,
        max_attributes_per_link: attributes,
        ..SdkLimits::default()
    }
}

/// Changes a span of the SDK to what floe-telemetry exports: adjusts the end, and applies the limit of attributes if a
/// key may occur twice in the program.
#[must_use]
pub fn adjusted(mut span: SpanData, attributes: u32, numbers_keys: bool) -> SpanData {
    span.end_time = span.end_time.max(span.start_time);
    if numbers_keys {
        return span;
    }

    let dropped = record(&mut span.attributes);
    span.dropped_attributes_count = dropped + limit(&mut span.attributes, attributes);
    for event in &mut span.events.events {
        event.dropped_attributes_count = limit(&mut event.attributes, attributes);
    }

    for link in &mut span.links.links {
        link.dropped_attributes_count = limit(&mut link.attributes, attributes);
    }
    span
}

/// The maximum number of values that a span records.
const RECORDED: usize = 128;

/// Records the values in their order. If there is no room for a new key, removes the values that later values of the
/// same key have replaced. Returns the number of dropped values.
fn record(attributes: &mut Vec<KeyValue>) -> u32 {
    let mut dropped = 0;
    let mut recorded: Vec<KeyValue> = Vec::new();
    for attribute in attributes.drain(..) {
        if recorded.len() < RECORDED {
            recorded.push(attribute);
        } else if let Some(last) = recorded.iter().rposition(|it| it.key == attribute.key) {
            recorded[last] = attribute;
        } else {
            limit(&mut recorded, u32::MAX);
            if recorded.len() < RECORDED {
                recorded.push(attribute);
            } else {
                dropped += 1;
            }
        }
    }

    *attributes = recorded;
    dropped
}

/// Keeps the first `limit` keys. Each has its last value, at the position of its first one. Returns the number of
/// dropped attributes.
fn limit(attributes: &mut Vec<KeyValue>, limit: u32) -> u32 {
    let mut dropped = 0;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut distinct: Vec<KeyValue> = Vec::new();
    for attribute in attributes.drain(..) {
        let first = distinct.iter().position(|it| it.key == attribute.key);
        match first {
            Some(first) => distinct[first] = attribute,
            None if distinct.len() < limit => distinct.push(attribute),
            None => dropped += 1,
        }
    }

    *attributes = distinct;
    dropped
}

#[must_use]
pub fn flags(context: &SpanContext) -> u8 {
    context.trace_flags().to_u8() & !2
}

/// Returns the description of the error at this position. It sorts after the descriptions of earlier errors.
#[must_use]
pub fn description(position: usize) -> String {
    format!("failure {position:04}")
}

#[must_use]
pub fn is_linked(context: &SpanContext, attributes: &[KeyValue]) -> bool {
    context.is_valid() || *context.trace_state() != TraceState::NONE || !attributes.is_empty()
}

#[must_use]
pub fn parent(remote: &SpanContext) -> SpanContext {
    let state = if remote.is_valid() { remote.trace_state().clone() } else { TraceState::NONE };
    let trace = remote.trace_id();
    let span = remote.span_id();
    SpanContext::new(trace, span, remote.trace_flags(), true, state)
}
