//! A sensor of Dagster that requests a run when the files of a product's sources have changed.
//!
//! `floe` evaluates the sensor, so its span needs no OpenTelemetry in Python. Dagster's tags pass the trace context on
//! to the run, because the daemon that starts the run does not pass on the sensor's environment.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use floe_plugin::orchestrator::{Orchestrator, Sensor, SensorOutcome, SensorStatus};
use floe_plugins::error::Error;
use floe_telemetry::{get_current_span, propagation, traced};
use serde::Serialize;

use super::product::DagsterProduct;
use crate::pipeline::run::DAGSTER;

/// The result of an evaluation, for Dagster.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// The cursor for the next evaluation.
    pub cursor: Option<String>,
    /// The reason why no run is requested; `None` if a run is requested.
    pub skip_reason: Option<String>,
    /// The tags of the requested run, which make it part of this evaluation's trace.
    pub tags: BTreeMap<String, String>,
}

impl DagsterProduct {
    /// Evaluates the sensor. `cursor` is the cursor of the previous evaluation.
    ///
    /// # Errors
    /// A file cannot be examined.
    #[traced(
        name = format!("dagster.sensor.{name}"),
        tracer = DAGSTER,
        floe_attributes = Sensor { sensor_name: name, job_name: Some(job) },
        attributes(Orchestrator::OPERATION = "sensor"),
    )]
    pub fn evaluate(
        &self,
        name: &str,
        job: &str,
        cursor: Option<&str>,
    ) -> Result<Evaluation, Error> {
        let before = cursor.map(str::to_owned);
        let evaluation = match self.state()? {
            Ok(state) if before.as_ref() != Some(&state) => {
                Evaluation { cursor: Some(state), skip_reason: None, tags: tags() }
            }
            Ok(_) => skipped(before, "no file of a source has changed".to_owned()),
            Err(reason) => skipped(before, reason),
        };
        get_current_span().set_attributes(&SensorOutcome {
            status: match evaluation.skip_reason {
                None => SensorStatus::Requested,
                Some(_) => SensorStatus::Skipped,
            },
            skip_reason: evaluation.skip_reason.as_deref(),
        });
        Ok(evaluation)
    }

    /// Returns a hash of the sizes and modification times of the sources' files. The inner error names a missing file
    /// that no query generates.
    fn state(&self) -> Result<Result<String, String>, Error> {
        let mut state = DefaultHasher::new();
        for source in &self.artifacts.sources {
            let inner = &*source.path;
            let path = self.identity.folder.join(inner);
            let seen = match fs::metadata(&path) {
                Ok(metadata) => Some((metadata.len(), metadata.modified().ok())),
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io("read", &path)(error));
                }
                Err(_) if source.generate.is_some() => None,
                Err(_) => return Ok(Err(format!("`{}` does not exist", inner.display()))),
            };
            (inner, seen).hash(&mut state);
        }
        Ok(Ok(format!("{:016x}", state.finish())))
    }
}

fn skipped(cursor: Option<String>, reason: String) -> Evaluation {
    Evaluation { cursor, skip_reason: Some(reason), tags: BTreeMap::new() }
}

/// Returns the trace context as tags, without baggage, because Dagster stores tags and baggage may be personal data.
fn tags() -> BTreeMap<String, String> {
    let headers = propagation::inject_headers().into_iter();
    headers
        .filter(|(name, _)| matches!(name.as_str(), "traceparent" | "tracestate"))
        .map(|(name, value)| (format!("floe/{name}"), value))
        .collect()
}
