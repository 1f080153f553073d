//! Scenarios before the connection: the receiver has a name, and its resolver misbehaves.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_tests::wait_until;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::program::{Program, millis};
use crate::receivers::{SilentAddress, left_address};
use crate::report::Report;
use crate::scenario::{Case, SCENARIO, Scenario};
use crate::surroundings::Surroundings;

pub(super) static SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "hanging_lookup",
        program: hanging_lookup,
        check: |case| {
            let receiver = case.receiver();
            let surroundings = Surroundings::answering(&["hang"])?;
            let mut child = case.start_in(&surroundings, receiver.port())?;
            child.wait_for("few")?;
            let few = child.resources()?;
            child.proceed()?;
            child.wait_for("many")?;
            let many = child.resources()?;
            ensure!(
                many.threads <= few.threads && many.descriptors <= few.descriptors + OF_ATTEMPTS,
                "{MANY} exports after {few:?}: {many:?}"
            );

            // The exporters of all signals share one look-up at a time.
            let lookups = surroundings.lookups();
            ensure!(lookups == 1, "expected one look-up, found {lookups}");
            surroundings.answer(&[RECEIVER])?;
            child.proceed()?;
            let report = child.finish()?;
            report.succeeded(&["limit", "open a file", "after"])?;
            report.failed("in vain", &["; the name service of this machine does not answer"])?;
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "hanging_neighbour",
        program: hanging_neighbour,
        check: |case| {
            let receiver = case.receiver();
            let surroundings = Surroundings::answering(&[RECEIVER])?;
            surroundings.answer_to("hanging.faults.test", &["hang"])?;
            surroundings.answer_to("localhost", &["hang"])?;
            let report = case.start_in(&surroundings, receiver.port())?.finish()?;
            let lookup = "the system's look-up of `hanging.faults.test` has not returned";
            report.failed("in vain", &[lookup])?;
            report.succeeded(&["beside", "beside again"])?;
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "slow_lookup",
        program: |program| {
            program.start_within(Duration::from_secs(10));
            program.deliver("flush", 10);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            // The C library asks the second server after 5 s.
            let surroundings = Surroundings::answering(&["slow 5000", RECEIVER])?;
            let report = case.start_in(&surroundings, receiver.port())?.finish()?;
            report.succeeded(&["flush"])?;
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "late_lookup",
        program: |program| {
            program.start_within(LOOKUP);
            program.deliver("in vain", 10);
            program.wait("late");
            program.deliver("after", 10);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let surroundings = Surroundings::answering(&["hang"])?;
            let mut child = case.start_in(&surroundings, receiver.port())?;
            child.wait_for("late")?;
            surroundings.answer(&[RECEIVER])?;
            wait_until(|| surroundings.answered() == 1);
            surroundings.answer(&["hang"])?;
            child.proceed()?;
            let report = child.finish()?;
            report.failed("in vain", &["has not returned"])?;
            report.succeeded(&["after"])?;
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "moved_name",
        program: |program| {
            program.start(program.config());
            program.deliver("at the old address", 10);
            program.wait("old");
            program.deliver("moved", 10);
            program.end();
        },
        check: |case| {
            check_moved(case, None)?;
            check_moved(case, Some(404))?;
            check_moved(case, Some(200))?;
            check_moved(case, Some(503))
        },
        ..SCENARIO
    },
    Scenario {
        name: "several_addresses",
        program: |program| {
            program.start_within(Duration::from_secs(10));
            program.deliver("flush", 10);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let listening: Result<Vec<_>> = OTHERS
                .map(|address| SilentAddress::new(address, receiver.port()))
                .into_iter()
                .collect();
            let silent = listening?;
            let mut addresses = OTHERS.map(|address| format!("address {address}")).to_vec();
            addresses.extend(refusing(997));
            addresses.push(RECEIVER.to_owned());
            let lines: Vec<_> = addresses.iter().map(String::as_str).collect();
            let surroundings = Surroundings::answering(&lines)?;
            let report = case.start_in(&surroundings, receiver.port())?.finish()?;
            drop(silent);
            report.succeeded(&["flush"])?;
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "garbage_lookup",
        program: |program| {
            program.start(program.config());
            for (phase, _) in garbage() {
                program.wait(phase);
                program.deliver(phase, 10);
            }

            program.wait("after");
            program.deliver("after", 10);
            program.end();
        },
        check: check_garbage,
        ..SCENARIO
    },
];

/// The answer with the address of the receiver.
const RECEIVER: &str = "address 127.0.0.1";

/// Addresses of this machine at which no receiver listens.
const OTHERS: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

/// The number of exports before the threads and descriptors are counted, and afterwards.
const FEW: u64 = 5;
const MANY: u64 = 60;

/// The descriptors of the runtimes of gRPC, which each of three exporters has during an attempt.
const OF_ATTEMPTS: usize = 9;

/// The timeout of an export that waits for a look-up.
const LOOKUP: Duration = Duration::from_millis(200);

fn hanging_lookup(program: &mut Program) {
    program.bridge_logs();
    program.step("limit", |_| {
        let limit = Rlimit { current: Some(64), maximum: Some(64) };
        setrlimit(Resource::Nofile, limit).context("cannot limit the descriptors")
    });

    let mut config = program.config();
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.exporters.logs = Some(vec![ExporterKind::Otlp]);
    config.otlp.all.timeout_millis = millis(LOOKUP);
    program.start(config);
    let export = |program: &mut Program| {
        program.spans(5);
        tracing::info!("waits for a look-up");
        program.flush_within("in vain", 2 * LOOKUP);
    };

    (0..FEW).for_each(|_| export(program));
    program.wait("few");
    (0..MANY).for_each(|_| export(program));
    program.step("open a file", |_| {
        File::open("/proc/self/status").map(drop).map_err(io::Error::into)
    });

    program.wait("many");
    // The batches that wait are given up or delivered first.
    program.flush_within("recovering", Duration::from_secs(10));
    program.deliver("after", 10);
    program.end();
}

/// Sends spans to a name, and metrics to this machine, while the look-up of the receiver of log records hangs.
fn hanging_neighbour(program: &mut Program) {
    program.bridge_logs();
    let mut config = program.config();
    let is_http = config.otlp_protocol == Some(OtlpProtocol::Http);
    let here = config.otlp_endpoint.as_deref().unwrap_or_default();
    let here = here.replace("receiver.faults.test", "localhost");
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.exporters.logs = Some(vec![ExporterKind::Otlp]);
    config.otlp.metrics.endpoint = Some(here + if is_http { "/v1/metrics" } else { "" });
    config.otlp.logs.endpoint = Some("http://hanging.faults.test:4317".to_owned());
    config.otlp.logs.timeout_millis = millis(LOOKUP);
    program.start(config);
    tracing::info!("waits for a look-up");
    program.flush("in vain");
    program.deliver("beside", 10);
    program.deliver("beside again", 10);
    program.end();
}

/// Checks that a name is followed to its new address. The old one answers with a page of `status`, or with nothing.
fn check_moved(case: &Case, status: Option<u16>) -> Result<Report> {
    let receiver = case.receiver();
    let old = left_address(OTHERS[0], receiver.port(), case.protocol, status);
    let surroundings = Surroundings::answering(&["address 127.0.0.2"])?;
    let mut child = case.start_in(&surroundings, receiver.port())?;
    child.wait_for("old")?;
    surroundings.answer(&[RECEIVER])?;
    let before = old.connections();
    child.proceed()?;
    let report = child.finish()?;
    report.failed("at the old address", &["receiver.faults.test"])?;
    report.succeeded(&["moved"]).with_context(|| format!("{status:?}"))?;
    let attempts = old.connections() - before;
    ensure!(attempts <= 1, "{status:?}: {attempts} more attempts at the old address");
    let arrived = receiver.spans().len();
    ensure!(arrived == 10, "{status:?}: {arrived} spans arrived");
    Ok(report.arrived_in(arrived))
}

/// Returns answers with addresses that refuse connections.
fn refusing(number: usize) -> impl Iterator<Item = String> {
    (0..number).map(|n| format!("address 127.1.{}.{}", n / 250, 1 + n % 250))
}

/// Returns the phases of the scenario, each with the answer of the resolver.
fn garbage() -> Vec<(&'static str, Vec<String>)> {
    let word = |word: &str| vec![word.to_owned()];
    vec![
        ("no address", word("none")),
        ("garbage", word("garbage")),
        ("failure", word("fail")),
        ("1000 addresses", refusing(1000).collect()),
    ]
}

fn check_garbage(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let surroundings = Surroundings::answering(&["none"])?;
    let mut child = case.start_in(&surroundings, receiver.port())?;
    for (phase, answer) in garbage() {
        child.wait_for(phase)?;
        let lines: Vec<_> = answer.iter().map(String::as_str).collect();
        surroundings.answer(&lines)?;
        child.proceed()?;
    }

    child.wait_for("after")?;
    surroundings.answer(&[RECEIVER])?;
    child.proceed()?;
    let report = child.finish()?;
    for (phase, _) in garbage() {
        report.failed(phase, &["the connection failed", "receiver.faults.test"])?;
        report.ended_at(phase, Duration::from_secs(2))?;
    }

    report.failed("failure", &["; the name service of this machine does not answer"])?;
    report.succeeded(&["after"])?;
    let messages = report.log.matches("spans could not be exported").count();
    ensure!(messages == 1, "{messages} messages: {}", report.log);
    Ok(report.arrived_at(&receiver))
}
