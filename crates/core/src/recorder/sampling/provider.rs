//! The sampling of the current provider, and the program's own sampler, which replaces the configured one.
//!
//! A sampler of the program decides after the span is filled, because it gets the name, the attributes and the links. A
//! sampling rule that needs the name also decides then.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use opentelemetry::{Context, Key};

use super::settings::{self, Ratio, Rule, Sampled, Settings, Subject, Then};
use crate::attributes::{list::limit_attributes, text::limit_text};
use crate::caught::caught;
use crate::recorder::fork::lock;
use crate::recorder::fork_handlers;
use crate::recorder::last_panic;
use crate::recorder::listeners::{
    self, BAGGAGE, BOUNDARIES, CUSTOM, Facts, IDS, INHERITED, LOGGED, MEASURES, PER_SPAN, PROVIDER,
    RULES, SHUT_DOWN, TAIL, UNRECORDED, UNREPORTED,
};
use crate::recorder::local;
use crate::recorder::lost::{self, LOST};
use crate::recorder::memory::limit_buffered;
use crate::recorder::record::SpanRecord;
use crate::recorder::recording;

/// The settings that decide which spans a provider records.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each field is a separate setting")]
pub struct Sampling {
    /// Whether any part of the provider receives spans. Otherwise no span is recorded: calls are measured if metrics
    /// are made from them, and roots have ids if log records need them. With neither, nothing records spans.
    pub is_recorded: bool,
    /// Whether log records are exported.
    pub has_log_records: bool,
    /// Whether log records have attributes of the current span.
    pub describes_log_records: bool,
    /// The share of the roots, or of all spans, that is sampled.
    pub ratio: f64,
    /// Whether a child inherits its parent's decision. Otherwise the sampler decides for each span.
    pub is_parent_based: bool,
    /// Rules in order: the first matching `Off` or `Sample` decides; a matching `Keep` only disables later `Off` rules.
    pub rules: Arc<[Rule]>,
    /// Whether the tail sampler needs spans that the head does not sample.
    pub needs_unsampled: bool,
    /// Whether metrics are made from the calls of functions with `#[traced(metrics)]`.
    pub measures: bool,
    /// Keys of baggage whose values become attributes.
    pub baggage: Vec<String>,
    /// Whether only the first span of a trace on a thread has a `Context`.
    pub has_boundaries: bool,
    /// The limit for the buffers of all threads and their content, in bytes.
    pub buffered_bytes: usize,
    /// The limit for the attributes of a span. The collector applies lower limits.
    pub attributes: usize,
    /// The provider's limit for the characters of a text. Twice as many bytes, or 1 MiB if that is more, may be copied
    /// into a span.
    pub text_bytes: usize,
}

struct InUse {
    /// The sampling of the latest provider; `None` after its shutdown.
    sampling: Option<Sampling>,
    /// Whether a provider of this process writes log lines, which contain ids.
    has_log_lines: bool,
}

/// Locked while settings change, but never when a span starts or ends.
static IN_USE: Mutex<InUse> = Mutex::new(InUse { sampling: None, has_log_lines: false });

/// A sampler of the program, see [`Sampling::start`].
pub(in crate::recorder) type Sampler =
    dyn Fn(&mut SpanRecord, &Context) -> Option<bool> + Send + Sync;

impl Sampling {
    /// Suppresses the report about lost spans, because the program has disabled its provider.
    pub fn expect_none() {
        listeners::expect_no_provider();
    }

    /// Calls `report` at the first span that is not recorded for want of a receiver or a provider.
    pub fn report_first_loss(report: fn()) {
        lost::set_report(report);
        listeners::report_loss();
    }

    /// Whether spans are recorded, or the first lost span is not reported yet.
    pub fn is_awaiting() -> bool {
        !listeners::has(UNRECORDED) || listeners::has(UNREPORTED)
    }

    /// Gives ids to roots from now on, even if no exporter receives spans, because log lines carry the ids.
    pub fn make_ids() {
        let mut in_use = lock(&IN_USE);
        in_use.has_log_lines = true;
        if let Some(sampling) = &in_use.sampling {
            let is_reported_later = listeners::has(UNREPORTED);
            listeners::set_provider(in_use.facts(sampling));
            if is_reported_later {
                listeners::report_loss();
            }
        }
    }

