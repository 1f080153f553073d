//! A finished span as every exporter sees it: safe, with wall-clock times, and with what was too
//! dear for the hot path stamped on it.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::{InstrumentationScope, KeyValue};
use rustc_hash::{FxHashMap, FxHashSet};

use super::redact::{Redactor, Seen};
use super::stamps::{Own, Stamps};
use super::{limits, panics};
use crate::attributes::ToAttributeValue;
use crate::callsite::{CallSite, Scope};
use crate::clock::{UnixNanos, WallClock};
use crate::config::{ErrorsConfig, SpanLimits};
use crate::keys;
use crate::recorder::{Origin, SpanRecord};

/// A finished span, ready to be turned into whatever an exporter takes.
#[derive(Debug)]
pub(crate) struct EnrichedSpan<'a> {
    /// Redacted; no key occurs twice.
    pub(crate) record: &'a SpanRecord,
    pub(crate) name: &'a str,
    pub(crate) start: UnixNanos,
    pub(crate) end: UnixNanos,
    site: &'a Site,
    process: &'a Stamps,
}

/// What all spans of one place in the source have in common.
#[derive(Debug)]
struct Site {
    name: Cow<'static, str>,
    code: Stamps,
    scope: Arc<InstrumentationScope>,
    seen: Seen,
}

/// The places seen so far. There are as many as there are call sites and scopes in the program.
#[derive(Debug, Default)]
pub(crate) struct Enricher {
    places: FxHashMap<Place, Site>,
    /// The sites of tracers of the OpenTelemetry API, by their scope as it was given.
    api_scopes: FxHashMap<Arc<InstrumentationScope>, Site>,
    /// The scopes of all sites, redacted, each once: exporters group spans by the address.
    scopes: FxHashSet<Arc<InstrumentationScope>>,
    redactor: Redactor,
    limits: SpanLimits,
    errors: ErrorsConfig,
}

/// Scopes that are remembered. A program has far fewer, unless it makes them up as it goes.
const MAX_SCOPES: usize = 1024;

impl EnrichedSpan<'_> {
    /// The attributes that are added to the span: its place in the source and the attributes of the
    /// process. The span's own attributes win.
    pub(super) fn stamps(&self) -> impl Iterator<Item = &KeyValue> {
        let own = Own::of(self.record.attributes.as_slice());
        let code = self.site.code.besides(own);
        code.chain(self.process.besides(own))
    }

    /// The instrumentation scope, redacted. Spans of equal scopes share it.
    pub(crate) fn scope(&self) -> &Arc<InstrumentationScope> {
        &self.site.scope
    }

    /// The same as fields of an OTLP span.
    #[cfg(feature = "_otlp")]
    pub(crate) fn write_stamps(&self, out: &mut Vec<u8>) {
        let own = Own::of(self.record.attributes.as_slice());
        self.site.code.write_besides(own, out);
        self.process.write_besides(own, out);
    }
}

impl Enricher {
    pub(crate) fn new(redactor: Redactor, limits: SpanLimits, errors: ErrorsConfig) -> Self {
        Self {
            redactor,
            limits,
            errors,
            ..Self::default()
        }
    }

    /// Makes the span safe, in its place, and puts to it what it lacks.
    pub(crate) fn prepare<'a>(
        &'a mut self,
        record: &'a mut SpanRecord,
        clock: &WallClock,
        process: &'a Stamps,
    ) -> EnrichedSpan<'a> {
        // Baggage belongs to the request, so it wins over the attributes of the process.
        let baggage = record.more.as_mut().and_then(|more| more.baggage.take());
        if let Some(baggage) = baggage {
            adopt(record, &baggage);
        }
        record.attributes.make_distinct();
        let redactor = &mut self.redactor;
        let scopes = &mut self.scopes;
        let site = if let Origin::Api(scope) = record.origin() {
            if self.api_scopes.len() >= MAX_SCOPES && !self.api_scopes.contains_key(scope) {
                self.api_scopes.clear();
                scopes.clear();
            }
            let site = self.api_scopes.entry(Arc::clone(scope));
            site.or_insert_with(|| Site::of_api(scope, redactor, scopes))
        } else {
            let site = self.places.entry(Place::of(record));
            site.or_insert_with(|| Site::of(record, redactor, scopes))
        };
        if !self.errors.panic_messages {
            panics::silence(record);
        }
        redactor.record(record, &mut site.seen);
        limits::apply(&self.limits, record);
        let record = &*record;
        let more = record.more.as_deref();
        let said_start = more.and_then(|more| more.start);
        let said_end = more.and_then(|more| more.end);
        EnrichedSpan {
            name: record.name().unwrap_or(&site.name),
            start: said_start.map_or_else(|| clock.unix(record.head.start), Into::into),
            end: said_end.map_or_else(|| clock.unix(record.head.end), Into::into),
            record,
            site,
            process,
        }
    }
}

