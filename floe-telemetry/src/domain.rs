//! Spans for what a data platform does, one file for each domain.
//!
//! A domain has a type with its attributes, and a function that opens a span from it. The span is
//! called `<domain>.<operation>`, has the domain's tracer name as its instrumentation scope, and
//! carries the type's attributes beside the floe identity (FR-018, FR-019). It ends OK, or ERROR if
//! an error was recorded on it:
//!
//! ```
//! use floe_telemetry::domain::alert::{Alert, Delivery, DeliveryStatus, alert_span};
//! use floe_telemetry::testing;
//!
//! fn send(webhook: &str) -> Result<(), std::io::Error> {
//!     let span = alert_span(&Alert {
//!         operation: "send_alert",
//!         channel: "slack",
//!         destination: webhook.into(),
//!         severity: Some("critical"),
//!     });
//!     span.observe(post(webhook))?;
//!     span.set_attributes(&Delivery { delivery_status: DeliveryStatus::Delivered });
//!     Ok(())
//! }
//! # fn post(_: &str) -> std::io::Result<()> { Ok(()) }
//!
//! let spans = testing::capture(|| send("https://hooks.example/T0/B0/c2VjcmV0"));
//! spans
//!     .single("alert.send_alert")
//!     .assert_ok()
//!     .assert_attribute("alert.channel", "slack")
//!     .assert_attribute("alert.destination", "https://hooks.example")
//!     .assert_attribute("alert.delivery_status", "delivered");
//! ```
//!
//! A guard must not be held across an `.await`. An asynchronous function says the same with
//! `#[traced]`:
//!
//! ```
//! use floe_telemetry::domain::{Operation, secrets::SecretRequest};
//! use floe_telemetry::{testing, traced};
//!
//! #[traced(name = request.span_name(), floe_attributes = request)]
//! async fn resolve(request: SecretRequest<'_>) -> Result<(), std::io::Error> {
//!     Err(std::io::Error::other("vault is sealed"))
//! }
//!
//! let request =
//!     SecretRequest { operation: "get_secret", provider: "vault", ..SecretRequest::default() };
//! let spans = testing::capture(|| futures_executor::block_on(resolve(request)));
//! spans.single("secrets.get_secret").assert_error("vault is sealed");
//! ```

mod address;
mod span;

pub use self::address::{CleanUrl, Destination};
pub use self::span::Operation;

/// Declares each domain's module and lists its name.
macro_rules! domains {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// The names of all domains, which are those of their modules.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

domains! {
    alert,
    catalog,
    compile,
    compute,
    dbt,
    egress,
    identity,
    ingestion,
    lineage,
    orchestrator,
    quality,
    secrets,
    security,
    semantic,
    storage,
}
