//! Lineage events.

use std::time::SystemTime;

use floe_telemetry::FloeAttributes;
use floe_telemetry::metrics::Metric;
use floe_telemetry::opentelemetry::KeyValue;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::{Lifecycle, caught};
use crate::operation::operation;
pub use crate::operation::operation_span as lineage_span;
use crate::table::{Column, ColumnType};
use crate::timestamp::rfc3339;

/// An `OpenLineage` event.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
pub struct Lineage<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The name of the job.
    pub job_name: Option<&'a str>,
    /// The state of the run, for example `COMPLETE`.
    pub event_type: Option<&'a str>,
    /// The namespace of the job.
    pub namespace: Option<&'a str>,
    /// The id of the run.
    pub run_id: Option<&'a str>,
}

operation!("lineage", Lineage.operation);

/// A backend that stores lineage.
pub trait LineageBackend: Lifecycle {
    /// Stores an event. [`RunEvent::to_json`] returns it in the form of `OpenLineage`.
    ///
    /// # Errors
    ///
    /// The backend refused the event or could not be reached.
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error>;
}

/// A change of the state of a job's run.
///
/// ```
/// use std::time::SystemTime;
///
/// use floe_plugin::lineage::{Job, RunEvent, RunState};
///
/// let job = Job { namespace: "sales", name: "customer-360" };
/// let run_id = "2866553f-1347-41ca-bd56-95659a3e1c5d";
/// let event = RunEvent {
///     error: Some("the disk is full"),
///     ..RunEvent::new(RunState::Fail, SystemTime::UNIX_EPOCH, run_id, job)
/// };
/// let json = event.to_json();
/// assert_eq!(json["run"]["facets"]["errorMessage"]["message"], "the disk is full");
/// ```
#[derive(Clone, Debug)]
pub struct RunEvent<'a> {
    /// The new state.
    pub state: RunState,
    /// The time of the change.
    pub at: SystemTime,
    /// The id of the run: a UUID.
    pub run_id: &'a str,
    /// The job.
    pub job: Job<'a>,
    /// The kind of the job, for example `MODEL`.
    pub job_type: Option<&'a str>,
    /// The run that contains this run.
    pub parent: Option<Parent<'a>>,
    /// The ids of the trace and of the span, in hexadecimal digits, if the run is recorded.
    pub trace: Option<(&'a str, &'a str)>,
    /// Further names and values by which the run can be found, such as `dagster_run_id`.
    pub tags: Vec<(&'a str, &'a str)>,
    /// The name and the version of the program that does the work.
    pub engine: Option<(&'a str, &'a str)>,
    /// The query of the job.
    pub sql: Option<&'a str>,
    /// The error of the run, without credentials.
    pub error: Option<&'a str>,
    /// The data that the run reads.
    pub inputs: Vec<Dataset<'a>>,
    /// The data that the run writes.
    pub outputs: Vec<Dataset<'a>>,
}

impl<'a> RunEvent<'a> {
    /// Creates an event whose optional fields are empty.
    #[must_use]
    pub const fn new(state: RunState, at: SystemTime, run_id: &'a str, job: Job<'a>) -> Self {
        Self {
            state,
            at,
            run_id,
            job,
            job_type: None,
            parent: None,
            trace: None,
            tags: Vec::new(),
            engine: None,
            sql: None,
            error: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

/// The state of a run.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RunState {
    /// The run began.
    Start,
    /// The run succeeded.
    Complete,
    /// The run failed.
    Fail,
    /// The run was stopped.
    Abort,
}

impl RunState {
    /// Returns `START`, `COMPLETE`, `FAIL` or `ABORT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
            Self::Abort => "ABORT",
        }
    }
}

/// A job.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Job<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

/// The [type](RunEvent::job_type) of the job that builds all assets of a product.
pub const PRODUCT: &str = "PRODUCT";

/// The run that contains another run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Parent<'a> {
    /// The id of the run.
    pub run_id: &'a str,
    /// The job.
    pub job: Job<'a>,
}

/// Data that a run reads or writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset<'a> {
    /// The namespace: the location of the data.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// The columns, if they are known.
    pub columns: Vec<Field<'a>>,
    /// The number of rows, if they were written.
    pub rows: Option<u64>,
}

/// A column of data.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Field<'a> {
    /// The name.
    pub name: &'a str,
    /// The type in the database, if it is known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'a str>,
}

const EVENTS: Metric<'_> = Metric::new("floe.lineage.events")
    .with_unit("{event}")
    .with_description("Lineage events, by backend and by whether the backend stored them.");

/// The producer of the events that [`RunEvent::to_json`] returns.
pub const PRODUCER: &str = concat!("https://floe.dev/floe-plugin/", env!("CARGO_PKG_VERSION"));
const SPECIFICATION: &str = "https://openlineage.io/spec";

/// The URL of the JSON Schema of the facet `traceCorrelation`. The schema is in `platform/plugin/schemas`.
const TRACE_CORRELATION: &str = "https://floe.dev/lineage/facets/v1/TraceCorrelationFacet.json";

