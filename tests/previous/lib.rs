//! Programs with the versions before: what compiles here needs no test of its own.

use actix_web::App;
use actix_web::dev::{ServiceFactory, ServiceRequest};
use diesel::connection::set_default_instrumentation;
use diesel::result::QueryResult;
use floe_telemetry_diesel::Traced;
use floe_telemetry_http::{GrpcClient, GrpcClientLayer, GrpcServerLayer, HttpServerLayer};
use tonic::transport::Channel;
use tower::Layer as _;

/// The layers name `http` and `tower` alone, which tonic 0.13 and 0.14 share.
pub async fn grpc(address: std::net::SocketAddr) -> Result<(), tonic::transport::Error> {
    let channel: GrpcClient<Channel> =
        GrpcClientLayer::new().layer(Channel::from_static("http://127.0.0.1").connect_lazy());
    drop(tonic::client::Grpc::new(channel));

    let routes = tonic::service::Routes::default();
    let mut server = tonic::transport::Server::builder().layer(GrpcServerLayer::new());
    server.add_routes(routes).serve(address).await
}

/// # Errors
///
/// Fails if diesel refuses.
pub fn diesel() -> QueryResult<()> {
    set_default_instrumentation(|| Some(Box::new(Traced::new().observe())))
}

/// A middleware of the oldest version of actix-web that is accepted.
pub fn actix() -> App<impl ServiceFactory<ServiceRequest, Config = (), InitError = ()>> {
    App::new().wrap(HttpServerLayer::new())
}

/// What another version than an integration reads does not compile:
///
/// ```compile_fail,E0308
/// let pool = |pool: sqlx::SqlitePool| floe_telemetry_sqlx::TracedPool::new(pool);
/// ```
///
/// ```compile_fail,E0599
/// use redis::{Commands as _, Connection, RedisResult};
///
/// let count = |connection: Connection| -> RedisResult<i64> {
///     floe_telemetry_nosql::TracedRedis::new(connection).incr("visits", 1)
/// };
/// ```
///
/// ```compile_fail,E0277
/// use reqwest_middleware::{ClientBuilder, reqwest::Client};
///
/// ClientBuilder::new(Client::new()).with(floe_telemetry_http::HttpClientMiddleware::new());
/// ```
///
/// ```compile_fail,E0277
/// use opentelemetry_sdk_0_32::trace::InMemorySpanExporter;
///
/// floe_telemetry::builder().with_span_exporter(InMemorySpanExporter::default());
/// ```
///
/// ```compile_fail,E0277
/// use opentelemetry_sdk_0_31::propagation::TraceContextPropagator;
///
/// floe_telemetry::builder().with_propagator(TraceContextPropagator::new());
/// ```
///
/// The layers for servers name `http` and `tower` alone, so they compile around another version of axum, and warn. The
/// examples of pages compile with the versions before:
#[cfg(doctest)]
#[doc = include_str!("../../integrations/floe-telemetry-http/actix-session.md")]
#[doc = include_str!("../../integrations/floe-telemetry-sql/README.md")]
struct Examples;
