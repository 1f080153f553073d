//! Reports the nodes of a dbt project that a command built.

use std::time::Duration;

use floe_plugin::dbt::{BuiltNode, CommandRun, NodeStatus};
use floe_plugins::runs::run_id::RunId;

use super::outcome::Outcome;
use super::report::{Checks, Details, FailedCheck, Report, Step};

/// The details of a command for a step of Dagster.
pub(super) fn details(run: &CommandRun) -> Details {
    let failed: Vec<FailedCheck> = failed_tests(run).map(failed_check).collect();
    let ran = run.nodes.iter().filter(|it| it.is_test() && it.status == NodeStatus::Built);
    Details {
        checks: Checks { passed: ran.count() as u64, failed: failed.len() as u64 },
        failed_checks: failed,
        dbt_invocation_id: run.invocation_id.clone(),
        nodes: run.nodes.clone(),
        ..Details::default()
    }
}

/// Whether tests failed although everything was built.
pub(super) fn is_of_tests(run: &CommandRun) -> bool {
    let mut failed = run.nodes.iter().filter(|it| it.status == NodeStatus::Failed).peekable();
    failed.peek().is_some() && failed.all(BuiltNode::is_test)
}

/// The failed tests.
pub(super) fn failed_tests(run: &CommandRun) -> impl Iterator<Item = &BuiltNode> {
    run.nodes.iter().filter(|it| it.is_test() && it.status == NodeStatus::Failed)
}

fn failed_check(test: &BuiltNode) -> FailedCheck {
    FailedCheck { name: test.name.clone(), query: None }
}

/// Adds the nodes of a command to the report: a step for each node, and each test as a check of the node that it tests.
pub(super) fn add_nodes(nodes: Vec<BuiltNode>, id: Option<&str>, report: &mut Report) {
    let (tests, nodes): (Vec<_>, Vec<_>) = nodes.into_iter().partition(BuiltNode::is_test);
    for node in nodes {
        report.expect_node(&node.name, &node.resource_type);
        let step = step(node, id, report);
        report.steps.push(step);
    }
    for test in tests {
        let tested = tested(&test).to_owned();
        let known = report.steps.iter().position(|step| step.key == tested);
        let at = known.unwrap_or_else(|| {
            // A source, or a node that was built before.
            report.expect_node(&tested, "source");
            let step = step(BuiltNode { name: tested, ..BuiltNode::default() }, id, report);
            report.steps.push(step);
            report.steps.len() - 1
        });
        add_test(test, &mut report.steps[at]);
    }
}

/// Adds the result of a test to the step of the tested node.
fn add_test(test: BuiltNode, step: &mut Step) {
    match test.status {
        NodeStatus::Built => step.details.checks.passed += 1,
        NodeStatus::Skipped => {}
        NodeStatus::Failed => {
            step.details.checks.failed += 1;
            step.details.failed_checks.push(failed_check(&test));
            if step.outcome.is_built() {
                step.outcome = Outcome::Failed { message: test.message, excerpt: None };
            }
        }
    }
}

fn step(node: BuiltNode, invocation_id: Option<&str>, report: &Report) -> Step {
    let outcome = match node.status {
        NodeStatus::Built => Outcome::Built { rows: node.rows },
        NodeStatus::Failed => Outcome::Failed { message: node.message, excerpt: None },
        NodeStatus::Skipped => {
            // dbt's results have the order in which the nodes ended.
            let missing = node.reads.iter().find(|name| {
                report.steps.iter().any(|step| step.key == **name && !step.outcome.is_built())
            });
            Outcome::Skipped {
                missing: missing.or(node.reads.first()).cloned().unwrap_or_default(),
            }
        }
    };
    Step {
        key: node.name,
        run_id: RunId::new(),
        outcome,
        took: Duration::try_from_secs_f64(node.seconds).unwrap_or_default(),
        details: Details {
            dbt_invocation_id: invocation_id.map(str::to_owned),
            of_node: node.sql.map(|hash| (hash, node.reads)),
            ..Details::default()
        },
    }
}

/// The node that a test checks.
pub(super) fn tested(test: &BuiltNode) -> &str {
    test.reads.first().unwrap_or(&test.name)
}
