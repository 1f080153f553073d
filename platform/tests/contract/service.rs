//! A stand-in for a service: an HTTP server that gives the answers of a test, and stores the requests.

#![allow(dead_code, reason = "the other tests use a part of it")]

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex};

use floe_tests::{Authority, Script};
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
        let received = Arc::default();
        let stored = Arc::clone(&received);
        let server = Script::new(move |_, stream| serve(stream, &stored, &answer));
        Self { url: server.endpoint(), received }
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
        let received = Arc::default();
        let stored = Arc::clone(&received);
        let server = Script::new(move |_, stream| {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(StreamOwned::new(tls, stream), &stored, &answer)
        });
        Self { url: server.endpoint().replace("http:", "https:"), received }
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
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        stored.lock().unwrap().push(request.clone());
        let answer = answer(&request);
        let output = reader.get_mut();
        match answer {
            Answer::Garbage => output.write_all(b"\x16\x03\x01 not HTTP\r\n\r\n")?,
            Answer::Hang => {
                // The read returns when the client closes the connection.
                return reader.read(&mut [0]).map(drop);
            }
            Answer::Cut | Answer::Stall => {
                output.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"")?;
                if matches!(answer, Answer::Stall) {
                    return reader.read(&mut [0]).map(drop);
                }
                break;
            }
            Answer::Status(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Answer\r\n");
                let length = ("content-length", body.len().to_string());
                for (name, value) in headers.into_iter().chain([length]) {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
                head.push_str("\r\n");
                output.write_all(&[head.as_bytes(), &body].concat())?;
            }
        }
    }
    Ok(())
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
