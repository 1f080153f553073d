//! Lineage events.

use std::time::SystemTime;

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};
use serde_json::{Value, json};

use crate::error::Error;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::Lifecycle;
use crate::operation::{Operation, span};
use crate::timestamp::rfc3339;
use crate::table::{Column, ColumnType};

/// An `OpenLineage` event.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Lineage<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["emit_event"])]
    pub operation: &'a str,
    /// The name of the job.
    #[floe(examples = ["stg_orders"])]
    pub job_name: Option<&'a str>,
    /// `START`, `RUNNING`, `COMPLETE`, `FAIL` or `ABORT`.
    #[floe(examples = ["COMPLETE"])]
    pub event_type: Option<&'a str>,
    /// The namespace of the job.
    #[floe(examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The id of the run.
    #[floe(examples = ["2866553f-1347-41ca-bd56-95659a3e1c5d"])]
    pub run_id: Option<&'a str>,
}

/// The result of checking a connection.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct ConnectionOutcome {
    /// Whether the backend gave the expected response.
    #[floe(key = "connection.valid")]
    pub connection_valid: bool,
}

impl Operation for Lineage<'_> {
    const DOMAIN: &'static str = "lineage";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `lineage.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::lineage::{Lineage, lineage_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.lineage.marquez");
///
/// let spans = testing::capture(|| {
///     let _span = lineage_span(
///         &TRACER,
///         &Lineage {
///             operation: "emit_event",
///             event_type: Some("COMPLETE"),
///             ..Lineage::default()
///         },
///     );
/// });
/// spans.single("lineage.emit_event").assert_ok().assert_attribute("lineage.event_type", "COMPLETE");
/// ```
#[track_caller]
pub fn lineage_span(tracer: &'static Tracer, lineage: &Lineage<'_>) -> ActiveSpan {
    span(tracer, lineage).start()
}

/// A backend that stores lineage.
pub trait LineageBackend: Lifecycle {
    /// Stores an event. [`RunEvent::to_json`] is its `OpenLineage` form.
    ///
    /// # Errors
    ///
    /// The backend refused the event or could not be reached.
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error>;
}

/// A change in the state of a run of a job.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct RunEvent<'a> {
    /// The new state.
    pub state: RunState,
    /// When it changed.
    pub at: SystemTime,
    /// The id of the run: a UUID.
    pub run_id: &'a str,
    /// The job.
    pub job: Job<'a>,
    /// The run that this one is a part of.
    pub parent: Option<Parent<'a>>,
    /// The ids of the trace and of the span, in hexadecimal digits, if the run is recorded.
    pub trace: Option<(&'a str, &'a str)>,
    /// The query of the job.
    pub sql: Option<&'a str>,
    /// Why the run failed, without a credential.
    pub error: Option<&'a str>,
    /// The data that the run reads.
    pub inputs: Vec<Dataset<'a>>,
    /// The data that the run writes.
    pub outputs: Vec<Dataset<'a>>,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RunState {
    /// The run began.
    Start,
    /// The run is in progress.
    Running,
    /// The run succeeded.
    Complete,
    /// The run failed.
    Fail,
    /// The run was stopped.
    Abort,
}

impl RunState {
    /// `START`, `RUNNING`, `COMPLETE`, `FAIL` or `ABORT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Running => "RUNNING",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
            Self::Abort => "ABORT",
        }
    }
}

/// A job.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Job<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

/// The run that another one is a part of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Parent<'a> {
    /// The id of the run.
    pub run_id: &'a str,
    /// Its job.
    pub job: Job<'a>,
}

/// Data that a run reads or writes.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Dataset<'a> {
    /// The namespace: where the data is.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// The columns, if they are known.
    pub columns: Vec<Column<'a>>,
    /// The number of rows, if they were written.
    pub rows: Option<u64>,
}

/// The producer of the events that [`RunEvent::to_json`] returns.
pub const PRODUCER: &str = concat!("https://floe.dev/floe-plugin/", env!("CARGO_PKG_VERSION"));
const SPECIFICATION: &str = "https://openlineage.io/spec";

impl RunEvent<'_> {
    /// The event in version 2 of `OpenLineage`.
    pub fn to_json(&self) -> Value {
        let facet = |path: &str, mut facet: Value| {
            facet["_producer"] = PRODUCER.into();
            facet["_schemaURL"] = format!("{SPECIFICATION}/facets/{path}").into();
            facet
        };
        let mut run = json!({});
        if let Some(parent) = &self.parent {
            run["parent"] = facet(
                "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet",
                json!({ "run": { "runId": parent.run_id }, "job": parent.job.to_json() }),
            );
        }
        if let Some(error) = self.error {
            run["errorMessage"] = facet(
                "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
                json!({ "message": error, "programmingLanguage": "SQL" }),
            );
        }
        if let Some((trace_id, span_id)) = self.trace {
            run["traceCorrelation"] = json!({
                "_producer": PRODUCER,
                "_schemaURL": "https://floe.dev/lineage/facets/v1/TraceCorrelationFacet.json",
                "trace_id": trace_id,
                "span_id": span_id,
            });
        }
        let mut job = self.job.to_json();
        job["facets"] = json!({});
        if let Some(sql) = self.sql {
            job["facets"]["sql"] = facet(
                "1-0-1/SQLJobFacet.json#/$defs/SQLJobFacet",
                json!({ "query": sql }),
            );
        }
        let dataset = |data: &Dataset<'_>, is_output: bool| {
            let mut value =
                json!({ "namespace": data.namespace, "name": data.name, "facets": {} });
            if !data.columns.is_empty() {
                let fields: Vec<Value> = data.columns.iter().map(field).collect();
                value["facets"]["schema"] = facet(
                    "1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
                    json!({ "fields": fields }),
                );
            }
            if let Some(rows) = data.rows.filter(|_| is_output) {
                value["outputFacets"]["outputStatistics"] = facet(
                    "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
                    json!({ "rowCount": rows }),
                );
            }
            value
        };
        let inputs: Vec<Value> = self.inputs.iter().map(|data| dataset(data, false)).collect();
        let outputs: Vec<Value> = self.outputs.iter().map(|data| dataset(data, true)).collect();
        json!({
            "eventType": self.state.as_str(),
            "eventTime": rfc3339(self.at),
            "producer": PRODUCER,
            "schemaURL": format!("{SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"),
            "run": { "runId": self.run_id, "facets": run },
            "job": job,
            "inputs": inputs,
            "outputs": outputs,
        })
    }
}

impl Job<'_> {
    fn to_json(self) -> Value {
        json!({ "namespace": self.namespace, "name": self.name })
    }
}

fn field(column: &Column<'_>) -> Value {
    let kind = match column.kind {
        ColumnType::Integer => "BIGINT",
        ColumnType::Real => "DOUBLE",
        ColumnType::Text => "VARCHAR",
        ColumnType::Date => "DATE",
    };
    json!({ "name": column.name, "type": kind })
}

impl Kind for dyn LineageBackend {
    const TYPE: PluginType = PluginType::LineageBackend;
}

impl Handle<dyn LineageBackend> {
    /// Stores an event, in the span `lineage.emit_event`.
    ///
    /// # Errors
    ///
    /// As for [`LineageBackend::emit_event`].
    pub fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        let operation = Lineage {
            operation: "emit_event",
            job_name: Some(event.job.name),
            event_type: Some(event.state.as_str()),
            namespace: Some(event.job.namespace),
            run_id: Some(event.run_id),
        };
        self.observe(&operation, |backend, _| backend.emit_event(event))
    }
}
