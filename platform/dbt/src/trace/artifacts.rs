//! The files that dbt writes while a command runs: the manifest, and the results of its nodes.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::PathBuf;

use floe_plugin::dbt::BuiltNode;

use crate::manifest::Manifest;
use crate::node::{Node, RunResult};
use crate::run_results::RunResults;

/// The maximum size of `run_results.json` in bytes.
const MAX_RESULTS_SIZE: u64 = 1 << 30;

#[derive(Debug)]
pub(crate) struct Artifacts {
    project: PathBuf,
    manifest: Option<Manifest>,
    /// The invocation that wrote the manifest.
    manifest_of: Option<String>,
    /// The path of the results that dbt wrote last.
    results_path: Option<PathBuf>,
    /// Their content, which is read once.
    results: OnceCell<RunResults>,
    /// The manifest that could not be read yet.
    unread: Option<Unread>,
}

/// A manifest that could not be read when dbt announced it.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) path: String,
    /// The missing part of the trace, and the reason.
    pub(crate) warning: String,
}

impl Artifacts {
    pub(crate) fn new(project: PathBuf) -> Self {
        Self {
            project,
            manifest: None,
            manifest_of: None,
            results_path: None,
            results: OnceCell::new(),
            unread: None,
        }
    }

    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Reads the manifest of this invocation, which dbt has just written. At the end, dbt writes it again with the SQL
    /// of all nodes. Returns the name of the project.
    pub(crate) fn read_manifest(&mut self, path: &str, invocation_id: &str) -> Option<&str> {
        if self.manifest_of.as_deref() == Some(invocation_id) {
            return None;
        }
        match Manifest::read(&self.artifact(path)) {
            Ok(manifest) => {
                self.manifest_of = Some(invocation_id.to_owned());
                self.unread = None;
                self.manifest.insert(manifest).project_name()
            }
            Err(error) => {
                self.unread = Some(Unread {
                    path: path.to_owned(),
                    warning: format!(
                        "the spans of nodes have no links: cannot read `{path}`: {error}"
                    ),
                });
                None
            }
        }
    }

    /// Takes the unread manifest, if there is one. dbt does not write manifests atomically, so it may have been
    /// incomplete.
    pub(crate) fn take_unread(&mut self) -> Option<Unread> {
        self.unread.take()
    }

    /// The path of a file of dbt, relative to the project, or else to the current folder.
    fn artifact(&self, path: &str) -> PathBuf {
        let in_project = self.project.join(path);
        if in_project.exists() { in_project } else { path.into() }
    }

    /// Keeps the path of the results that dbt has just written.
    pub(crate) fn set_results(&mut self, path: &str) {
        self.results_path = Some(self.artifact(path));
        self.results = OnceCell::new();
    }

    /// The results of an invocation, if dbt has written them.
    fn results(&self, invocation_id: &str) -> Option<&RunResults> {
        let path = self.results_path.as_ref()?;
        let results = self
            .results
            .get_or_init(|| RunResults::read(path, MAX_RESULTS_SIZE).unwrap_or_default());
        (results.metadata.invocation_id == invocation_id).then_some(results)
    }

    /// The nodes of an invocation with their results.
    pub(crate) fn nodes(&self, invocation_id: &str) -> Vec<BuiltNode> {
        let results = self.results(invocation_id);
        results.map(|it| it.nodes(self.manifest())).unwrap_or_default()
    }

    /// The skipped nodes of an invocation, each after its inputs, without the `known` ones.
    pub(crate) fn skipped(
        &self,
        invocation_id: &str,
        known: impl Fn(&str) -> bool,
    ) -> Vec<(Node, RunResult)> {
        let manifest = self.manifest();
        let results = self.results(invocation_id).map_or(&[][..], |it| &it.results);
        let rest = results.iter().filter(|it| it.is_skipped() && !known(&it.unique_id));
        let mut rest: Vec<_> = rest.collect();
        let mut skipped = Vec::with_capacity(rest.len());
        // They have no order there, and links lead to spans that exist.
        while !rest.is_empty() {
            let ids: HashSet<&String> = rest.iter().map(|it| &it.unique_id).collect();
            let (mut next, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|it| {
                let parents = manifest.map_or(&[][..], |graph| graph.parents(&it.unique_id));
                !parents.iter().any(|parent| ids.contains(parent))
            });
            rest = later;
            if next.is_empty() {
                // Not in a graph of dbt.
                next.append(&mut rest);
            }
            skipped.extend(next.into_iter().map(|it| {
                let entry = manifest.and_then(|manifest| manifest.entry(&it.unique_id));
                let result = RunResult {
                    status: it.status.clone(),
                    message: it.message.clone().unwrap_or_default(),
                    ..RunResult::default()
                };
                (Node::of_manifest(&it.unique_id, entry), result)
            }));
        }
        skipped
    }
}
