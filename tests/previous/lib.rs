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
