//! The consumers that currently record spans: one atomic, which every annotated call reads first.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::global_lookup;
use crate::callsite::CallSite;
use crate::environment;
use crate::internal_log;

/// A combination of the bits below.
pub(super) type Listeners = u32;

/// A provider records spans.
pub(super) const PROVIDER: Listeners = 1;
/// A `testing::capture` is running.
pub(super) const CAPTURES: Listeners = 1 << 1;
/// The sampler decides for each span, whatever its parent's decision is.
pub(super) const PER_SPAN: Listeners = 1 << 2;
/// A sampler of the program decides for each span.
pub(super) const CUSTOM: Listeners = 1 << 3;
/// Baggage becomes attributes.
pub(super) const BAGGAGE: Listeners = 1 << 4;
/// Traces that head sampling does not sample are recorded for the tail sampler.
pub(super) const TAIL: Listeners = 1 << 5;
/// Metrics are made from the calls of functions with `#[traced(metrics)]`.
pub(super) const MEASURES: Listeners = 1 << 6;
/// Metrics are made from all calls.
pub(super) const MEASURES_ALL: Listeners = 1 << 7;
/// Rules turn off some spans.
pub(super) const RULES: Listeners = 1 << 8;
/// A provider was shut down and no other one has started: the spans that are not recorded are counted.
pub(super) const SHUT_DOWN: Listeners = 1 << 9;
/// The process is a fork of one that had a provider. Threads check whether their state is that of the parent.
pub(super) const FORKED: Listeners = 1 << 10;
/// With `context: boundaries`, a recorded span has a `Context` of its own only where another one is not enough.
pub(super) const BOUNDARIES: Listeners = 1 << 11;
/// The same for a `testing::capture`.
pub(super) const CAPTURE_BOUNDARIES: Listeners = 1 << 12;
/// OpenTelemetry's global provider is another one, which records the spans while there is no provider of this crate.
pub(super) const FOREIGN: Listeners = 1 << 13;
/// Nothing of the provider takes spans. Alone, this is no listener: only the context of an explicit parent is passed on.
pub(super) const UNRECORDED: Listeners = 1 << 14;
/// Roots have ids for log records, although nothing takes spans.
pub(super) const IDS: Listeners = 1 << 15;
/// The process is a fork of one with a provider, and has not said yet that nothing of it is exported.
pub(super) const INHERITED: Listeners = 1 << 16;
/// Log records have attributes of the current span.
pub(super) const LOGGED: Listeners = 1 << 17;
/// The bits that a provider sets when it starts and clears when it shuts down.
const OF_PROVIDER: Listeners = PROVIDER
    | PER_SPAN
    | CUSTOM
    | BAGGAGE
    | TAIL
    | MEASURES
    | MEASURES_ALL
    | RULES
    | BOUNDARIES
    | LOGGED
    | UNRECORDED
    | IDS;

/// Whether the program needs no message about its provider.
static PROVIDER_IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// Zero while nothing is recorded.
static LISTENERS: AtomicU32 = AtomicU32::new(0);

/// The bits that are set now.
#[inline]
pub(super) fn current() -> Listeners {
    LISTENERS.load(Ordering::Relaxed)
}

/// Whether nothing is recorded, and nothing is counted.
#[inline]
pub fn is_off() -> bool {
    cfg!(feature = "off") || current() == 0 && !finds_global_provider()
}

/// Whether the recorder is compiled out. Else this looks for OpenTelemetry's global provider, if nothing is recorded.
#[inline]
pub(super) fn is_compiled_out() -> bool {
    is_off() && cfg!(feature = "off")
}

/// Whether nothing is known to record. This does not look for OpenTelemetry's global provider: an event may be
/// OpenTelemetry's own, about the provider that it sets and therefore locks.
#[inline]
pub fn records_nothing() -> bool {
    cfg!(feature = "off") || current() == 0
}

/// Whether nothing is recorded, and this thread does not look for OpenTelemetry's global provider any more. A call
/// without an explicit parent has nothing to do then.
#[inline]
pub(super) fn is_idle() -> bool {
    let listeners = current();
    cfg!(feature = "off")
        || listeners == 0 && global_lookup::is_settled()
        || listeners == UNRECORDED
}

