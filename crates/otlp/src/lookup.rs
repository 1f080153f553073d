//! Looks names up, two at a time in the whole process, on threads that exist from the start of the first exporter.
//!
//! A look-up by the system cannot be cancelled, and may never return, for example while a directory service hangs. It then
//! holds its thread, and a thread for each such name would cost the host a thread and a socket. So only one of the names that
//! callers have given up is looked up at a time, which leaves a thread to the others.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs as _, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cause::{Cause, Problem};
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_core::__sdk::program_signals;
use floe_telemetry_core::__sdk::recorder::forks;

/// The number of names that are looked up at the same time.
const THREADS: usize = 2;

/// The number of addresses of a name that are tried.
const MAX_ADDRESSES: usize = 1024;

/// The number of names that are remembered.
const MAX_NAMES: usize = 64;

/// The time for which an answer is kept that nobody has waited for: more than the default export interval of metrics, so
/// that the next export uses it.
const KEPT: Duration = Duration::from_secs(90);

/// The words of the C library for a name service that does not answer, for which the standard library has no type. The C
/// library also has them for a machine without a network, and for a wrong address.
const NO_ANSWER: &str = "Temporary failure in name resolution";

/// The threads, and the names that they look up.
pub(super) struct Lookups {
    /// The number of forks when the threads were started. In a later fork, they do not exist.
    forks: u32,
    names: Mutex<Vec<Name>>,
    changed: Condvar,
}

struct Name {
    host: String,
    state: State,
    /// The number of callers that wait for the answer.
    callers: usize,
    /// Whether a caller has given up the last look-up.
    is_given_up: bool,
}

enum State {
    Waiting,
    Running,
    Answered(Result<Vec<IpAddr>, Problem>, Instant),
}

impl Lookups {
    /// Returns the look-ups of this process, whose threads are started first if necessary.
    ///
    /// # Errors
    ///
    /// No thread can be started.
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
        let lookups =
            Arc::new(Self { forks: forks(), names: Mutex::default(), changed: Condvar::default() });
        for thread in 0..THREADS {
            let on_thread = Arc::clone(&lookups);
            let started = program_signals::spawn("floe-lookup", move || {
                loop {
                    on_thread.answer_next();
                }
            });
            // One thread looks all names up, too.
            if let (Err(error), 0) = (started, thread) {
                return Err(error);
            }
        }
        Ok(lookups)
    }

    fn answer_next(&self) {
        let mut names = self
            .changed
            .wait_while(self.names(), |names| next(names).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let Some(next) = next(&mut names) else { return };
        next.state = State::Running;
        let name = next.host.clone();
        drop(names);
        let answer = look_up(&name);
        let mut names = self.names();
        if let Some(asked) = find(&mut names, &name) {
            asked.is_given_up &= answer.is_err() && asked.callers == 0;
            asked.state = State::Answered(answer, monotonic_now());
        }
        drop(names);
        self.changed.notify_all();
    }

    /// Returns the addresses of a host, at least one. Callers that ask for the same host share a look-up. If it returns after
    /// they have given up, its addresses are kept for a while.
    ///
    /// # Errors
    ///
    /// The name has no address, or there is no answer before the deadline.
    pub(super) fn addresses(&self, name: &str, deadline: Instant) -> Result<Vec<IpAddr>, Problem> {
        let mut names = self.names();
        let asked = ask(&mut names, name);
        if let Some(Ok(addresses)) = asked.answer() {
            return Ok(addresses.clone());
        }
        asked.callers += 1;
        self.changed.notify_all();
        let time = deadline.saturating_duration_since(monotonic_now());
        let is_missing =
            |names: &mut Vec<Name>| find(names, name).is_some_and(|asked| asked.answer().is_none());
        let waited = self.changed.wait_timeout_while(names, time, is_missing);
        let (mut names, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let unanswered = unanswered(&names, name);
        let Some(asked) = find(&mut names, name) else { return Err(unanswered) };
        asked.callers -= 1;
        let Some(answer) = asked.answer().cloned() else {
            asked.is_given_up |= matches!(asked.state, State::Running);
            return Err(unanswered);
        };
        // The next connection looks the name up anew, because its receivers may have moved.
        if asked.callers == 0 {
            names.retain(|other| other.host != name);
        }
        answer
    }

    fn names(&self) -> MutexGuard<'_, Vec<Name>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Name {
    fn new(name: &str) -> Self {
        Self { host: name.to_owned(), state: State::Waiting, callers: 0, is_given_up: false }
    }

    fn answer(&self) -> Option<&Result<Vec<IpAddr>, Problem>> {
        match &self.state {
            State::Answered(answer, _) => Some(answer),
            _ => None,
        }
    }

    /// Whether there is an answer that nobody waits for and that cannot be used.
    fn is_old(&self) -> bool {
        match &self.state {
            State::Answered(answer, since) if self.callers == 0 => {
                answer.is_err() || monotonic_now().saturating_duration_since(*since) > KEPT
            }
            _ => false,
        }
    }
}

fn find<'n>(names: &'n mut [Name], name: &str) -> Option<&'n mut Name> {
    names.iter_mut().find(|other| other.host == name)
}

