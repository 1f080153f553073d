//! Sends the spans of random programs over OTLP to a socket, and writes the bodies and the spans that they
//! must contain to files.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use floe_telemetry::TelemetryProvider;
use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Receiver, TIMEOUT};
use proptest::strategy::{Strategy as _, ValueTree as _};

use crate::compare::{Reference, run_ours};
use crate::program::Case;
use crate::tree::Span;
use crate::{differences, generate, search};

/// The bytes before a message of gRPC.
const GRPC_FRAME: usize = 5;

/// Writes at least this number of programs to files in `folder`, which is created: for the case `n`,
/// `n.json` are the expected spans, and `n-m.otlp` the bodies of the requests. Returns the number of programs.
///
/// # Errors
///
/// A span was not delivered, or a file cannot be written.
pub fn write(folder: &Path, programs: usize, seed: u64) -> Result<usize> {
    fs::create_dir_all(folder)?;
    let mut runner = search::runner(seed);
    let (mut written, mut number) = (0, 0);
    while written < programs {
        let tree = generate::case().new_tree(&mut runner);
        let case = tree.map_err(|reason| anyhow!("{reason}"))?.current();
        let protocol = match number % 2 {
            0 => OtlpProtocol::Http,
            _ => OtlpProtocol::Grpc,
        };
        let (expected, bodies) = deliver(&case, protocol)?;
        let json = serde_json::to_string_pretty(&expected)?;
        fs::write(folder.join(format!("{number}.json")), json)?;
        for (request, body) in bodies.iter().enumerate() {
            fs::write(folder.join(format!("{number}-{request}.otlp")), body)?;
        }
        written += case.programs.len();
        number += 1;
    }
    Ok(written)
}

/// The spans of the SDK, and the messages of floe-telemetry.
fn deliver(case: &Case, protocol: OtlpProtocol) -> Result<(Vec<Span>, Vec<Vec<u8>>)> {
    let (receiver, frame) = match protocol {
        OtlpProtocol::Http => (Receiver::http(), 0),
        _ => (Receiver::grpc(), GRPC_FRAME),
    };
    let mut config = differences::config(&case.settings);
    config.otlp_endpoint = Some(receiver.endpoint());
    config.otlp_protocol = Some(protocol);
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    let runs = run_ours(case);
    telemetry.shutdown(TIMEOUT)?;
    let reference = Reference::new(&case.settings);
    let programs = case.programs.iter().zip(&runs);
    let expected = programs.flat_map(|(program, ours)| reference.run(program, &ours.contexts).1);
    let expected: Vec<_> = expected.collect();
    let arrived = receiver.spans().len();
    ensure!(arrived == expected.len(), "{arrived} spans arrived");
    let requests = receiver.requests().into_iter();
    let bodies = requests.map(|request| request.body[frame..].to_vec());
    Ok((expected, bodies.collect()))
}
