//! Looks names up, one at a time in the whole process, on a thread that exists from the start of the first exporter.
//!
//! A look-up by the system cannot be cancelled, and may never return, for example while a directory service hangs. It then
//! holds this thread, and callers wait for it until their deadlines. Another thread would hang, too, and each one would
//! cost the host a thread and a socket.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_core::__sdk::program_signals;
use floe_telemetry_core::__sdk::recorder::forks;

/// The number of addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// The thread, and the look-ups that have no answer yet.
pub(super) struct Lookups {
    /// The number of forks when the thread was started. In a later fork, the thread does not exist.
    forks: u32,
    /// The thread works on the first one.
    waiting: Mutex<Vec<Arc<Lookup>>>,
    changed: Condvar,
}

struct Lookup {
    name: String,
    port: u16,
    answer: OnceLock<Result<Vec<SocketAddr>, String>>,
}

impl Lookups {
    /// Returns the look-ups of this process, whose thread is started first if necessary.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub(super) fn of_process() -> io::Result<Arc<Self>> {
        /// A fork may have copied the locks of its ancestors without their holders, so it has its own.
        static CURRENT: [Mutex<Option<Arc<Lookups>>>; 16] = [const { Mutex::new(None) }; 16];

        let own = &CURRENT[forks() as usize % CURRENT.len()];
        let mut current = own.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(lookups) if lookups.forks == forks() => Ok(Arc::clone(lookups)),
            _ => Ok(Arc::clone(current.insert(Self::start()?))),
        }
    }

    fn start() -> io::Result<Arc<Self>> {
        let lookups = Arc::new(Self {
            forks: forks(),
            waiting: Mutex::default(),
            changed: Condvar::default(),
        });
        let on_thread = Arc::clone(&lookups);
        program_signals::spawn("floe-lookup", move || {
            loop {
                on_thread.answer_next();
            }
        })?;
        Ok(lookups)
    }

    fn answer_next(&self) {
        let waiting = self
            .changed
            .wait_while(self.waiting(), |waiting| waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let Some(first) = waiting.first().cloned() else { return };
        drop(waiting);
        let answer = look_up(&first.name, first.port);
        let mut waiting = self.waiting();
        waiting.retain(|other| !Arc::ptr_eq(other, &first));
        // The answer is set under the lock, so a caller that has just found no answer is already waiting for the
        // notification.
        let _ = first.answer.set(answer);
        drop(waiting);
        self.changed.notify_all();
    }

    /// Returns the addresses of a host, at least one. Callers that ask for the same host share a look-up.
    ///
    /// # Errors
    ///
    /// The name has no address, or there is no answer before the deadline.
    pub(super) fn addresses(
        &self,
        name: &str,
        port: u16,
        deadline: Instant,
    ) -> io::Result<Vec<SocketAddr>> {
        let mut waiting = self.waiting();
        let same = waiting.iter().find(|other| other.port == port && other.name == name);
        let lookup = same.cloned().unwrap_or_else(|| {
            let new = Lookup { name: name.to_owned(), port, answer: OnceLock::new() };
            let lookup = Arc::new(new);
            waiting.push(Arc::clone(&lookup));
            self.changed.notify_all();
            lookup
        });
        let time = deadline.saturating_duration_since(monotonic_now());
        let is_missing = |_: &mut _| lookup.answer.get().is_none();
        let waited = self.changed.wait_timeout_while(waiting, time, is_missing);
        drop(waited);
        match lookup.answer.get() {
            Some(Ok(addresses)) => Ok(addresses.clone()),
            Some(Err(error)) => Err(io::Error::other(format!("dns error: {error}"))),
            None => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("dns error: the system's look-up of `{name}` has not returned"),
            )),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<Lookup>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = (name, port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(format!("`{name}` has no address"));
    }
    Ok(addresses)
}