/// Sets the attributes that the span does not have.
fn adopt(record: &mut SpanRecord, attributes: &[KeyValue]) {
    for KeyValue { key, value, .. } in attributes {
        let is_new = record
            .attributes
            .as_slice()
            .iter()
            .all(|said| said.key != *key);
        if let (true, Some(value)) = (is_new, value.to_attribute_value()) {
            record.attributes.push(key.clone(), value);
        }
    }
}

/// Call sites, locations and scopes are statics, so their addresses identify them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    at: usize,
    /// Of a tracer whose span was started there.
    scope: usize,
}

impl Place {
    fn of(record: &SpanRecord) -> Self {
        let scope = builder(record).and_then(|(scope, _)| scope);
        let at = match (record.head.callsite, builder(record)) {
            (Some(callsite), _) => std::ptr::from_ref(callsite).addr(),
            (None, Some((_, location))) => std::ptr::from_ref(location).addr(),
            (None, None) => 0,
        };
        Self {
            at,
            scope: scope.map_or(0, |scope| std::ptr::from_ref(scope).addr()),
        }
    }
}

fn builder(record: &SpanRecord) -> Option<(Option<&'static Scope>, &'static Location<'static>)> {
    match *record.origin() {
        Origin::Builder { scope, location } => Some((scope, location)),
        Origin::CallSite | Origin::Api(_) => None,
    }
}

/// The one among `scopes` that is equal, or `scope` as a new one.
fn shared(
    scope: InstrumentationScope,
    scopes: &mut FxHashSet<Arc<InstrumentationScope>>,
) -> Arc<InstrumentationScope> {
    if let Some(known) = scopes.get(&scope) {
        return Arc::clone(known);
    }
    let scope = Arc::new(scope);
    scopes.insert(Arc::clone(&scope));
    scope
}

/// The function, or for a span of `tracing`, which knows of none, its target.
fn from(site: &CallSite) -> KeyValue {
    if !site.is_function() {
        return KeyValue::new(keys::TARGET, site.module());
    }
    let function = format!("{}::{}", site.module(), site.function());
    KeyValue::new(keys::CODE_FUNCTION_NAME, function)
}

impl Site {
    fn of_api(
        scope: &InstrumentationScope,
        redactor: &mut Redactor,
        scopes: &mut FxHashSet<Arc<InstrumentationScope>>,
    ) -> Self {
        Self {
            name: Cow::Borrowed(""),
            code: Stamps::default(),
            scope: shared(redactor.scope(scope), scopes),
            seen: Seen::default(),
        }
    }

    fn of(
        record: &SpanRecord,
        redactor: &mut Redactor,
        scopes: &mut FxHashSet<Arc<InstrumentationScope>>,
    ) -> Self {
        let (name, from, file, line) = match (record.head.callsite, builder(record)) {
            (Some(site), _) => (site.name(), Some(from(site)), site.file(), site.line()),
            (None, Some((_, location))) => ("", None, location.file(), location.line()),
            (None, None) => ("", None, "", 0),
        };
        let (scope, version) = match (record.head.callsite, builder(record)) {
            (Some(site), _) => (site.scope_name(), site.scope_version()),
            (None, Some((Some(scope), _))) => (scope.name(), scope.version()),
            (None, Some((None, _)) | None) => ("", None),
        };
        let file = (!file.is_empty()).then(|| KeyValue::new(keys::CODE_FILE_PATH, file));
        let line = (line > 0).then(|| KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
        let code = from.into_iter().chain(file).chain(line);
        Self {
            name: redactor
                .redaction
                .text(name)
                .map_or(Cow::Borrowed(name), Cow::Owned),
            code: Stamps::new(code, redactor),
            scope: shared(redactor.static_scope(scope, version), scopes),
            seen: Seen::default(),
        }
    }
}
