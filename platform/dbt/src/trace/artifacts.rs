//! The files that dbt writes while a command runs: the manifest, and the results of its nodes.

use std::path::PathBuf;

use floe_plugin::dbt::BuiltNode;

use crate::manifest::{self, Manifest};
use crate::run_results::RunResults;

/// dbt's default for the path of the results.
const RESULTS: &str = "target/run_results.json";

#[derive(Debug)]
pub(crate) struct Artifacts {
    project: PathBuf,
    manifest: Option<Manifest>,
    /// The id of the invocation that wrote the manifest.
    manifest_of: Option<String>,
    results_path: Option<PathBuf>,
}

impl Artifacts {
    pub(crate) fn new(project: PathBuf) -> Self {
        Self { project, manifest: None, manifest_of: None, results_path: None }
    }

    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Reads the manifest that this invocation has just written, but not the manifest that dbt writes again at the end,
    /// with the SQL of all nodes. Returns the name of the project, or a warning about the missing part of the trace.
    pub(crate) fn read_manifest(
        &mut self,
        path: &str,
        invocation_id: &str,
    ) -> Result<Option<&str>, String> {
        if self.manifest_of.as_deref() == Some(invocation_id) {
            return Ok(None);
        }
        let manifest = Manifest::read(&self.artifact(path))
            .map_err(|error| format!("the nodes have no links: cannot read `{path}`: {error}"))?;
        self.manifest_of = Some(invocation_id.to_owned());
        Ok(self.manifest.insert(manifest).project_name())
    }

    /// Returns the path of a file of dbt, which is relative to the project, or else to the current folder.
    fn artifact(&self, path: &str) -> PathBuf {
        let in_project = self.project.join(path);
        if in_project.exists() { in_project } else { path.into() }
    }

    /// Whether the command before this one had the option `--empty`, which `dbt retry` repeats.
    pub(crate) fn is_of_empty(&self) -> bool {
        let results = manifest::parse(&self.artifact(RESULTS));
        results.is_ok_and(|results: RunResults| results.is_of_empty())
    }

    pub(crate) fn set_results(&mut self, path: &str) {
        self.results_path = Some(self.artifact(path));
    }

    /// Called at the start of an invocation, which may end without results.
    pub(crate) fn forget_results(&mut self) {
        self.results_path = None;
    }

    /// Returns the nodes of an invocation with their results, or the reason why they are not known.
    pub(crate) fn nodes(&self, invocation_id: &str) -> Result<Vec<BuiltNode>, String> {
        let results = self.results(invocation_id)?;
        // With `--empty`, tables have no rows, so their results would distort the history.
        let results = results.filter(|it| !it.is_of_empty());
        Ok(results.map(|it| it.nodes(self.manifest())).unwrap_or_default())
    }

    /// Returns the results of an invocation, or `None` if there are none, for example because the command ended early.
    pub(crate) fn results(&self, invocation_id: &str) -> Result<Option<RunResults>, String> {
        let Some(path) = &self.results_path else {
            return Ok(None);
        };
        RunResults::of(path, invocation_id)
    }
}
