//! Enriches finished spans: adds wall-clock times, the code location, the instrumentation scope and the attributes of
//! the process, and redacts and limits the span.
//!
//! The name and the version of a span's instrumentation scope are in a static of its call site or of `tracer!`. The
//! span carries only the address of this static, so that the traced thread need not create the scope. The scope is
//! created here, once per source location. Only spans of the OpenTelemetry API carry a complete scope.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::{InstrumentationScope, KeyValue};
use rustc_hash::{FxHashMap, FxHashSet};

use super::limits;
use super::redact::{Redactor, SiteKeys};
use super::shared_attributes::{OwnAttributes, SharedAttributes};
use crate::attributes::ToAttributeValue;
use crate::callsite::{CallSite, Scope};
use crate::clock::{UnixNanos, WallClock};
use crate::config::SpanLimits;
use crate::keys;
use crate::recorder::{Origin, SpanRecord};

/// A finished span, ready to be converted to the format of an exporter.
#[derive(Clone, Copy, Debug)]
pub struct EnrichedSpan<'a> {
    /// The redacted data of the span, with distinct attribute keys.
    pub record: &'a SpanRecord,
    /// The redacted name of the span.
    pub name: &'a str,
    /// The start of the span.
    pub start: UnixNanos,
    /// The end of the span.
    pub end: UnixNanos,
    site: &'a Site,
    process: &'a SharedAttributes,
    /// The number of attributes of the source location that the limit still allows.
    room: usize,
}

/// The data that all spans of one source location, or of one scope of the OpenTelemetry API, share.
#[derive(Debug)]
struct Site {
    name: Cow<'static, str>,
    /// The target, and `code.*` unless the configuration omits these attributes.
    location: SharedAttributes,
    scope: Arc<InstrumentationScope>,
    keys: SiteKeys,
}

/// Enriches spans, and caches the data that the spans of one source location share.
#[derive(Debug, Default)]
pub struct Enricher {
    sites: FxHashMap<SourceLocation, Site>,
    /// The sites of spans from tracers of the OpenTelemetry API, by the unredacted scope.
    api_scopes: FxHashMap<ScopeKey, Site>,
    /// The redacted scopes of all sites. Equal scopes share one allocation, because exporters group spans by the
    /// address of the scope.
    scopes: FxHashSet<ScopeKey>,
    redactor: Redactor,
    limits: SpanLimits,
    /// Whether `code.*` attributes are left out.
    omits_code: bool,
}

/// A scope as a key. Attributes in another order make another key, because the comparison of OpenTelemetry's API sorts
/// copies of them.
#[derive(Clone, Debug)]
struct ScopeKey(Arc<InstrumentationScope>);

impl ScopeKey {
    fn texts(&self) -> (&str, Option<&str>, Option<&str>) {
        (self.0.name(), self.0.version(), self.0.schema_url())
    }
}

impl PartialEq for ScopeKey {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts() && self.0.attributes().eq(other.0.attributes())
    }
}

impl Eq for ScopeKey {}

impl Hash for ScopeKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.texts().hash(state);
        self.0.attributes().for_each(|attribute| attribute.hash(state));
    }
}

/// The maximum number of cached scopes of the OpenTelemetry API. Only programs that generate names have so many.
const MAX_SCOPES: usize = 1024;

impl EnrichedSpan<'_> {
    /// Returns the attributes of the source location, within the limit, and of the process, except for keys that the
    /// span sets itself. No key is in both groups.
    pub(super) fn shared_attributes(&self) -> impl Iterator<Item = &KeyValue> {
        let own = OwnAttributes::of(self.record.attributes.as_slice());
        let location = self.site.location.not_set_by(own).take(self.room);
        location.chain(self.process.not_set_by(own))
    }

    /// Returns the redacted instrumentation scope. Spans of equal scopes share one allocation.
    pub fn scope(&self) -> &Arc<InstrumentationScope> {
        &self.site.scope
    }

    /// Encodes the attributes of `shared_attributes` as fields of an OTLP span, and appends them to `out`.
    #[inline]
    pub fn write_shared_attributes(&self, out: &mut Vec<u8>) {
        let own = OwnAttributes::of(self.record.attributes.as_slice());
        self.site.location.write_not_set_by(own, self.room, out);
        self.process.write_not_set_by(own, usize::MAX, out);
    }
}

