//! Each connection is refused by a server of rustls after the handshake of the client. The client writes only after the
//! server has closed the connection, so that its write fails.

#![cfg(all(feature = "grpc", feature = "http"))]

use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::monotonic_now;
use rcgen::{Certificate, CertificateParams, DnType, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
use tokio::io::AsyncWrite as _;
use tokio::runtime;
use tokio_rustls::TlsConnector;

use super::super::cause::{Cause, Problem};
use super::super::socket::Socket;
use super::*;

const NEVER: Duration = Duration::from_secs(3600);

/// A server that accepts one connection, and a client whose certificate it does not know.
struct Pair {
    address: SocketAddr,
    server: JoinHandle<()>,
    client: Arc<ClientConfig>,
}

fn certified(name: &str) -> (Certificate, PrivateKeyDer<'static>) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

impl Pair {
    /// Starts a server that verifies its clients, or sends `answer`.
    fn new(answer: Option<&'static [u8]>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (own, own_key) = certified("localhost");
        let (other, other_key) = certified("client");
        let mut roots = RootCertStore::empty();
        roots.add(own.der().clone()).unwrap();
        let roots = Arc::new(roots);
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match answer {
            None => builder.with_client_cert_verifier(verifier.build().unwrap()),
            Some(_) => builder.with_no_client_auth(),
        };
        let server = builder.with_single_cert(vec![own.der().clone()], own_key).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![other.der().clone()], other_key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut session = ServerConnection::new(Arc::new(server)).unwrap();
            let accepted = session.complete_io(&mut socket);
            assert_eq!(accepted.is_ok(), answer.is_some(), "{accepted:?}");
            session.writer().write_all(answer.unwrap_or_default()).unwrap();
            while session.wants_write() {
                session.write_tls(&mut socket).unwrap();
            }
        });
        Self { address, server, client: Arc::new(client) }
    }

    fn name() -> ServerName<'static> {
        ServerName::try_from("localhost").unwrap()
    }

    /// Connects. The server has closed the connection when this returns.
    fn connected(self) -> Secure {
        let stream = TcpStream::connect(self.address).unwrap();
        let mut socket = Socket::new(stream, monotonic_now() + NEVER);
        let mut session = ClientConnection::new(self.client, Self::name()).unwrap();
        session.complete_io(&mut socket).unwrap();
        self.server.join().unwrap();
        Secure::new(session, socket)
    }

    async fn connected_async(self) -> AsyncSecure<tokio::net::TcpStream> {
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let stream = TlsConnector::from(self.client).connect(Self::name(), stream).await.unwrap();
        self.server.join().unwrap();
        AsyncSecure::new(stream)
    }
}

/// Writes until the system reports that the other side has closed the connection.
fn refused(connection: &mut Secure) -> io::Error {
    iter::repeat_with(|| connection.write(&[0; 1024])).find_map(Result::err).unwrap()
}

#[track_caller]
fn assert_untrusted(error: &io::Error) {
    let problem = Problem::of(error);
    assert_eq!(problem.cause, Cause::UntrustedClient, "{}", problem.text);
    assert_eq!(problem.text, "received fatal alert: UnknownCA");
}

#[test]
fn a_failed_write_tells_the_alert_of_the_other_side() {
    assert_untrusted(&refused(&mut Pair::new(None).connected()));
}

#[test]
fn a_failed_write_that_does_not_block_tells_the_alert_of_the_other_side() {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let mut connection = Pair::new(None).connected_async().await;
        loop {
            let write = poll_fn(|cx| Pin::new(&mut connection).poll_write(cx, &[0; 1024]));
            if let Err(error) = write.await {
                return error;
            }
        }
    });
    assert_untrusted(&error);
}

#[test]
fn an_answer_before_a_failed_write_is_read() {
    let answer = b"HTTP/1.1 413 Payload Too Large\r\n\r\n";
    let mut connection = Pair::new(Some(answer)).connected();
    let error = refused(&mut connection);
    assert_eq!(Cause::of_io(&error), Cause::Closed, "{error}");
    let mut found = vec![0; answer.len()];
    connection.read_exact(&mut found).unwrap();
    assert_eq!(found, answer);
}
