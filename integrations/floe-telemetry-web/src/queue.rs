//! The requests between the provider and `fetch`.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};

/// The most bytes of all requests that are not answered. A page that is offline keeps so many.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A request of OTLP.
pub(crate) struct Request {
    pub(crate) signal: Signal,
    pub(crate) body: Vec<u8>,
}

/// The requests that are not answered. Clones are the same queue.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By the numbers of the requests, so that one that waits again has its old place.
    waiting: BTreeMap<u64, Request>,
    /// The number of the next request.
    next: u64,
    /// The bytes of the requests that wait, and of those that are being sent.
    bytes: usize,
    /// Why the last request was not delivered.
    failure: Option<String>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request.
    ///
    /// # Errors
    ///
    /// The queue is full. The error is the reason.
    pub(crate) fn push(&self, request: Request) -> Result<(), String> {
        let mut state = self.lock();
        let bytes = state.bytes + request.body.len();
        if bytes > MAX_BYTES {
            let failure = state.failure.as_deref().unwrap_or("none was sent so far");
            return Err(format!(
                "expected at most {MAX_BYTES} bytes that wait for `fetch`, found {bytes}: {failure}"
            ));
        }
        state.bytes = bytes;
        let number = state.next;
        state.next += 1;
        state.waiting.insert(number, request);
        Ok(())
    }

    /// Takes the oldest request that waits.
    pub(crate) fn take(&self) -> Option<Sending> {
        let (number, request) = self.lock().waiting.pop_first()?;
        Some(Sending { number, request: Some(request), queue: self.clone() })
    }
}

/// A request that is being sent. It waits again when it is dropped before it is done.
pub(crate) struct Sending {
    number: u64,
    /// `None` once it is done.
    request: Option<Request>,
    queue: Queue,
}

impl Sending {
    pub(crate) fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// The request was accepted, or must not be sent again.
    pub(crate) fn done(mut self) {
        if let Some(request) = self.request.take() {
            self.queue.lock().bytes -= request.body.len();
        }
    }

    /// Keeps the request for the next flush.
    pub(crate) fn keep(self, failure: &str) {
        self.queue.lock().failure = Some(failure.to_owned());
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.queue.lock().waiting.insert(self.number, request);
        }
    }
}

/// Puts the requests of a signal into the queue.
pub(crate) struct Writer {
    pub(crate) signal: Signal,
    pub(crate) is_json: bool,
    pub(crate) queue: Queue,
}

/// Omits all fields, because the queue has the recorded values.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl OtlpWriter for Writer {
    fn name(&self) -> &'static str {
        "fetch"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let body = if self.is_json { request.to_json()? } else { request.protobuf().to_vec() };
        let signal = self.signal;
        Ok(self.queue.push(Request { signal, body })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a request of this length. The error is the reason.
    fn write(queue: &Queue, bytes: usize) -> Result<(), String> {
        let mut writer = Writer { signal: Signal::Traces, is_json: false, queue: queue.clone() };
        let body = vec![0; bytes];
        let request = OtlpRequest::new(Signal::Traces, &body, |_, _| Err(String::new()));
        let written = writer.write(request, Duration::ZERO);
        written.map_err(|error| error.to_string())
    }

    fn length(sending: Option<&Sending>) -> Option<usize> {
        let request = sending?.request()?;
        assert_eq!(request.signal, Signal::Traces);
        Some(request.body.len())
    }

    #[test]
    fn requests_that_wait_again_keep_their_order() {
        let queue = Queue::default();
        for bytes in 1..=3 {
            write(&queue, bytes).unwrap();
        }
        let all = [(); 3].map(|()| queue.take().unwrap());
        write(&queue, 4).unwrap();
        for sending in all {
            sending.keep("the receiver answered with status 503");
        }
        let taken = [(); 4].map(|()| queue.take());
        let lengths = taken.each_ref().map(|sending| length(sending.as_ref()));
        assert_eq!(lengths, [1, 2, 3, 4].map(Some));
    }

    #[test]
    fn requests_that_are_not_delivered_wait_again_and_are_bounded() {
        let queue = Queue::default();
        write(&queue, MAX_BYTES - 1).unwrap();
        write(&queue, 1).unwrap();
        let first = queue.take().unwrap();
        assert_eq!(
            write(&queue, 1).unwrap_err(),
            "expected at most 4194304 bytes that wait for `fetch`, found 4194305: none was sent so far"
        );
        first.keep("the receiver answered with status 503");
        assert_eq!(
            write(&queue, 1).unwrap_err(),
            "expected at most 4194304 bytes that wait for `fetch`, found 4194305: the receiver answered with status 503"
        );
        let first = queue.take();
        assert_eq!(length(first.as_ref()), Some(MAX_BYTES - 1));
        first.unwrap().done();
        write(&queue, 2).unwrap();
        assert_eq!(length(queue.take().as_ref()), Some(1), "dropped, it waits");
        assert_eq!(length(queue.take().as_ref()), Some(1));
    }
}