impl Enricher {
    pub(super) fn new(redactor: Redactor, limits: SpanLimits, omits_code: bool) -> Self {
        Self { redactor, limits, omits_code, ..Self::default() }
    }

    /// Enriches and redacts the span in place.
    // Not inlined, because `--bin instructions` counts the instructions of this function.
    #[inline(never)]
    pub fn enrich<'a>(
        &'a mut self,
        record: &'a mut SpanRecord,
        clock: &WallClock,
        process: &'a SharedAttributes,
    ) -> EnrichedSpan<'a> {
        add_baggage(record);
        let redactor = &mut self.redactor;
        let scopes = &mut self.scopes;
        let site = if let Origin::Api(scope) = record.origin() {
            let key = ScopeKey(Arc::clone(scope));
            if self.api_scopes.len() >= MAX_SCOPES && !self.api_scopes.contains_key(&key) {
                self.api_scopes.clear();
                scopes.clear();
            }

            let site = self.api_scopes.entry(key);
            site.or_insert_with(|| Site::of_api(scope, redactor, scopes))
        } else {
            let site = self.sites.entry(SourceLocation::of(record));
            let omits_code = self.omits_code;
            site.or_insert_with(|| Site::of(record, redactor, scopes, process, omits_code))
        };
        redactor.record(record, &mut site.keys);
        let attributes = record.attributes.as_slice().len();
        let are_keys_valid = site.keys.are_valid(attributes);
        if limits::apply(&self.limits, record, are_keys_valid) && !are_keys_valid {
            site.keys.set_valid(attributes);
        }
        let record = &*record;
        let more = record.more.as_deref();
        let api_start = more.and_then(|more| more.start);
        let api_end = more.and_then(|more| more.end);
        let start = api_start.map_or_else(|| clock.unix(record.head.start), Into::into);
        let end = match (api_start, api_end) {
            (_, Some(end)) => end.into(),
            (Some(_), None) => clock.unix(record.head.end),
            // The duration is added to the start, because both times of a clock before 1970 would be 0.
            (None, None) => start.after(clock.duration(record.head.start, record.head.end)),
        };
        EnrichedSpan {
            name: record.name().unwrap_or(&site.name),
            start,
            // An end that was set through the API may precede the start, and backends subtract the two as unsigned
            // numbers.
            end: end.max(start),
            room: limits::size(self.limits.attribute_count)
                .saturating_sub(record.attributes.as_slice().len() + process.len()),
            record,
            site,
            process,
        }
    }
}

/// Moves the baggage of a span into its attributes, except for keys that the span sets itself. Baggage takes precedence
/// over attributes of the process, because it belongs to the request.
pub(super) fn add_baggage(record: &mut SpanRecord) {
    let Some(baggage) = record.more.as_mut().and_then(|more| more.baggage.take()) else {
        return;
    };
    for KeyValue { key, value, .. } in &*baggage {
        let is_new = record.attributes.as_slice().iter().all(|own| own.key != *key);
        if let (true, Some(value)) = (is_new, value.to_attribute_value()) {
            record.attributes.push(key.clone(), value);
        }
    }
}

/// Identifies the source location of a span by addresses, because call sites, locations and scopes are statics.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SourceLocation {
    /// The address of the call site or of the `Location`; 0 without either.
    at: usize,
    /// The address of the scope of the tracer that started the span; 0 without such a scope.
    scope: usize,
}

impl SourceLocation {
    fn of(record: &SpanRecord) -> Self {
        let scope = builder(record).and_then(|(scope, _)| scope);
        let at = match (record.head.callsite, builder(record)) {
            (Some(callsite), _) => std::ptr::from_ref(callsite).addr(),
            (None, Some((_, location))) => std::ptr::from_ref(location).addr(),
            (None, None) => 0,
        };
        Self { at, scope: scope.map_or(0, |scope| std::ptr::from_ref(scope).addr()) }
    }
}

/// Returns the scope and the source location of a span that a span builder started; `None` for other spans.
fn builder(record: &SpanRecord) -> Option<(Option<&'static Scope>, &'static Location<'static>)> {
    match *record.origin() {
        Origin::Builder { scope, location, .. } => Some((scope, location)),
        Origin::CallSite | Origin::Api(_) => None,
    }
}