impl RunEvent<'_> {
    /// Returns the event in the JSON form of version 2 of `OpenLineage`.
    pub fn to_json(&self) -> Value {
        json!({
            "eventType": self.state.as_str(),
            "eventTime": rfc3339(self.at),
            "producer": PRODUCER,
            "schemaURL": format!("{SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"),
            "run": { "runId": self.run_id, "facets": self.run_facets() },
            "job": self.job_with_facets(),
            "inputs": self.inputs.iter().map(|data| data.to_json(false)).collect::<Vec<_>>(),
            "outputs": self.outputs.iter().map(|data| data.to_json(true)).collect::<Vec<_>>(),
        })
    }

    fn run_facets(&self) -> Value {
        let mut run = json!({});
        if let Some(parent) = &self.parent {
            run["parent"] = facet(
                "1-2-0/ParentRunFacet",
                json!({
                    "run": { "runId": parent.run_id },
                    "job": parent.job,
                }),
            );
        }
        if let Some(error) = self.error {
            run["errorMessage"] = facet(
                "1-0-1/ErrorMessageRunFacet",
                json!({ "message": error, "programmingLanguage": "SQL" }),
            );
        }
        if let Some((name, version)) = self.engine {
            run["processing_engine"] = facet(
                "1-1-1/ProcessingEngineRunFacet",
                json!({
                    "name": name,
                    "version": version,
                    "openlineageAdapterVersion": env!("CARGO_PKG_VERSION"),
                }),
            );
        }
        let traceparent =
            self.trace.map(|(trace_id, span_id)| format!("00-{trace_id}-{span_id}-01"));
        let of_trace = traceparent.iter().map(|it| ("traceparent", it.as_str()));
        let tags: Vec<Value> = of_trace
            .chain(self.tags.iter().copied())
            .map(|(key, value)| json!({ "key": key, "value": value, "source": "floe" }))
            .collect();
        if !tags.is_empty() {
            run["tags"] = facet("1-0-0/TagsRunFacet", json!({ "tags": tags }));
        }
        if let Some((trace_id, span_id)) = self.trace {
            let fields = json!({ "trace_id": trace_id, "span_id": span_id });
            run["traceCorrelation"] = custom_facet(TRACE_CORRELATION, fields);
        }
        run
    }

    fn job_with_facets(&self) -> Value {
        let mut facets = json!({});
        if let Some(job_type) = self.job_type {
            facets["jobType"] = facet(
                "2-0-4/JobTypeJobFacet",
                json!({
                    "processingType": "BATCH",
                    "integration": "FLOE",
                    "jobType": job_type,
                }),
            );
        }
        if let Some(sql) = self.sql {
            facets["sql"] = facet("1-1-0/SQLJobFacet", json!({ "query": sql }));
        }
        let mut job = json!(self.job);
        job["facets"] = facets;
        job
    }
}

/// Returns a facet of the specification. `schema` contains its version and name: `1-0-0/NameFacet`.
fn facet(schema: &str, fields: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or_default();
    custom_facet(&format!("{SPECIFICATION}/facets/{schema}.json#/$defs/{name}"), fields)
}

fn custom_facet(schema_url: &str, mut fields: Value) -> Value {
    fields["_producer"] = PRODUCER.into();
    fields["_schemaURL"] = schema_url.into();
    fields
}

impl Dataset<'_> {
    fn to_json(&self, is_output: bool) -> Value {
        let mut value = json!({ "namespace": self.namespace, "name": self.name, "facets": {} });
        if !self.columns.is_empty() {
            let fields = json!({ "fields": self.columns });
            value["facets"]["schema"] = facet("1-2-0/SchemaDatasetFacet", fields);
        }
        if let Some(rows) = self.rows.filter(|_| is_output) {
            value["outputFacets"]["outputStatistics"] =
                facet("1-0-2/OutputStatisticsOutputDatasetFacet", json!({ "rowCount": rows }));
        }
        value
    }
}

impl<'a> From<Column<'a>> for Field<'a> {
    fn from(column: Column<'a>) -> Self {
        let kind = match column.kind {
            ColumnType::Integer => "BIGINT",
            ColumnType::Real => "DOUBLE",
            ColumnType::Text => "VARCHAR",
            ColumnType::Date => "DATE",
        };
        Self { name: column.name, kind: Some(kind) }
    }
}

impl Handle<dyn LineageBackend> {
    /// Stores an event, in the span `lineage.emit_event`. The event of a run's start has a span only if it cannot be
    /// stored, because the run's own span already records the start.
    ///
    /// # Errors
    ///
    /// As for [`LineageBackend::emit_event`].
    pub fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        let emitted = self.emit(event);
        for (status, is_it) in [("emitted", emitted.is_ok()), ("failed", emitted.is_err())] {
            let labels = [
                KeyValue::new("floe.lineage.backend", self.name()),
                KeyValue::new("floe.lineage.status", status),
            ];
            self.metrics().increment(EVENTS, u64::from(is_it), &labels);
        }
        emitted
    }

    fn emit(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        let operation = Lineage {
            operation: "emit_event",
            job_name: Some(event.job.name),
            event_type: Some(event.state.as_str()),
            namespace: Some(event.job.namespace),
            run_id: Some(event.run_id),
        };
        if event.state != RunState::Start {
            return self.observe(&operation, |backend, _| backend.emit_event(event));
        }
        caught(|| self.plugin().emit_event(event))
            .or_else(|error| self.observe(&operation, |_, _| Err(error)))
    }
}
