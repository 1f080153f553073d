//! A service that calls others, as the [validation service] of the W3C requires: a request contains
//! a list of calls, and the service posts the body of each call to its URL, in order. It responds with the context that
//! it received, and what the services that it called responded. `calls.proto` is the same over gRPC.
//!
//! [validation service]: https://github.com/w3c/trace-context/tree/main/test

mod in_context;

use std::collections::BTreeMap;
use std::error::Error;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use floe_telemetry::propagation::baggage_value;
use floe_telemetry::traced;
use floe_telemetry_http::{
    GrpcClientLayer, GrpcServerLayer, HttpClientMiddleware, HttpServerLayer,
};
use reqwest_middleware::reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde::{Deserialize, Serialize};
use tonic::Status;
use tonic::client::Grpc;
use tonic::transport::Endpoint;
use tonic_prost::ProstCodec;
use tower::{Layer as _, service_fn};

pub use self::in_context::InContext;

const MAKE: &str = "/calls.Calls/Make";

/// Why a call failed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The name of a service, with the headers of context that it received.
pub type Received = BTreeMap<String, String>;

/// A call that the service makes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// The URL. One of gRPC has the scheme `grpc` and no path.
    pub url: String,
    /// The body, which lists the calls that the called service makes.
    #[serde(default)]
    pub arguments: Vec<Self>,
}

/// Creates a client whose requests are spans.
pub fn client() -> ClientWithMiddleware {
    ClientBuilder::new(Client::new()).with(HttpClientMiddleware::new()).build()
}

/// Creates the service, at `/test`, and of gRPC.
pub fn service() -> Router {
    let http = Router::new().route("/test", post(answer)).layer(HttpServerLayer::new());
    let grpc = Router::new().route(MAKE, post(answer_grpc)).layer(GrpcServerLayer::new());
    http.merge(grpc).with_state(client())
}

async fn answer(
    State(client): State<ClientWithMiddleware>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Vec<Received>>, StatusCode> {
    let calls = serde_json::from_str(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let answers = make_calls(&client, calls).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(Json([vec![received(&headers)], answers].concat()))
}

async fn answer_grpc(State(client): State<ClientWithMiddleware>, request: Request) -> Response {
    let headers = request.headers().clone();
    let make = service_fn(move |request: tonic::Request<String>| {
        let (client, headers) = (client.clone(), headers.clone());
        async move {
            let answered = answer(State(client), headers, request.into_inner()).await;
            let Json(answers) = answered.map_err(|status| Status::internal(status.to_string()))?;
            let body = serde_json::to_string(&answers);
            body.map(tonic::Response::new).map_err(|error| Status::internal(error.to_string()))
        }
    });
    let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
    grpc.unary(make, request).await.map(Body::new)
}

fn received(headers: &HeaderMap) -> Received {
    let context = ["traceparent", "tracestate", "baggage"].into_iter().filter_map(|name| {
        let values =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values = values.collect::<Vec<_>>().join(",");
        (!values.is_empty()).then(|| (name.to_owned(), values))
    });
    [("service".to_owned(), "rust".to_owned())].into_iter().chain(context).collect()
}

/// Makes the calls in order, until one fails, and returns what all that were called received.
///
/// # Errors
///
/// A call failed or its response was not a success.
#[traced(attributes(calls = calls.len(), tenant = baggage_value("tenant")))]
pub async fn make_calls(
    client: &ClientWithMiddleware,
    calls: Vec<Call>,
) -> Result<Vec<Received>, Failure> {
    let mut received = Vec::new();
    for call in calls {
        let body = serde_json::to_string(&call.arguments)?;
        let answer = match call.url.strip_prefix("grpc://") {
            Some(target) => over_grpc(target, body).await?,
            None => over_http(client, &call.url, body).await?,
        };
        // The services of the W3C's suite respond with a text of their own.
        received.extend(serde_json::from_str::<Vec<_>>(&answer).unwrap_or_default());
    }

    Ok(received)
}

async fn over_http(
    client: &ClientWithMiddleware,
    url: &str,
    body: String,
) -> Result<String, Failure> {
    let request = client.post(url).header("content-type", "application/json").body(body);
    Ok(request.send().await?.error_for_status()?.text().await?)
}

async fn over_grpc(target: &str, body: String) -> Result<String, Failure> {
    let endpoint = Endpoint::from_shared(format!("http://{target}"))?;
    let layer = GrpcClientLayer::new().with_server(endpoint.uri());
    let mut client = Grpc::new(layer.layer(endpoint.connect().await?));
    client.ready().await?;
    let request = tonic::Request::new(body);
    let response =
        client.unary(request, PathAndQuery::from_static(MAKE), ProstCodec::default()).await?;
    Ok(response.into_inner())
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
