//! A port that no other program gets.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of 127.0.0.1 that belongs to a test. Connections to it are refused, except while the test, or a program that
/// it starts, listens on it.
///
/// It is a socket that is bound and does not listen. While it exists, Linux gives its port to no program that asks for
/// any free one, and to no outgoing connection. With `SO_REUSEADDR`, which the standard library and most servers set, a
/// program that asks for this port can still listen on it.
#[derive(Debug)]
pub struct ReservedPort {
    number: u16,
    _socket: Socket,
}

impl ReservedPort {
    /// Reserves a free port.
    ///
    /// # Panics
    ///
    /// No port is free.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each call reserves another port")]
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        // Both this socket and the one that listens need the option.
        socket.set_reuse_address(true).expect("a socket with SO_REUSEADDR");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).expect("a free port");
        let address = socket.local_addr().expect("the address of a bound socket");
        let number = address.as_socket().expect("an IP address").port();
        Self { number, _socket: socket }
    }

    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Returns the endpoint for an exporter: `http://127.0.0.1:PORT`, without a path.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.number)
    }
}
