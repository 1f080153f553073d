//! The processes of a recording: one for each resource.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::span::{Recording, Source};

/// Which process a source belongs to.
#[derive(Debug)]
pub(super) struct Processes {
    /// By the index of the source.
    of_source: Vec<usize>,
    pub(super) list: Vec<Process>,
}

/// A process.
#[derive(Debug)]
pub(super) struct Process {
    /// Its `process.pid`, or an invented number if it has none or another process has it.
    pub(super) pid: i32,
    pub(super) name: String,
    /// The attributes of the resource, as `key=value`.
    pub(super) labels: Vec<String>,
}

impl Processes {
    pub(super) fn new(recording: &Recording) -> Self {
        let mut by_labels: FxHashMap<Vec<String>, usize> = FxHashMap::default();
        let mut resources: Vec<&Source> = Vec::new();
        let mut of_source = Vec::with_capacity(recording.sources.len());
        for source in &recording.sources {
            let process = *by_labels.entry(labels(source)).or_insert_with(|| {
                resources.push(source);
                resources.len() - 1
            });
            of_source.push(process);
        }
        let nothing = Source::default();
        if resources.is_empty() {
            resources.push(&nothing);
        }
        let mut taken: FxHashSet<i32> = resources.iter().filter_map(|it| pid(it)).collect();
        let mut given = FxHashSet::default();
        let mut next = 1;
        let list = resources.into_iter().map(|source| {
            let pid = match pid(source) {
                Some(pid) if given.insert(pid) => pid,
                _ => {
                    while !taken.insert(next) {
                        next += 1;
                    }
                    next
                }
            };
            Process {
                pid,
                name: if source.service.is_empty() {
                    "(no service)".to_owned()
                } else {
                    source.service.to_string()
                },
                labels: labels(source),
            }
        });
        Self { list: list.collect(), of_source }
    }

    /// The process of a source.
    pub(super) fn of(&self, source: u32) -> usize {
        let source = usize::try_from(source).ok();
        let process = source.and_then(|source| self.of_source.get(source));
        process.copied().unwrap_or_default()
    }
}

fn labels(source: &Source) -> Vec<String> {
    let attributes = source.resource.iter();
    attributes.map(|(key, value)| format!("{key}={value}")).collect()
}

/// The number 0 is that of the idle process.
fn pid(source: &Source) -> Option<i32> {
    let mut attributes = source.resource.iter();
    let (_, pid) = attributes.find(|(key, _)| &**key == "process.pid")?;
    let pid = i32::try_from(pid.as_int()?).ok()?;
    (pid > 0).then_some(pid)
}
