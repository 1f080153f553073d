//! The meter provider that the process currently uses.
//!
//! An OpenTelemetry instrument stays bound to the provider that created it. A recorder outlives providers, so it
//! compares generations, the numbers of the providers, to check whether its instruments are still valid.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{SpanId, TraceId};

use crate::caught::caught;
use crate::recorder::context;
use crate::recorder::current::span_context_within;
use crate::recorder::fork;

type Provider = Arc<dyn MeterProvider + Send + Sync>;

static PROVIDER: RwLock<Option<Provider>> = RwLock::new(None);

/// The generation of the current provider; 0 without one.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The number of forks when the provider was set. A later fork means that the provider's threads do not exist in this
/// process.
static PROCESS: AtomicU32 = AtomicU32::new(0);

#[inline]
pub(super) fn is_inherited() -> bool {
    PROCESS.load(Ordering::Relaxed) != fork::forks()
}

/// The current provider and its generation.
#[expect(missing_debug_implementations, reason = "a provider does not implement `Debug`")]
pub struct Current {
    pub(super) generation: u64,
    /// The provider.
    pub provider: Provider,
}

#[inline]
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Whether a provider records metrics. Without a provider, a measurement costs one atomic load, and callers can skip
/// slower work, such as collecting attributes.
pub fn is_enabled() -> bool {
    generation() != 0
}

impl Current {
    /// Returns the current provider, if there is one.
    pub fn get() -> Option<Self> {
        let provider = PROVIDER.read().unwrap_or_else(PoisonError::into_inner);
        Some(Self { generation: generation(), provider: Arc::clone(provider.as_ref()?) })
    }

    /// Returns the ids of the current span if it is sampled, for the exemplar of a measurement.
    pub fn sampled_span() -> Option<(TraceId, SpanId)> {
        // OpenTelemetry may log while it borrows the current `Context` mutably. If a subscriber then counts the log
        // record, the access panics.
        let current = caught(|| {
            context::read(|cx| match span_context_within(cx) {
                Some(context) => sampled(&context),
                None => sampled(cx.span().span_context()),
            })
        });

        current.ok().flatten().flatten()
    }

    /// Replaces the current provider; `None` removes it.
    pub fn replace(provider: Option<Provider>) {
        static LAST: AtomicU64 = AtomicU64::new(0);

        let mut slot = PROVIDER.write().unwrap_or_else(PoisonError::into_inner);
        let generation = match provider {
            Some(_) => LAST.fetch_add(1, Ordering::Relaxed) + 1,
            None => 0,
        };

        // Dropped after the lock is released: shutting a provider down may run user callbacks.
        let previous = std::mem::replace(&mut *slot, provider);
        PROCESS.store(fork::forks(), Ordering::Relaxed);
        GENERATION.store(generation, Ordering::Release);
        drop(slot);
        drop(previous);
    }
}

fn sampled(context: &SpanContext) -> Option<(TraceId, SpanId)> {
    let is_sampled = context.is_valid() && context.is_sampled();
    is_sampled.then(|| (context.trace_id(), context.span_id()))
}
