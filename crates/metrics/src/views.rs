//! Applies the views of the configuration and of the program, and default limits and buckets to all other metrics.
//! OpenTelemetry's SDK calls the views while it builds an instrument.

use std::borrow::Cow;
use std::sync::Arc;

use floe_telemetry_sdk::__parts::metrics::ProgramView;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::{Instrument, InstrumentKind, MeterProviderBuilder, Stream};

use crate::caught::caught;
use floe_telemetry_core::keys;
use floe_telemetry_sdk::config::{
    ConfiguredView, HistogramKind, MetricsConfig, Selection, ViewedInstrument,
};

/// The keys of the attributes of the library's own metrics.
const OWN_KEYS: [&str; 8] = [
    keys::SPAN_NAME,
    keys::COMPONENT,
    keys::SPAN_KIND,
    keys::STATUS_CODE,
    "cpu.mode",
    "error.type",
    "otel.component.name",
    "otel.component.type",
];

/// Returns the scope of the library's own metrics.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("floe.telemetry").with_version(env!("CARGO_PKG_VERSION")).build()
}

pub(super) struct Views {
    config: MetricsConfig,
    of_program: Vec<ProgramView>,
}

impl Views {
    pub(super) fn new(config: &MetricsConfig, of_program: Vec<ProgramView>) -> Arc<Self> {
        Arc::new(Self { config: config.clone(), of_program })
    }

    pub(super) fn apply(
        self: &Arc<Self>,
        mut builder: MeterProviderBuilder,
    ) -> MeterProviderBuilder {
        for at in 0..self.config.views.len() {
            let views = Arc::clone(self);
            builder = builder.with_view(move |instrument: &Instrument| {
                let view = &views.config.views[at];
                view.selects(viewed(instrument)).then(|| views.of_file(view, instrument))?
            });
        }

        for at in 0..self.of_program.len() {
            let views = Arc::clone(self);
            builder =
                builder.with_view(move |instrument: &Instrument| views.of_program(at, instrument));
        }

        let views = Arc::clone(self);
        builder.with_view(move |instrument: &Instrument| views.other(instrument))
    }

    /// Returns the stream of a view of the configuration. The keys of the library's own metrics are known, so the SDK
    /// can apply each selection of them.
    fn of_file(&self, view: &ConfiguredView, instrument: &Instrument) -> Option<Stream> {
        let mut view = view.clone();
        if *instrument.scope() == scope() {
            let kept = OWN_KEYS.iter().filter(|key| view.attributes.selects(key));
            let included = Some(kept.map(|key| (*key).to_owned()).collect());
            view.attributes = Selection { included, ..Selection::default() };
        }

        self.stream(&view, instrument.kind())
    }

    fn stream(&self, view: &ConfiguredView, kind: InstrumentKind) -> Option<Stream> {
        view.stream(self.is_exponential(kind).then_some(ConfiguredView::EXPONENTIAL)).ok()
    }

    /// Returns the stream of a view of the program. A panic of the view must not reach the code that builds an
    /// instrument.
    fn of_program(&self, at: usize, instrument: &Instrument) -> Option<Stream> {
        caught(|| (self.of_program[at])(instrument)).ok().flatten()
    }

    /// Returns the stream of an instrument that no view selects, and otherwise `None`.
    fn other(&self, instrument: &Instrument) -> Option<Stream> {
        let mut of_program = 0..self.of_program.len();
        if self.selecting(viewed(instrument)).next().is_some()
            || of_program.any(|at| self.of_program(at, instrument).is_some())
        {
            return None;
        }

        self.stream(&ConfiguredView::default(), instrument.kind())
    }

    fn is_exponential(&self, kind: InstrumentKind) -> bool {
        kind == InstrumentKind::Histogram && self.config.histograms == HistogramKind::Exponential
    }

    /// Returns the known names of an instrument's metrics. The views of the program may give them further names.
    pub(super) fn names<'a>(&'a self, instrument: ViewedInstrument<'a>) -> Vec<Cow<'a, str>> {
        let renamed = self.selecting(instrument).filter_map(|view| view.name.as_deref());
        std::iter::once(instrument.name).chain(renamed).map(Cow::Borrowed).collect()
    }

    /// Returns the selections of keys that the SDK cannot apply. They apply to all metrics of the instrument.
    pub(super) fn selections(&self, instrument: ViewedInstrument<'_>) -> Vec<Selection> {
        let selections = self.selecting(instrument).map(|view| &view.attributes);
        let own = selections.filter(|it| it.names().is_none() && **it != Selection::default());
        own.cloned().collect()
    }

    fn selecting<'a>(
        &'a self,
        instrument: ViewedInstrument<'a>,
    ) -> impl Iterator<Item = &'a ConfiguredView> {
        self.config.views.iter().filter(move |view| view.selects(instrument))
    }

    /// Returns the boundaries of the buckets that keep one exemplar each; empty without fixed buckets.
    pub(super) fn boundaries(&self, kind: InstrumentKind, advised: Option<&[f64]>) -> Vec<f64> {
        if kind != InstrumentKind::Histogram || self.is_exponential(kind) {
            return Vec::new();
        }

        advised.unwrap_or(&ConfiguredView::BOUNDARIES).to_vec()
    }
}

fn viewed(instrument: &Instrument) -> ViewedInstrument<'_> {
    ViewedInstrument {
        name: instrument.name(),
        kind: instrument.kind(),
        unit: instrument.unit(),
        scope: instrument.scope(),
    }
}
