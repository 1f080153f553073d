//! The first program of a trace through five languages: it makes the calls that it reads from its standard input, starts a
//! Python process, and prints what all that it called received. `tests/services/cross-language/check.py` runs it.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::process::Command;

use floe_telemetry::propagation::{self, CommandExt};
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, keys, traced};
use floe_test_services::{Call, Failure, Received, client, make_calls};
use floe_tests::TIMEOUT;
use opentelemetry::trace::FutureExt as _;

/// A value with the characters that an implementation could encode incorrectly: `%`, `+`, `,`, `;`, `=`, non-ASCII.
const TENANT: &str = "100%25,acme+söhne;a=b";

#[traced]
async fn order(calls: Vec<Call>) -> Result<Vec<Received>, Failure> {
    make_calls(&client(), calls).await
}

#[traced(name = "dbt.build", kind = client)]
fn build(python: &OsStr, script: &OsStr) -> Result<(), Failure> {
    let status = Command::new(python).arg(script).inject_context().status()?;
    status.success().then_some(()).ok_or_else(|| status.to_string().into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(python), Some(script)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cross-language PYTHON SCRIPT <CALLS".into());
    };

    let mut config = TelemetryConfig::from_env()?;
    config.baggage_attributes = keys::IDENTITY.map(str::to_owned).into();
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    {
        let _parent = propagation::from_environment().attach();
        let identity = FloeSpanAttributes::new("sales", "customer-360", "3.1.4", Mode::Prod);
        let _identity = propagation::set_floe_baggage(&identity).attach();
        let cx = propagation::set_baggage_value("tenant", TENANT);
        let calls = serde_json::from_reader(io::stdin())?;
        let received = order(calls).with_context(cx.clone()).await?;
        let _tenant = cx.attach();
        build(&python, &script)?;
        serde_json::to_writer(io::stdout(), &received)?;
        writeln!(io::stdout())?;
    }

    Ok(telemetry.shutdown(TIMEOUT)?)
}
