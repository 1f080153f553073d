//! The sampler of the program, which decides for each span in place of the configured one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::trace::TraceState;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use crate::recorder::record::SpanRecord;

pub(crate) type CustomSampler = Arc<dyn ShouldSample>;

static SAMPLER: RwLock<Option<CustomSampler>> = RwLock::new(None);

/// Panics of samplers since the process started.
static PANICS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether the sampler is deciding on this thread. There is no span of what it calls itself: the decision about
    /// one would not end, and no `Context` can be attached while OpenTelemetry's API lends the current one.
    static IS_DECIDING: Cell<bool> = const { Cell::new(false) };
}

/// The number of panics of samplers since the process started.
pub(crate) fn sampler_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Replaces the sampler.
pub(super) fn replace(sampler: Option<CustomSampler>) {
    let mut slot = SAMPLER.write().unwrap_or_else(PoisonError::into_inner);
    let previous = std::mem::replace(&mut *slot, sampler);
    drop(slot);
    // Its destructor is code of the program.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(previous)));
}

/// Decides for a span whose name, attributes and links are set. `None` if there is no span.
pub(super) fn decide(record: &mut SpanRecord, parent: &Context) -> Option<bool> {
    if IS_DECIDING.get() {
        return None;
    }
    let sampler = SAMPLER
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    // The provider was shut down since.
    let Some(sampler) = sampler else {
        return Some(true);
    };
    let Some(result) = ask(&*sampler, record, parent) else {
        return Some(false);
    };
    let is_sampled = result.decision == SamplingDecision::RecordAndSample;
    if is_sampled {
        record.attributes.extend(result.attributes);
    }
    if result.trace_state != TraceState::NONE || record.more.is_some() {
        record.more_mut().trace_state = result.trace_state;
    }
    Some(is_sampled)
}

/// Returns the decision of the sampler; `None` if it panics.
fn ask(
    sampler: &dyn ShouldSample,
    record: &SpanRecord,
    parent: &Context,
) -> Option<SamplingResult> {
    let site = record.head.callsite;
    let name = record.name().or_else(|| Some(site?.name()));
    let attributes = record.attributes.as_slice().iter();
    let attributes: Vec<KeyValue> = attributes.cloned().map(KeyValue::from).collect();
    let links = record.more.as_ref().map_or(&[][..], |more| &more.links);
    IS_DECIDING.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| {
        sampler.should_sample(
            Some(parent),
            record.head.trace_id,
            name.unwrap_or_default(),
            &record.kind(),
            &attributes,
            links,
        )
    }));
    IS_DECIDING.set(false);
    if result.is_err() {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }
    result.ok()
}
