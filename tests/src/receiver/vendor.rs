//! The receiver of a vendor: its path, the header of its credential, and its answer to gRPC, over HTTP/1.1 and HTTP/2.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tonic::Status;
use tonic::body::Body;

use super::connection::Stream;
use super::request::empty;
use super::store::Store;
use super::{grpc, http};

/// A vendor, as its documentation describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// The path before `/v1/traces`, or nothing.
    pub path: &'static str,
    /// The header with the credential.
    pub header: &'static str,
    /// The status and the type of the page that answers gRPC; `None` if the vendor accepts gRPC.
    pub page: Option<(u16, &'static str)>,
}

pub(super) async fn serve<S: Stream>(stream: S, vendor: Vendor, is_http2: bool, store: Arc<Store>) {
    let service = service_fn(move |request| vendor.answer(request, Arc::clone(&store)));
    let stream = TokioIo::new(stream);
    // An error means that the client disconnected.
    if is_http2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(stream, service).await;
    }
}

impl Vendor {
    async fn answer(
        self,
        mut request: Request<Incoming>,
        store: Arc<Store>,
    ) -> Result<hyper::Response<Body>, hyper::Error> {
        let kind = request.headers().get(CONTENT_TYPE);
        let is_grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        let is_known = request.headers().contains_key(self.header);
        match self.page {
            Some((status, kind)) if is_grpc => {
                Ok(empty(status, &[(CONTENT_TYPE.to_string(), kind.to_owned())]))
            }
            None if is_grpc && !is_known => Ok(Status::unauthenticated("no key").into_http()),
            None if is_grpc => grpc::answer(request, store).await,
            _ if !is_known => Ok(empty(401, &[])),
            _ => {
                let path = request.uri().path().strip_prefix(self.path);
                let Some(path) = path.and_then(|path| path.parse::<Uri>().ok()) else {
                    return Ok(empty(404, &[]));
                };
                *request.uri_mut() = path;
                Ok(http::answer(request, store).await?.map(Body::new))
            }
        }
    }
}
