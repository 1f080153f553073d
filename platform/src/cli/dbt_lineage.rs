//! The lineage of a command below `floe trace-dbt`, which is sent when dbt has ended.

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use floe_dbt::{Lineage, Recorded};
use floe_plugin::PluginType;
use floe_plugin::lineage::{Job, Parent, RunEvent, RunState};
use floe_plugins::error::Error;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::Context;

use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::manifest::selection::{OnFailure, Selected};
use crate::plugins::active::Active;

/// The lineage of a command and of its nodes.
pub(super) struct CommandLineage {
    /// The id of the command's run.
    pub(super) run_id: String,
    lineage: Lineage,
    /// The lineage backends, and the secret stores with their credentials.
    selected: Vec<Selected>,
    identity: Identity,
    job: String,
    tags: Vec<(&'static str, String)>,
    state: RunState,
    started: SystemTime,
    ended: SystemTime,
}

impl CommandLineage {
    /// Returns the lineage of a command; `None` if the product has no lineage backend, or the command no nodes.
    ///
    /// # Errors
    /// The manifest selects wrong plugins.
    pub(super) fn of(
        command: &Recorded<'_>,
        identity: &Identity,
        manifest: &Manifest,
    ) -> Result<Option<Self>, Error> {
        let mut selected = manifest.selected_plugins(&identity.manifest, &identity.folder)?;
        selected.retain(|it| matches!(it.kind, PluginType::LineageBackend | PluginType::Secrets));
        if !selected.iter().any(|it| it.kind == PluginType::LineageBackend) {
            return Ok(None);
        }
        // Each lost event is counted, and none changes the result of dbt.
        for it in &mut selected {
            it.on_failure = OnFailure::Fail;
        }
        // The warning about the history already says why the results cannot be read.
        let Ok(Some(lineage)) = command.lineage() else {
            return Ok(None);
        };
        let mut tags = vec![("dbt_invocation_id", command.invocation_id.to_owned())];
        tags.extend(command.dagster_run_id.map(|id| ("dagster_run_id", id.to_owned())));
        Ok(Some(Self {
            run_id: RunId::new().to_string(),
            job: format!("dbt-run-{}", command.project.or(lineage.project()).unwrap_or_default()),
            lineage,
            selected,
            identity: identity.clone(),
            tags,
            state: if command.succeeded { RunState::Complete } else { RunState::Fail },
            started: command.started,
            ended: command.ended,
        }))
    }

    /// Sends the events, and returns a warning if some were not stored within `limit`.
    pub(super) fn send(self, limit: Duration) -> Option<String> {
        let deadline = Instant::now() + limit;
        let mut missing = 0_usize;
        self.events(|_| missing += 1);
        let (sent, results) = mpsc::channel();
        let context = Context::current();
        // Without a thread, no event is sent, as the warning then says.
        let _ = thread::Builder::new().name("floe-lineage".to_owned()).spawn(move || {
            let _current = context.attach();
            if let Err(error) = self.emit(&sent) {
                // Nobody receives the error after the deadline.
                let _ = sent.send(Err(error));
            }
        });
        let mut reason = None;
        while missing > 0 {
            match results.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Ok(())) => missing -= 1,
                Ok(Err(error)) => reason = reason.or(Some(error)),
                // The time is over, or the thread has ended.
                Err(_) => break,
            }
        }
        let late = || format!("they were not stored within {} seconds", limit.as_secs());
        let reason = reason.map_or_else(late, |error: Error| error.redacted());
        (missing > 0).then(|| format!("{missing} events of lineage were dropped: {reason}"))
    }

    /// Starts the backends and stores the events, until nobody receives the results.
    fn emit(&self, sent: &Sender<Result<(), Error>>) -> Result<(), Error> {
        let plugins = Active::configure(self.selected.clone(), &self.identity)?;
        plugins.start(|kind| kind == PluginType::LineageBackend)?;
        let mut is_waiting = true;
        self.events(|event| {
            is_waiting = is_waiting && sent.send(plugins.lineage(event)).is_ok();
        });
        Ok(())
    }

    /// Calls `emit` with the events of the command, and then with those of its nodes.
    fn events(&self, mut emit: impl FnMut(RunEvent<'_>)) {
        let job = Job { namespace: &self.identity.namespace, name: &self.job };
        let end = RunEvent {
            tags: self.tags.iter().map(|(key, value)| (*key, value.as_str())).collect(),
            ..RunEvent::new(self.state, self.ended, &self.run_id, job)
        };
        let start = RunEvent { state: RunState::Start, at: self.started, ..end.clone() };
        let node = RunEvent { parent: Some(Parent { run_id: &self.run_id, job }), ..end.clone() };
        emit(self.lineage.of_dbt(start));
        // The end precedes the nodes, so that no limit can leave the command running for ever.
        emit(self.lineage.of_dbt(end));
        self.lineage.events(&node, emit);
    }
}
