//! AWS: a span for each invocation of a Lambda function, and X-Ray's trace context.
//!
//! ```no_run
//! use std::sync::Arc;
//! use floe_telemetry_aws::{LambdaLayer, XrayPropagator};
//! use tower_layer::Layer;
//!
//! # fn start<S>(function: S) -> Result<(), floe_telemetry::Error> {
//! let telemetry = floe_telemetry::builder()
//!     .with_propagator(XrayPropagator::new())
//!     .init()?;
//! let service = LambdaLayer::new(Arc::new(telemetry)).layer(function);
//! // lambda_runtime::run(service).await
//! # drop(service);
//! # Ok(())
//! # }
//! ```
//!
//! [`LambdaLayer`] serves every version of `lambda_runtime` and `lambda_http`. With the feature `lambda_runtime`,
//! `with_context` reads the context of invocations of version 1.

#![forbid(unsafe_code)]

mod invocation;
mod lambda;
mod xray;

pub use self::invocation::AnyRequest;
#[cfg(feature = "lambda_runtime")]
pub use self::invocation::RuntimeRequest;
pub use self::lambda::{Lambda, LambdaFuture, LambdaLayer};
pub use self::xray::XrayPropagator;
