//! Which consumers currently record spans, in one atomic that every annotated call reads first.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::global_lookup;
use crate::callsite::CallSite;
use crate::environment;
use crate::internal_log;

/// The consumers of spans, such as a provider or a capture, as the bits below. Every annotated call reads this state.
/// All other state is in the [facts](Facts).
pub(super) type Listeners = u32;

/// An unusual state, which the facts describe.
pub(super) const UNUSUAL: Listeners = 1;
pub(super) const PROVIDER: Listeners = 1 << 1;
pub(super) const CAPTURES: Listeners = 1 << 2;
/// The sampler decides for each span, independently of the parent's decision.
pub(super) const PER_SPAN: Listeners = 1 << 3;
/// The decision about a recorded span is completed after the span is filled.
pub(super) const ASKED: Listeners = 1 << 4;
/// Traces that head sampling does not sample are recorded for the tail sampler.
pub(super) const TAIL: Listeners = 1 << 5;
/// Rules turn some spans off.
pub(super) const RULES: Listeners = 1 << 6;
/// The setting is `context: boundaries`, so most recorded spans use the `Context` of an outer span.
pub(super) const BOUNDARIES: Listeners = 1 << 7;
const BITS: Listeners = (BOUNDARIES << 1) - 1;

/// The settings of providers and captures, as the bits above and the bits below. Some of the bits above are derived from
/// the bits below.
pub(super) type Facts = u32;

/// A sampler of the program decides for each span.
pub(super) const CUSTOM: Facts = 1 << 16;
/// Baggage becomes attributes.
pub(super) const BAGGAGE: Facts = 1 << 17;
/// Log records have attributes of the current span.
pub(super) const LOGGED: Facts = 1 << 18;
/// Metrics are made from the calls of functions with `#[traced(metrics)]`.
pub(super) const MEASURES: Facts = 1 << 19;
/// The provider neither exports nor processes spans. Without another bit, nothing is recorded, and only the context of
/// an explicit parent is propagated.
pub(super) const UNRECORDED: Facts = 1 << 20;
/// Roots have ids for log records even if no exporter receives spans.
pub(super) const IDS: Facts = 1 << 21;
/// A `testing::capture` has `context: boundaries`.
pub(super) const CAPTURE_BOUNDARIES: Facts = 1 << 22;
/// A provider was shut down and no other one has started: unrecorded spans are counted.
pub(super) const SHUT_DOWN: Facts = 1 << 23;
/// The process is a fork of a process that had a provider. Threads check whether their state belongs to the parent.
pub(super) const FORKED: Facts = 1 << 24;
/// The process is a fork of a process with a provider, and has not reported yet that it exports nothing.
pub(super) const INHERITED: Facts = 1 << 25;
/// OpenTelemetry's global provider belongs to another crate. It records the spans while this crate has no provider.
pub(super) const FOREIGN: Facts = 1 << 26;
/// The first span that is lost is reported. Until then, no call takes the short way of a provider without receivers.
pub(super) const UNREPORTED: Facts = 1 << 27;
const OF_PROVIDER: Facts =
    BITS & !CAPTURES | CUSTOM | BAGGAGE | LOGGED | MEASURES | UNRECORDED | IDS | UNREPORTED;

const fn bits(facts: Facts) -> Listeners {
    let mut bits = facts & BITS;
    if facts & (CUSTOM | BAGGAGE | LOGGED) != 0 {
        bits |= ASKED;
    }

    if facts & CAPTURE_BOUNDARIES != 0 {
        bits |= BOUNDARIES;
    }

    // While a provider records spans, a fork is the only unusual state.
    let records = facts & (PROVIDER | UNRECORDED) == PROVIDER;
    let unusual =
        if records { FORKED } else { UNRECORDED | SHUT_DOWN | FORKED | INHERITED | FOREIGN };
    if facts & unusual != 0 { bits | UNUSUAL } else { bits }
}

/// Whether the message about a missing provider is unnecessary.
static PROVIDER_IS_KNOWN: AtomicBool = AtomicBool::new(false);

/// The current listeners; zero without a listener and without an unusual state.
static LISTENERS: AtomicU32 = AtomicU32::new(0);

static FACTS: AtomicU32 = AtomicU32::new(0);

#[inline]
pub(super) fn current() -> Listeners {
    LISTENERS.load(Ordering::Relaxed)
}

#[inline]
pub(super) fn has(facts: Facts) -> bool {
    FACTS.load(Ordering::Relaxed) & facts != 0
}

/// Whether there is more to ask about a call than what its parent decides.
#[inline]
pub(super) const fn is_unusual(listeners: Listeners) -> bool {
    listeners == 0 || listeners & (RULES | UNUSUAL) != 0
}

#[inline]
pub(super) fn is_off() -> bool {
    current() == 0 && !finds_global_provider()
}

/// Looks for OpenTelemetry's global provider if nothing is recorded.
#[inline]
pub(super) fn look_for_provider() {
    is_off();
}

/// Whether no listener is known. This does not look for OpenTelemetry's global provider, because
/// OpenTelemetry may hold that provider's lock while it emits an event of `tracing`.
#[inline]
pub(super) fn records_nothing() -> bool {
    current() == 0
}

