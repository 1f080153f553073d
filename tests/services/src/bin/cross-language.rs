//! One trace through three languages. A Rust client calls a Python service, which calls a Node
//! service, which calls a Rust service; then a Rust process starts a Python process. All of them
//! export to one receiver, which must receive two traces with correct parents and with the caller's
//! identity on every span.
//!
//! `.ci/services cross-language` installs the dependencies and runs it: `cross-language PYTHON FOLDER`, with
//! the scripts and `node_modules` in the folder. It prints what is missing and exits with 1.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::propagation::{self, CommandExt};
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, keys, traced};
use floe_test_services::{Call, client, make_calls};
use floe_tests::{ReceivedSpan, Receiver, TIMEOUT};
use opentelemetry::trace::FutureExt as _;

type Failure = Box<dyn Error>;

/// A value with the characters that an implementation could encode incorrectly: `%`, `+`, `,`, `;`, `=`, non-ASCII.
const TENANT: &str = "100%25,acme+söhne;a=b";

const EXPECTED: &str = "\
order
  make_calls
    POST
      python.serve
        python.call
          node.serve
            node.call
              POST /test
                make_calls

dbt.build
  python.child
    python.work";

/// A service that prints its address, and exits at the end of its standard input.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    fn start(mut command: Command, endpoint: &str) -> Result<Self, Failure> {
        let program = command.get_program().to_owned();
        let mut process = command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let stdout = process.stdout.take().ok_or("a service without an output")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        if address.is_empty() {
            return Err(format!("{} ended before it printed its address", program.display()).into());
        }

        Ok(Self { process, url: format!("http://{}/test", address.trim()) })
    }

    /// Closes the standard input of the service, so that it exports its spans and exits.
    fn stop(mut self) -> Result<(), Failure> {
        drop(self.process.stdin.take());
        let status = self.process.wait()?;
        status.success().then_some(()).ok_or_else(|| status.to_string().into())
    }
}

#[traced]
async fn order(python: &Service, node: &Service, rust: &Service) -> Result<(), Failure> {
    let rust = Call::new(&rust.url, Vec::new());
    let node = Call::new(&node.url, vec![rust]);
    make_calls(&client(), vec![Call::new(&python.url, vec![node])]).await?;
    Ok(())
}

#[traced(name = "dbt.build", kind = client)]
fn build(python: &OsStr, script: PathBuf, endpoint: &str) -> Result<(), Failure> {
    let mut command = Command::new(python);
    command.arg(script).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let status = command.inject_context().status()?;
    status.success().then_some(()).ok_or_else(|| status.to_string().into())
}

fn check(spans: &[ReceivedSpan], identity: &FloeSpanAttributes) -> Result<(), Failure> {
    let tree = floe_tests::tree(spans);
    if tree != EXPECTED {
        return Err(format!("expected\n{EXPECTED}\n\nbut received\n{tree}").into());
    }

    for span in spans {
        for (key, expected) in [
            ("floe.namespace", &*identity.namespace),
            ("floe.product.name", &identity.product_name),
            ("floe.product.version", &identity.product_version),
            ("floe.mode", identity.mode.as_str()),
        ] {
            if span.attributes.get(key) != Some(&expected.into()) {
                return Err(format!("{key} of {}: {:?}", span.name, span.attributes).into());
            }
        }
    }

    let tenants: BTreeSet<_> = spans
        .iter()
        .filter(|span| span.attributes.get("tenant") == Some(&TENANT.into()))
        .map(|span| span.name.as_str())
        .collect();
    let expected = ["make_calls", "node.serve", "python.child", "python.serve"];
    if tenants != BTreeSet::from(expected) {
        return Err(format!("the tenant is on the spans {tenants:?}, expected {expected:?}").into());
    }

    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(python), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cross-language PYTHON FOLDER".into());
    };

    let folder = Path::new(&folder);
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();

    let mut command = Command::new(&python);
    command.arg(folder.join("service.py"));
    let python_service = Service::start(command, &endpoint)?;
    let mut command = Command::new("node");
    command.arg(folder.join("service.mjs"));
    let node_service = Service::start(command, &endpoint)?;
    let mut command = Command::new(std::env::current_exe()?.with_file_name("validation-service"));
    command.arg("0");
    let rust_service = Service::start(command, &endpoint)?;

    let mut config = TelemetryConfig::new("shop");
    config.otlp_endpoint = Some(endpoint.clone());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.baggage_attributes = keys::IDENTITY.map(str::to_owned).into();
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    let identity = FloeSpanAttributes::new("sales", "customer-360", "3.1.4", Mode::Prod);
    {
        let _identity = propagation::set_floe_baggage(&identity).attach();
        let cx = propagation::set_baggage_value("tenant", TENANT);
        let ordered = order(&python_service, &node_service, &rust_service);
        ordered.with_context(cx.clone()).await?;
        let _tenant = cx.attach();
        build(&python, folder.join("child.py"), &endpoint)?;
    }

    for service in [python_service, node_service, rust_service] {
        service.stop()?;
    }

    telemetry.shutdown(TIMEOUT)?;

    check(&receiver.spans(), &identity)?;
    writeln!(std::io::stdout(), "{EXPECTED}")?;
    Ok(())
}
