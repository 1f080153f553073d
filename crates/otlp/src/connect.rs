//! Connects to the first address of a receiver that answers.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use rustix::event::{self, PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

/// The maximum time between the beginnings of two attempts.
const STAGGER: Duration = Duration::from_millis(250);

/// The maximum number of attempts at the same time. Each of them has a descriptor.
const MAX_ATTEMPTS: usize = 16;

/// Connects to the first address that answers. Attempts overlap: one begins when another one has failed, at the latest after
/// [`STAGGER`], so that each address is tried in time.
pub(super) fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
    let mut attempts: VecDeque<OwnedFd> = VecDeque::new();
    let mut addresses = addresses.iter();
    loop {
        let time = deadline.saturating_duration_since(monotonic_now());
        if time.is_zero() {
            return Err(io::Error::new(ErrorKind::TimedOut, "no address has answered in time"));
        }
        let left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let wait = if left > 1 { STAGGER.min(time / left) } else { time };
        match addresses.next().map(begin) {
            Some(Ok(attempt)) => attempts.push_back(attempt),
            Some(Err(error)) => {
                failure = error;
                continue;
            }
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        if attempts.len() > MAX_ATTEMPTS {
            attempts.pop_front();
        }
        let Some(ended) = first_to_end(&attempts, wait)? else { continue };
        let Some(attempt) = attempts.remove(ended) else { continue };
        match sockopt::socket_error(&attempt)? {
            Ok(()) => {
                let stream = TcpStream::from(attempt);
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) => failure = error.into(),
        }
    }
}

/// Begins to connect.
fn begin(address: &SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
    match net::connect(&socket, address) {
        Err(Errno::INPROGRESS) | Ok(()) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

/// Returns the first attempt that ends within a time.
fn first_to_end(attempts: &VecDeque<OwnedFd>, time: Duration) -> io::Result<Option<usize>> {
    let mut ended: Vec<_> =
        attempts.iter().map(|attempt| PollFd::new(attempt, PollFlags::OUT)).collect();
    let time = Timespec::try_from(time).map_err(io::Error::other)?;
    match event::poll(&mut ended, Some(&time)) {
        Ok(_) => Ok(ended.iter().position(|attempt| !attempt.revents().is_empty())),
        Err(Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
