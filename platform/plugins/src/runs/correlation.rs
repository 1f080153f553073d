//! The run's ids in other tools: ids of the tool that started the program, from the environment.

use std::env;

use floe_plugin::lineage::{Job, Parent, Root};

/// The variable with the id of the Dagster run that contains this process.
pub const DAGSTER_RUN_ID: &str = "DAGSTER_RUN_ID";

const LONGEST_ID: usize = 200;

/// The id of the Dagster run that contains this process: from the variable, or else from a step that runs the process
/// through Dagster Pipes.
pub fn dagster_run_id() -> Option<String> {
    variable(DAGSTER_RUN_ID).or_else(|| {
        let context = floe_dagster_pipes::Context::from_environment().ok()?;
        Some(context.run_id).filter(|id| is_id(id))
    })
}

/// The `OpenLineage` run that contains this process: `OPENLINEAGE_PARENT_ID` and `OPENLINEAGE_ROOT_PARENT_ID`, each
/// with a namespace, the name of a job and the id of a run between slashes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LineageParent {
    parent: Option<Run>,
    root: Option<Run>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Run {
    namespace: String,
    job: String,
    id: String,
}

impl LineageParent {
    /// Reads the run from the environment.
    pub fn from_environment() -> Self {
        Self::parse(
            variable("OPENLINEAGE_PARENT_ID").as_deref(),
            variable("OPENLINEAGE_ROOT_PARENT_ID").as_deref(),
        )
    }

    fn parse(parent: Option<&str>, root: Option<&str>) -> Self {
        Self { parent: parent.and_then(Run::parse), root: root.and_then(Run::parse) }
    }

    /// The parent of this process's runs.
    pub fn parent(&self) -> Option<Parent<'_>> {
        self.parent.as_ref().map(|run| Parent {
            run_id: &run.id,
            job: run.job(),
            root: self.root(),
        })
    }

    /// The run at the top of the hierarchy, if it is not a run of this process.
    pub fn root(&self) -> Option<Root<'_>> {
        let root = self.root.as_ref().or(self.parent.as_ref())?;
        self.parent.as_ref().map(|_| Root { run_id: &root.id, job: root.job() })
    }
}

impl Run {
    /// Parses an id, in which the name of the job may contain slashes.
    fn parse(text: &str) -> Option<Self> {
        let (namespace, rest) = text.split_once('/')?;
        let (job, id) = rest.rsplit_once('/')?;
        let is_complete = !namespace.is_empty() && !job.is_empty() && is_uuid(id);
        is_complete.then(|| Self {
            namespace: namespace.to_owned(),
            job: job.to_owned(),
            id: id.to_owned(),
        })
    }

    fn job(&self) -> Job<'_> {
        Job { namespace: &self.namespace, name: &self.job }
    }
}

/// Whether a text is a UUID. Backends of lineage refuse any other id.
fn is_uuid(text: &str) -> bool {
    let shape = |sign: char| if sign.is_ascii_hexdigit() { '0' } else { sign };
    text.chars().map(shape).eq("00000000-0000-0000-0000-000000000000".chars())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|id| is_id(id))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_parent_unless_there_is_another() {
        let [id, other] =
            ["2866553f-1347-41ca-bd56-95659a3e1c5d", "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1"];
        let [of_orders, of_all] = [format!("prod/etl/orders/{id}"), format!("prod/all/{other}")];
        let only_parent = LineageParent::parse(Some(&of_orders), None);
        let parent = only_parent.parent().unwrap();
        let job = Job { namespace: "prod", name: "etl/orders" };
        assert_eq!((parent.run_id, parent.job), (id, job));
        assert_eq!(parent.root, Some(Root { run_id: id, job }));
        let with_root = LineageParent::parse(Some(&of_orders), Some(&of_all));
        assert_eq!(with_root.root().unwrap().run_id, other);
        for text in ["", "prod", "prod/etl", "//", "prod//1", "prod/etl/1", &format!("/etl/{id}")] {
            let without_parent = LineageParent::parse(Some(text), Some(&of_all));
            assert_eq!(without_parent.parent(), None);
            assert_eq!(without_parent.root(), None);
        }
    }
}