/// Whether nothing is recorded, and this thread no longer looks for OpenTelemetry's global provider. Then a call
/// without an explicit parent does nothing.
#[inline]
pub(super) fn is_idle() -> bool {
    let listeners = current();
    listeners <= UNUSUAL
        && if listeners == 0 { global_lookup::is_settled() } else { has(UNRECORDED) }
}

#[inline]
pub(super) fn is_discarded() -> bool {
    current() == UNUSUAL && has(UNRECORDED) || is_off()
}

pub(super) fn is_recorded() -> bool {
    !is_off() && (!is_unrecorded(current()) || has_captures(current()))
}

#[inline]
pub(super) fn is_unrecorded(listeners: Listeners) -> bool {
    listeners & UNUSUAL != 0 && has(UNRECORDED)
}

/// Looks for OpenTelemetry's global provider if a look-up is due. A provider that is found records spans from then on.
pub(super) fn finds_global_provider() -> bool {
    let is_found = global_lookup::was_found();
    if is_found {
        set(FOREIGN);
    }
    is_found
}

/// Reports once that spans of `tracing` are lost, unless a provider was started or disabled before.
#[cold]
pub(super) fn say_no_provider() {
    let is_disabled = || {
        environment::variable("OTEL_SDK_DISABLED").is_ok_and(|it| it.eq_ignore_ascii_case("true"))
    };

    if PROVIDER_IS_KNOWN.swap(true, Ordering::Relaxed) || is_disabled() {
        return;
    }

    internal_log::write_line(
        "warn",
        "a span of `tracing` is not recorded: expected a started provider (`floe_telemetry::init()`) or \
         OpenTelemetry's global provider, found neither",
    );
}

pub(super) fn expect_no_provider() {
    PROVIDER_IS_KNOWN.store(true, Ordering::Relaxed);
}

pub(super) fn is_foreign() -> bool {
    current() & UNUSUAL != 0 && has(FOREIGN) && !has(PROVIDER | UNRECORDED | SHUT_DOWN)
}

pub(super) fn has_recording_provider() -> bool {
    has(PROVIDER) && !has(UNRECORDED)
}

/// Whether metrics are made from the calls of a function.
#[inline]
pub(super) fn is_measured(callsite: Option<&CallSite>) -> bool {
    callsite.is_some_and(CallSite::has_metrics) && has(MEASURES)
}

#[inline]
pub(super) const fn has_boundaries(listeners: Listeners) -> bool {
    listeners & BOUNDARIES != 0
}

/// Whether a provider records spans with `context: boundaries`, and only the parent determines whether a child is
/// recorded.
#[inline]
pub(super) const fn has_only_boundaries(listeners: Listeners) -> bool {
    // A list of the allowed bits, so that a bit that is added later is not allowed.
    const ALLOWED: Listeners = TAIL;
    listeners & !ALLOWED == PROVIDER | BOUNDARIES
}

pub(super) fn has_rules() -> bool {
    current() & RULES != 0
}

#[inline]
pub(super) const fn has_captures(listeners: Listeners) -> bool {
    listeners & CAPTURES != 0
}

pub(super) fn set(facts: Facts) {
    change(|before| before | facts);
}

pub(super) fn clear(facts: Facts) {
    change(|before| before & !facts);
}

pub(super) fn set_provider(facts: Facts) {
    change(|before| before & !OF_PROVIDER | facts);
}

/// Stops recording in the child after a fork. Spans that the parent would have recorded are counted as lost.
pub(super) fn forked() {
    change(|before| {
        FORKED
            | match before & (PROVIDER | UNRECORDED) {
                0 => before & (SHUT_DOWN | INHERITED | UNREPORTED),
                PROVIDER => SHUT_DOWN | INHERITED,
                _ if before & UNREPORTED != 0 => SHUT_DOWN | INHERITED,
                _ => INHERITED,
            }
    });
}

/// Returns true once, in a fork whose parent had a provider.
#[cfg(unix)]
pub(super) fn take_inherited() -> bool {
    change(|before| before & !INHERITED) & INHERITED != 0
}

/// Makes the first lost span be reported.
pub(super) fn report_loss() {
    change(|before| {
        let provider = if before & UNRECORDED != 0 { PROVIDER } else { 0 };
        before | UNREPORTED | provider
    });
}

/// Returns true once if the first lost span is to be reported.
#[cold]
pub(super) fn take_unreported() -> bool {
    let before = change(|before| {
        let facts = before & !UNREPORTED;
        let is_idle = facts & OF_PROVIDER == PROVIDER | UNRECORDED;
        if is_idle { facts & !PROVIDER } else { facts }
    });

    before & UNREPORTED != 0
}

/// Changes the facts and the bits derived from them. Returns the previous facts. There is no lock, because a fork could
/// copy the lock while it is held.
fn change(change: impl Fn(Facts) -> Facts) -> Facts {
    let changed = |before| Some(change(before));
    let before = FACTS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, changed);
    loop {
        let facts = FACTS.load(Ordering::SeqCst);
        LISTENERS.store(bits(facts), Ordering::SeqCst);
        // Another thread may have changed the facts after they were loaded, and stored its bits before the ones stored
        // here.
        if FACTS.load(Ordering::SeqCst) == facts {
            return before.unwrap_or_default();
        }
    }
}
