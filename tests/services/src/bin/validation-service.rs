//! The service as a process, configured by the environment. It takes a port (0: any free one) and
//! prints its addresses. It exits at the end of its standard input.
//!
//! To run the W3C's own suite against it, in a clone of <https://github.com/w3c/trace-context>:
//!
//! ```sh
//! cargo run -p floe-test-services --bin validation-service -- 5000
//! cd test && python test.py http://127.0.0.1:5000/test
//! ```

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, keys};
use tokio::io::{AsyncReadExt as _, stdin};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut config = TelemetryConfig::from_env()?;
    config.baggage_attributes = keys::IDENTITY.map(str::to_owned).into();
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    // Of HTTP, and of gRPC.
    writeln!(std::io::stdout(), "{address} {address}")?;
    axum::serve(listener, floe_test_services::service())
        .with_graceful_shutdown(async {
            let mut rest = Vec::new();
            let _ = stdin().read_to_end(&mut rest).await;
        })
        .await?;
    telemetry.shutdown(Duration::from_secs(10))?;
    Ok(())
}
