//! Connects to the first address of a receiver that answers, on systems where attempts do not overlap.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};

/// Connects to the first address that answers. Each address has an equal share of the remaining time, so that a silent
/// address leaves time for the others.
pub(super) fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let time = deadline.saturating_duration_since(monotonic_now());
        let share = time / u32::try_from(left).unwrap_or(u32::MAX);
        if share.is_zero() {
            return Err(io::Error::new(ErrorKind::TimedOut, "no address has answered in time"));
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