/// Returns the entry of a name, which is looked up unless it has an answer.
fn ask<'n>(names: &'n mut Vec<Name>, name: &str) -> &'n mut Name {
    let at = names.iter().position(|other| other.host == name).unwrap_or_else(|| {
        let is_idle = |other: &Name| other.callers == 0 && !matches!(other.state, State::Running);
        if names.len() >= MAX_NAMES
            && let Some(at) = names.iter().position(is_idle)
        {
            names.remove(at);
        }
        names.push(Name::new(name));
        names.len() - 1
    });
    let asked = &mut names[at];
    if asked.is_old() {
        asked.state = State::Waiting;
    }
    asked
}

/// Returns the next name to look up.
fn next(names: &mut [Name]) -> Option<&mut Name> {
    let is_running = |name: &Name| matches!(name.state, State::Running);
    let is_one_given_up = names.iter().any(|name| is_running(name) && name.is_given_up);
    names
        .iter_mut()
        .find(|name| matches!(name.state, State::Waiting) && !(name.is_given_up && is_one_given_up))
}

/// Returns the error of a look-up without an answer in time. It names the look-up that has not returned, for which others
/// wait.
fn unanswered(names: &[Name], name: &str) -> Problem {
    let mut running = names.iter().filter(|other| matches!(other.state, State::Running));
    let own = running.clone().find(|other| other.host == name);
    let hanging = own.or_else(|| running.next()).map_or(name, |other| &*other.host);
    let waits = if hanging == name { "" } else { &format!("`{name}` waits because ") };
    let text = format!("dns error: {waits}the system's look-up of `{hanging}` has not returned");
    Problem::new(Cause::NameService, text)
}

fn look_up(name: &str) -> Result<Vec<IpAddr>, Problem> {
    let found = (name, 0).to_socket_addrs().map_err(|error| failed(&error))?;
    let mut known = HashSet::new();
    let new = found.map(|address| address.ip()).filter(|address| known.insert(*address));
    let addresses: Vec<IpAddr> = new.take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        return Err(Problem::new(Cause::Unknown, format!("dns error: `{name}` has no address")));
    }
    Ok(addresses)
}

/// Returns the problem of a look-up. Without a free descriptor, the system reports each name as unknown.
fn failed(error: &io::Error) -> Problem {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).map_err(Problem::from);
    match socket {
        Err(problem) if problem.cause != Cause::Unknown => problem,
        _ => {
            let text = error.to_string();
            let is_unanswered = text.contains(NO_ANSWER);
            let cause = if is_unanswered { Cause::NameService } else { Cause::Unknown };
            Problem::new(cause, format!("dns error: {text}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(host: &str, state: State, is_given_up: bool) -> Name {
        Name { state, is_given_up, ..Name::new(host) }
    }

    #[test]
    fn only_one_name_that_was_given_up_is_looked_up_at_a_time() {
        let mut names = vec![
            named("hanging", State::Running, false),
            named("given-up", State::Waiting, true),
            named("other", State::Waiting, false),
        ];
        let next_host = |names: &mut Vec<Name>| next(names).map(|name| name.host.clone());
        assert_eq!(next_host(&mut names).as_deref(), Some("given-up"));
        names[0].is_given_up = true;
        assert_eq!(next_host(&mut names).as_deref(), Some("other"));
        names.truncate(2);
        assert_eq!(next_host(&mut names), None);
    }

    /// A look-up that once came too late and then answered is not behind one that hangs.
    #[test]
    fn an_answered_name_is_not_behind_one_that_hangs() {
        let lookups = Lookups { forks: 0, names: Mutex::default(), changed: Condvar::default() };
        lookups.names().push(named("localhost", State::Waiting, false));
        lookups.names()[0].is_given_up = true; // its caller had too little time left
        lookups.answer_next();
        let mut names = lookups.names();
        assert!(matches!(names[0].answer(), Some(Ok(_))));
        names.push(named("hanging", State::Running, true));
        // The connection breaks after `KEPT`.
        names[0].state = State::Waiting;
        assert!(next(&mut names).is_some());
    }

    #[test]
    fn the_error_names_the_look_up_that_hangs() {
        let names = [
            named("waiting", State::Waiting, false),
            named("hanging", State::Running, true),
            named("slow", State::Running, false),
        ];
        for (name, expected) in [
            ("slow", "dns error: the system's look-up of `slow` has not returned"),
            (
                "waiting",
                "dns error: `waiting` waits because the system's look-up of `hanging` has not returned",
            ),
        ] {
            assert_eq!(unanswered(&names, name).text, expected);
        }
    }

    #[test]
    fn the_names_and_their_answers_have_a_limit() {
        let mut names = Vec::new();
        let running = ask(&mut names, "running");
        running.state = State::Running;
        for host in 0..2 * MAX_NAMES {
            ask(&mut names, &host.to_string());
        }
        assert_eq!(names.len(), MAX_NAMES);
        assert_eq!(names[0].host, "running");
    }
}
