//! A gRPC server and its client, built with tonic: a span for each call on each side.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin grpc
//! ```
//!
//! The service is gRPC's health check; add your own service in the same way.

use floe_telemetry::traced;
use floe_telemetry_http::{GrpcClient, GrpcClientLayer, GrpcServerLayer};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;

    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("orders", ServingStatus::Serving).await;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?;
    let server = Server::builder().layer(GrpcServerLayer::new()).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));

    let layer = GrpcClientLayer::new().with_server(endpoint.uri());
    let mut client = HealthClient::new(layer.layer(endpoint.connect().await?));
    for service in ["orders", "payments"] {
        match check(&mut client, service).await {
            Ok(status) => tracing::info!(service, status, "checked"),
            Err(status) => tracing::warn!(service, %status, "cannot be checked"),
        }
    }

    Ok(())
}

#[traced(attributes(service))]
async fn check(
    client: &mut HealthClient<GrpcClient<Channel>>,
    service: &str,
) -> Result<i32, Status> {
    let service = service.to_owned();
    let response = client.check(HealthCheckRequest { service }).await?;
    Ok(response.into_inner().status)
}
