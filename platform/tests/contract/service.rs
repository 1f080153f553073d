//! A stand-in for a service: an HTTP server that gives the answers of a test, and stores the requests.

#![allow(dead_code, reason = "the other tests use a part of it")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use floe_tests::Authority;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request that the service received. Names of headers are in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Bytes that are not HTTP.
    Garbage,
    /// No answer: the connection stays open until the client closes it.
    Hang,
    /// The beginning of a response, after which the connection is closed.
    Cut,
    /// The beginning of a response, after which the connection stays open until the client closes it.
    Stall,
}

pub(crate) struct Service {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Answer {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Status(status, headers, body.to_string().into_bytes())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Status(status, Vec::new(), body.as_bytes().to_vec())
    }
}

impl Service {
    pub(crate) fn start(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::over("http", answer, |stream| stream)
    }

    pub(crate) fn start_tls(
        authority: &Authority,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (certificate, key) = authority.server();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(certificate).unwrap()],
                PrivateKeyDer::from_pem_file(key).unwrap(),
            )
            .unwrap();
        let config = Arc::new(config);
        Self::over("https", answer, move |stream| {
            StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream)
        })
    }

    fn over<S: Read + Write>(
        scheme: &str,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
        accept: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let stored = Arc::clone(&received);
        let shared = Arc::new((answer, accept));
        // The thread ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let stored = Arc::clone(&stored);
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve((shared.1)(stream), &stored, &shared.0));
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn single(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }
}

fn serve(
    stream: impl Read + Write,
    stored: &Mutex<Vec<Received>>,
    answer: &dyn Fn(&Received) -> Answer,
) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        stored.lock().unwrap().push(request.clone());
        let answer = answer(&request);
        let output = reader.get_mut();
        let written = match answer {
            Answer::Garbage => output.write_all(b"\x16\x03\x01 not HTTP\r\n\r\n"),
            Answer::Hang => {
                // The read returns when the client closes the connection.
                let _ = reader.read(&mut [0]);
                return;
            }
            Answer::Cut | Answer::Stall => {
                let _ = output.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"");
                if matches!(answer, Answer::Stall) {
                    let _ = reader.read(&mut [0]);
                }
                return;
            }
            Answer::Status(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Answer\r\n");
                let length = ("content-length", body.len().to_string());
                for (name, value) in headers.into_iter().chain([length]) {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
                head.push_str("\r\n");
                output.write_all(&[head.as_bytes(), &body].concat())
            }
        };
        if written.is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut parts = line.split(' ');
    let mut request = Received {
        method: parts.next()?.to_owned(),
        path: parts.next()?.to_owned(),
        ..Received::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_lowercase(), value.trim().to_owned());
        request.headers.push(header);
    }
    if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}