/// Whether nothing takes what describes a span.
#[inline]
pub(super) fn is_discarded() -> bool {
    current() == UNRECORDED || is_off()
}

/// Looks for OpenTelemetry's global provider, if the time has come. It records spans from then on.
pub(super) fn finds_global_provider() -> bool {
    let is_found = global_lookup::was_found();
    if is_found {
        set(FOREIGN);
    }
    is_found
}

/// Says once that a span of a layer goes nowhere, unless a provider was started or disabled before.
#[cold]
pub fn say_no_provider() {
    let is_disabled = || {
        environment::variable("OTEL_SDK_DISABLED").is_ok_and(|it| it.eq_ignore_ascii_case("true"))
    };
    if cfg!(feature = "off") || PROVIDER_IS_KNOWN.swap(true, Ordering::Relaxed) || is_disabled() {
        return;
    }
    internal_log::write_line(
        "warn",
        "a span of `tracing` is not recorded: expected a provider before it, as `floe_telemetry::init()` starts one, or \
         OpenTelemetry's global one, found neither",
    );
}

/// The program has disabled its provider: that spans go nowhere is not said.
pub fn expect_no_provider() {
    PROVIDER_IS_KNOWN.store(true, Ordering::Relaxed);
}

/// Whether spans go to OpenTelemetry's global provider.
pub(super) fn is_foreign() -> bool {
    current() & (FOREIGN | PROVIDER | UNRECORDED | SHUT_DOWN) == FOREIGN
}

/// Whether metrics are made from calls of `callsite`, or from spans that have no call site.
#[inline]
pub(super) fn measures(listeners: Listeners, callsite: Option<&CallSite>) -> bool {
    listeners & MEASURES_ALL != 0
        || listeners & MEASURES != 0 && callsite.is_some_and(CallSite::has_metrics)
}

/// Whether spans are recorded with `context: boundaries`.
#[inline]
pub(super) const fn has_boundaries(listeners: Listeners) -> bool {
    listeners & (BOUNDARIES | CAPTURE_BOUNDARIES) != 0
}

/// Whether a provider records spans with `context: boundaries`, and nothing else decides about the child of a
/// recorded span than its parent.
#[inline]
pub(super) const fn has_only_boundaries(listeners: Listeners) -> bool {
    // A bit that is added is not among them.
    const ALLOWED: Listeners = TAIL | MEASURES | MEASURES_ALL | FOREIGN;
    listeners & !ALLOWED == PROVIDER | BOUNDARIES
}

/// Whether a `testing::capture` is running.
#[inline]
pub(super) const fn has_captures(listeners: Listeners) -> bool {
    listeners & CAPTURES != 0
}

/// Sets bits.
pub(super) fn set(bits: Listeners) {
    LISTENERS.fetch_or(bits, Ordering::SeqCst);
}

/// Clears bits.
pub(super) fn clear(bits: Listeners) {
    LISTENERS.fetch_and(!bits, Ordering::SeqCst);
}

/// Replaces the bits of the provider.
pub(super) fn set_provider(bits: Listeners) {
    let replaced = |before| Some(before & !OF_PROVIDER | bits);
    let _ = LISTENERS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, replaced);
}

/// Stops recording in the child after a fork. What would have been recorded in the parent is counted.
pub(super) fn forked() {
    let before = current();
    let after = match before & (PROVIDER | UNRECORDED) {
        0 => before & (SHUT_DOWN | INHERITED),
        PROVIDER => SHUT_DOWN | INHERITED,
        _ => INHERITED,
    };
    LISTENERS.store(FORKED | after, Ordering::SeqCst);
}

/// Whether nothing of a provider of the parent has been recorded in this fork before. True once.
#[cfg(unix)]
pub(super) fn take_inherited() -> bool {
    LISTENERS.fetch_and(!INHERITED, Ordering::SeqCst) & INHERITED != 0
}