/// Returns the scope in `scopes` that equals `scope`, which is added if there is none.
fn shared(
    scope: InstrumentationScope,
    scopes: &mut FxHashSet<ScopeKey>,
) -> Arc<InstrumentationScope> {
    let key = ScopeKey(Arc::new(scope));
    if let Some(known) = scopes.get(&key) {
        return Arc::clone(&known.0);
    }

    scopes.insert(key.clone());
    key.0
}

impl Site {
    fn of_api(
        scope: &InstrumentationScope,
        redactor: &mut Redactor,
        scopes: &mut FxHashSet<ScopeKey>,
    ) -> Self {
        Self {
            name: Cow::Borrowed(""),
            location: SharedAttributes::default(),
            scope: shared(redactor.scope(scope), scopes),
            keys: SiteKeys::default(),
        }
    }

    fn of(
        record: &SpanRecord,
        redactor: &mut Redactor,
        scopes: &mut FxHashSet<ScopeKey>,
        process: &SharedAttributes,
        omits_code: bool,
    ) -> Self {
        let (name, function, file, line) = match (record.head.callsite, builder(record)) {
            (Some(site), _) => (
                site.name(),
                site.function_or_module(),
                site.location().file(),
                site.location().line(),
            ),
            (None, Some((_, location))) => ("", None, location.file(), location.line()),
            (None, None) => ("", None, "", 0),
        };
        let file = (!file.is_empty()).then(|| KeyValue::new(keys::CODE_FILE_PATH, file));
        let line = (line > 0).then(|| KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
        let target = record
            .head
            .callsite
            .and_then(CallSite::tracing_target)
            .map(|target| KeyValue::new(keys::TARGET, target));
        // Attributes that the configuration sets for every span take precedence over those of the call site.
        let is_new = |attribute: &KeyValue| !process.sets(&attribute.key);
        let code = function.into_iter().chain(file).chain(line).filter(|_| !omits_code);
        let location = target.into_iter().chain(code).filter(is_new);
        Self {
            name: redactor.redaction.text(name).map_or(Cow::Borrowed(name), Cow::Owned),
            location: SharedAttributes::new(location, redactor),
            scope: shared(redactor.scope(&record.declared_scope()), scopes),
            keys: SiteKeys::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use std::time::Duration;

    use super::*;
    use crate::attributes::AttributeValue;
    use crate::clock::Ticks;

    fn record(keys: &[String]) -> SpanRecord {
        let mut record = SpanRecord::blank();
        for (key, number) in keys.iter().zip(0..) {
            let value = AttributeValue::I64(number);
            record.attributes.push(key.clone().into(), value);
        }
        record
    }

    #[test]
    fn a_span_before_1970_has_its_duration() {
        let mut record = record(&[]);
        record.head.start = Ticks::now();
        record.head.end = loop {
            let now = Ticks::now();
            if now.since(record.head.start) >= Duration::from_micros(10) {
                break now;
            }
        };
        let clock = WallClock::before_1970();
        let expected = record.duration(&clock);
        let process = SharedAttributes::default();
        let mut enricher = Enricher::default();
        let span = enricher.enrich(&mut record, &clock, &process);
        let start = Duration::from_nanos(span.start.0);
        let end = Duration::from_nanos(span.end.0);
        assert_eq!((start, end), (Duration::ZERO, expected));
        assert!(expected > Duration::from_micros(9), "{expected:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_cache_of_a_site_does_not_change_its_spans(
            spans in vec(vec("[a-c]{0,2}|password|k{1030}", 0..20), 1..10),
            limit in 0..20_u32,
        ) {
            let limits = SpanLimits { attribute_count: limit, ..SpanLimits::default() };
            let enricher = || Enricher { limits, ..Enricher::default() };
            let clock = WallClock::default();
            let process = SharedAttributes::default();
            let mut known = enricher();
            for keys in spans {
                // The first span fills the cache, and the second span uses it.
                for _ in 0..2 {
                    let mut cached = record(&keys);
                    let mut new = record(&keys);
                    known.enrich(&mut cached, &clock, &process);
                    enricher().enrich(&mut new, &clock, &process);
                    prop_assert_eq!(&cached.attributes, &new.attributes);
                }
            }
        }
    }
}