    /// Stops recording for the provider.
    pub fn stop() {
        let mut in_use = lock(&IN_USE);
        // A provider that could not be initialized has recorded nothing.
        if in_use.sampling.take().is_some() {
            listeners::set(SHUT_DOWN);
        }

        listeners::set_provider(0);
        replace_sampler(None);
    }

    /// Returns the number of sampled spans of the process that are open.
    pub fn open_spans() -> u64 {
        recording::open_spans()
    }
}

pub(in crate::recorder) fn start_provider(sampling: Sampling, sampler: Option<Arc<Sampler>>) {
    fork_handlers::watch();
    last_panic::observe();
    let mut in_use = lock(&IN_USE);
    limit_buffered(sampling.buffered_bytes);
    limit_attributes(sampling.attributes);
    limit_text(sampling.text_bytes);
    replace_sampler(sampler);
    settings::install(compile(&sampling));
    // Set last, so that no span is recorded before all settings are applied.
    listeners::set_provider(in_use.facts(&sampling));
    in_use.sampling = Some(sampling);
    listeners::clear(SHUT_DOWN | INHERITED);
}

fn compile(sampling: &Sampling) -> Settings {
    Settings {
        generation: 0,
        ratio: Ratio::new(sampling.ratio),
        rules: Arc::clone(&sampling.rules),
        baggage: sampling.baggage.iter().cloned().map(Key::from).collect(),
    }
}

impl InUse {
    fn facts(&self, sampling: &Sampling) -> Facts {
        let has_sampler = sampler().is_some();
        let is_parent_based = sampling.is_parent_based && !has_sampler;
        let recorded = [
            (LOGGED, sampling.describes_log_records),
            (PER_SPAN, !is_parent_based),
            (TAIL, sampling.needs_unsampled),
            // A sampler that decides for each span may give each span its own trace state.
            (BOUNDARIES, sampling.has_boundaries && is_parent_based),
            (BAGGAGE, !sampling.baggage.is_empty()),
        ];
        let unrecorded =
            [(UNRECORDED, true), (IDS, sampling.has_log_records || self.has_log_lines)];
        let own: &[_] = if sampling.is_recorded { &recorded } else { &unrecorded };
        let facts = all(own) | all(&[(MEASURES, sampling.measures)]);
        if facts == UNRECORDED {
            return facts;
        }

        let turns_off = sampling.rules.iter().any(|rule| matches!(rule.then, Then::Off));
        facts | all(&[(PROVIDER, true), (CUSTOM, has_sampler), (RULES, turns_off)])
    }
}

fn all(facts: &[(Facts, bool)]) -> Facts {
    let set = facts.iter().filter(|(_, is_set)| *is_set);
    set.fold(0, |all, (bit, _)| all | bit)
}

static SAMPLER: RwLock<Option<Arc<Sampler>>> = RwLock::new(None);

thread_local! {
    /// Whether the program's sampler is deciding on this thread. Meanwhile, calls on this thread have no spans, because
    /// their decisions would recurse, and because no `Context` can be attached while OpenTelemetry's API lends one.
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
}

fn replace_sampler(sampler: Option<Arc<Sampler>>) {
    let mut slot = SAMPLER.write().unwrap_or_else(PoisonError::into_inner);
    let previous = std::mem::replace(&mut *slot, sampler);
    drop(slot);
    // The sampler's destructor is code of the program.
    let _ = caught(|| drop(previous));
}

/// Returns the sampler. The lock is not held while the sampler decides.
fn sampler() -> Option<Arc<Sampler>> {
    SAMPLER.read().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(super) fn is_asking() -> bool {
    IS_ASKING.get()
}

/// Decides for a root without a call site by the rules, if the program has no sampler.
fn by_rules(record: &SpanRecord) -> Option<bool> {
    let subject = Subject::of_record(record);
    let sampled = local::with(|local| {
        local.settings.get().sample(record.head.trace_id, true, None, Some(&subject))
    });

    (!matches!(sampled, Some(Sampled::No))).then_some(true)
}

pub(super) fn ask(record: &mut SpanRecord, parent: &Context) -> Option<bool> {
    let Some(sampler) = sampler() else {
        return by_rules(record);
    };
    IS_ASKING.set(true);
    let decision = caught(|| sampler(record, parent));
    IS_ASKING.set(false);
    if decision.is_err() {
        lost::add(&LOST.decisions);
    }

    decision.unwrap_or_default()
}
