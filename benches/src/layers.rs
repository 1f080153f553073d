//! Requests through the layers for HTTP and gRPC, without a network: the service responds at once, and all futures are
//! polled on the thread of the caller.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Ready, ready};

use floe_telemetry_http::{GrpcClientLayer, GrpcServerLayer, HttpClientLayer, HttpServerLayer};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use tower::{Layer as _, Service, service_fn};

use crate::work::block_on;

/// A layer and its requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Layered {
    /// No layer: what the requests and responses cost themselves.
    Bare,
    /// The server of HTTP.
    HttpServer,
    /// The same, with a parent in the header `traceparent`.
    HttpServerParent,
    /// The client of HTTP.
    HttpClient,
    /// The server of gRPC.
    GrpcServer,
    /// The client of gRPC.
    GrpcClient,
}

impl Layered {
    /// All layers.
    pub const ALL: [Self; 6] = [
        Self::Bare,
        Self::HttpServer,
        Self::HttpServerParent,
        Self::HttpClient,
        Self::GrpcServer,
        Self::GrpcClient,
    ];

    /// The name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bare => "layer-bare",
            Self::HttpServer => "layer-http-server",
            Self::HttpServerParent => "layer-http-server-parent",
            Self::HttpClient => "layer-http-client",
            Self::GrpcServer => "layer-grpc-server",
            Self::GrpcClient => "layer-grpc-client",
        }
    }

    /// Sends requests through the layer, each with one span.
    pub fn requests(self, requests: u32) {
        let has_parent = self == Self::HttpServerParent;
        let service = service_fn(respond);
        match self {
            Self::Bare => repeat(requests, has_parent, service),
            Self::HttpServer | Self::HttpServerParent => {
                repeat(requests, has_parent, HttpServerLayer::new().layer(service));
            }
            Self::HttpClient => repeat(requests, has_parent, HttpClientLayer::new().layer(service)),
            Self::GrpcServer => repeat(requests, has_parent, GrpcServerLayer::new().layer(service)),
            Self::GrpcClient => repeat(requests, has_parent, GrpcClientLayer::new().layer(service)),
        }
    }
}

fn repeat<S, R>(requests: u32, has_parent: bool, mut service: S)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<R>, Error: Debug>,
    R: Body<Error: Debug>,
{
    for _ in 0..requests {
        let response = block_on(service.call(request(has_parent))).expect("a response");
        block_on(response.into_body().collect()).expect("a body");
    }
}

fn request(has_parent: bool) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = "/shop.Orders/Find".parse().expect("a path");
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("orders.internal:8080"));
    headers.insert(USER_AGENT, HeaderValue::from_static("benches/1.0"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if has_parent {
        static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert(&TRACEPARENT, HeaderValue::from_static(parent));
    }
    request
}

fn respond(_: Request<Empty<Bytes>>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    static STATUS: HeaderName = HeaderName::from_static("grpc-status");
    let mut response = Response::new(Full::from("an order"));
    let status = HeaderValue::from_static("0");
    response.headers_mut().insert(&STATUS, status);
    ready(Ok(response))
}
