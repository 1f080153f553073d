//! Addresses on which no receiver answers, and one whose receiver was replaced.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;
use floe_telemetry::config::OtlpProtocol;
use floe_tests::Script;
use socket2::{Domain, Socket, Type};

use super::http2;

/// An address that does not answer attempts to connect: its queue of connections is full.
#[derive(Debug)]
pub(crate) struct SilentAddress {
    _listener: Socket,
    _queued: Vec<Socket>,
}

impl SilentAddress {
    pub(crate) fn new(address: Ipv4Addr, port: u16) -> Result<Self> {
        let address = SocketAddr::from((address, port));
        let listener = socket()?;
        listener.set_reuse_address(true)?;
        listener.bind(&address.into())?;
        listener.listen(0)?;
        let mut queued = Vec::new();
        loop {
            let client = socket()?;
            let is_full =
                client.connect_timeout(&address.into(), Duration::from_millis(300)).is_err();
            queued.push(client);
            if is_full {
                return Ok(Self { _listener: listener, _queued: queued });
            }
        }
    }
}

fn socket() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

/// Starts a server at an address that no longer belongs to a receiver. It answers each request with a page of this
/// status, or with nothing, and closes the connection.
pub(crate) fn left_address(
    address: Ipv4Addr,
    port: u16,
    protocol: OtlpProtocol,
    status: Option<u16>,
) -> Script {
    let answer = match (protocol, status) {
        (_, None) => Vec::new(),
        (OtlpProtocol::Http, Some(status)) => format!(
            "HTTP/1.1 {status} A page\r\ncontent-type: text/html\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<html></html>"
        )
        .into_bytes(),
        (_, Some(status)) => [http2::settings(), http2::page(status, true)].concat(),
    };

    Script::at(SocketAddr::from((address, port)), move |_, stream| {
        answer_and_close(stream, &answer)
    })
}

fn answer_and_close(stream: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    http2::answer(stream, answer)?;
    stream.shutdown(Shutdown::Write)?;
    // What the client still sends is read, because a close with unread bytes would reset the connection.
    io::copy(stream, &mut io::sink()).map(drop)
}
