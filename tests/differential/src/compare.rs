//! Runs programs with both libraries, and compares the exported spans.

use floe_tests::TIMEOUT;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use floe_telemetry::TelemetryProvider;
use floe_telemetry::exporter::MemoryExporter;
use opentelemetry::trace::{SpanContext, TracerProvider};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, SdkTracerProvider, SpanData};

use crate::differences;
use crate::program::{Case, Program, Settings};
use crate::run::{Run, run};
use crate::text::lines;

/// Runs the programs of a case with both libraries.
///
/// # Errors
///
/// The exported spans or the observations of the libraries differ, or a span is not counted. Only one error is named.
pub fn compare(case: &Case) -> Result<()> {
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(differences::config(&case.settings))
        .with_span_exporter(memory.clone())
        .initialize()?;
    let runs = run_ours(case);
    telemetry.shutdown(TIMEOUT)?;
    let exported = memory.spans();
    let counted = telemetry.statistics();
    ensure!(
        counted.exported == exported.len() as u64 && counted.collected == counted.exported,
        "{} spans were exported, but the counters are {counted:?}",
        exported.len()
    );

    let mut exported = by_program(&runs, exported)?;
    // One provider for programs that number their keys, and one for others.
    let sdks = [true, false].map(|numbers_keys| Sdk::new(&case.settings, numbers_keys));
    for (number, (program, ours)) in case.programs.iter().zip(&runs).enumerate() {
        let sdk = &sdks[usize::from(!program.numbers_keys)];
        let (theirs, expected) = sdk.run(program, &ours.contexts, case.settings.attributes);
        let found = exported.remove(&number).unwrap_or_default();
        let in_program = || format!("program {number}");
        same(&theirs.observations, &ours.observations).with_context(in_program)?;
        let of = |spans: &[SpanData]| spans.iter().flat_map(lines).collect::<Vec<_>>();
        same(&of(&expected), &of(&in_order(ours, found))).with_context(in_program)?;
    }

    Ok(())
}

fn run_ours(case: &Case) -> Vec<Run> {
    let tracers = tracers(&TelemetryProvider::tracer_provider());
    let programs = case.programs.iter();
    programs.map(|program| run(program, &tracers, &mut |_| {})).collect()
}

fn tracers<P: TracerProvider>(provider: &P) -> [P::Tracer; 3] {
    let complete = InstrumentationScope::builder("complete")
        .with_version("1.2.3")
        .with_schema_url("https://opentelemetry.io/schemas/1.30.0")
        .with_attributes([KeyValue::new("team", "data"), KeyValue::new("tier", 2)])
        .build();
    [provider.tracer("plain"), provider.tracer_with_scope(complete), provider.tracer("other")]
}

fn by_program(runs: &[Run], spans: Vec<SpanData>) -> Result<HashMap<usize, Vec<SpanData>>> {
    let mut programs = HashMap::new();
    for (number, run) in runs.iter().enumerate() {
        for context in &run.contexts {
            let known = programs.insert((context.trace_id(), context.span_id()), number);
            ensure!(known.is_none(), "two spans have the id {context:?}");
        }
    }

    let mut found: HashMap<usize, Vec<_>> = HashMap::new();
    for span in spans {
        let context = &span.span_context;
        let number = programs
            .get(&(context.trace_id(), context.span_id()))
            .with_context(|| format!("no program has started {context:?}"))?;
        found.entry(*number).or_default().push(span);
    }

    Ok(found)
}

fn in_order(run: &Run, mut spans: Vec<SpanData>) -> Vec<SpanData> {
    let id = |context: &SpanContext| (context.trace_id(), context.span_id());
    spans.sort_by_key(|span| {
        let is_same = |context: &SpanContext| id(context) == id(&span.span_context);
        run.contexts.iter().position(is_same)
    });
    spans
}

fn same(expected: &[String], found: &[String]) -> Result<()> {
    if let Some((one, other)) = expected.iter().zip(found).find(|(one, other)| one != other) {
        bail!("SDK:  {one}\nours: {other}");
    }

    let expected = expected.len();
    let found = found.len();
    ensure!(expected == found, "expected {expected} lines as of the SDK, found {found}");
    Ok(())
}

/// A provider of OpenTelemetry's SDK, with its exporter and its source of ids.
struct Sdk {
    provider: SdkTracerProvider,
    memory: MemoryExporter,
    ids: Ids,
}

impl Sdk {
    fn new(settings: &Settings, numbers_keys: bool) -> Self {
        let memory = MemoryExporter::new();
        let ids = Ids::default();
        let provider = SdkTracerProvider::builder()
            .with_sampler(differences::sampler(settings))
            .with_span_limits(differences::limits(settings.attributes, numbers_keys))
            .with_id_generator(ids.clone())
            .with_simple_exporter(memory.clone())
            .build();
        Self { provider, memory, ids }
    }

    fn run(&self, program: &Program, ids: &[SpanContext], attributes: u32) -> (Run, Vec<SpanData>) {
        let before = self.memory.spans().len();
        let run = run(program, &tracers(&self.provider), &mut |number| {
            self.ids.set(ids.get(number));
        });

        let spans = in_order(&run, self.memory.spans().split_off(before))
            .into_iter()
            .map(|span| differences::adjusted(span, attributes, program.numbers_keys))
            .collect();
        (run, spans)
    }
}

/// Gives the SDK's spans the ids of ours, so that both libraries sample alike, and ids can be compared.
#[derive(Clone, Debug)]
struct Ids(Arc<Mutex<(TraceId, SpanId)>>);

impl Default for Ids {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((TraceId::INVALID, SpanId::INVALID))))
    }
}

impl Ids {
    fn set(&self, context: Option<&SpanContext>) {
        let ids = context.map(|context| (context.trace_id(), context.span_id()));
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *next = ids.unwrap_or((TraceId::INVALID, SpanId::INVALID));
    }

    fn get(&self) -> (TraceId, SpanId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        self.get().0
    }

    fn new_span_id(&self) -> SpanId {
        self.get().1
    }
}
