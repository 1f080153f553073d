//! A service that calls others, as the [validation service] of the W3C requires: a request contains
//! a list of calls, and the service posts the body of each call to its URL, in order.
//!
//! [validation service]: https://github.com/w3c/trace-context/tree/main/test

mod in_context;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use floe_telemetry::propagation::baggage_value;
use floe_telemetry::traced;
use floe_telemetry_http::{HttpClientMiddleware, HttpServerLayer};
use reqwest_middleware::reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde::{Deserialize, Serialize};

pub use self::in_context::InContext;

/// A call that the service makes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// The URL.
    pub url: String,
    /// The body, which lists the calls that the called service makes.
    #[serde(default)]
    pub arguments: Vec<Self>,
}

impl Call {
    /// Creates a call with nested calls.
    pub fn new(url: impl Into<String>, arguments: Vec<Self>) -> Self {
        Self { url: url.into(), arguments }
    }
}

/// Creates a client whose requests are spans.
pub fn client() -> ClientWithMiddleware {
    ClientBuilder::new(Client::new()).with(HttpClientMiddleware::new()).build()
}

/// Creates the service, at `/test`.
pub fn service() -> Router {
    Router::new().route("/test", post(answer)).layer(HttpServerLayer::new()).with_state(client())
}

async fn answer(State(client): State<ClientWithMiddleware>, body: String) -> StatusCode {
    let Ok(calls) = serde_json::from_str(&body) else {
        return StatusCode::BAD_REQUEST;
    };

    match make_calls(&client, calls).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

/// Makes the calls in order, until one fails.
///
/// # Errors
///
/// A call failed or its response was not a success.
#[traced(attributes(calls = calls.len(), tenant = baggage_value("tenant")))]
pub async fn make_calls(
    client: &ClientWithMiddleware,
    calls: Vec<Call>,
) -> Result<(), reqwest_middleware::Error> {
    for call in calls {
        let request = client.post(call.url).json(&call.arguments);
        request.send().await?.error_for_status()?;
    }

    Ok(())
}

/// The examples in three pages of the manual compile as they are shown, and their tests pass.
#[cfg(doctest)]
mod manual {
    #[doc = include_str!("../../../docs/configuration.md")]
    struct Configuration;
    #[doc = include_str!("../../../docs/operations.md")]
    struct Operations;
    #[doc = include_str!("../../../docs/tasks.md")]
    struct Tasks;
}
