//! Accepts connections, with TLS if required, and passes them to the transport.

use std::net::TcpListener;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::store::Store;
use super::{Transport, grpc, http, vendor};

pub(super) async fn serve(
    listener: TcpListener,
    transport: Transport,
    tls: Option<TlsAcceptor>,
    store: Arc<Store>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener for the runtime");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        tokio::spawn(connection(stream, transport, tls.clone(), Arc::clone(&store)));
    }
}

async fn connection(
    stream: TcpStream,
    transport: Transport,
    tls: Option<TlsAcceptor>,
    store: Arc<Store>,
) {
    // Responses are one small packet each, and Nagle's algorithm would delay them in every test. Setting the option
    // fails only if the client is gone already.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_http(stream, transport, false, store).await,
        // A client that does not use TLS, or does not trust the authority, disconnects.
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                serve_http(stream, transport, is_http2, store).await;
            }
        }
    }
}

/// Serves a connection on which `is_http2` was negotiated.
async fn serve_http<S: Stream>(stream: S, transport: Transport, is_http2: bool, store: Arc<Store>) {
    match transport {
        Transport::Vendor(vendor) => vendor::serve(stream, vendor, is_http2, store).await,
        Transport::Grpc => grpc::serve(stream, store).await,
        Transport::Http => http::serve(stream, store).await,
    }
}

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}
