//! The requests of the last seconds, within a bound of bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// Requests, each an `ExportTraceServiceRequest`, the oldest first.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Mutex<Kept>,
    max_bytes: usize,
    max_age: Duration,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<(Instant, Bytes)>,
    bytes: usize,
}

impl Ring {
    pub(crate) fn new(max_bytes: usize, max_age: Duration) -> Self {
        Self { kept: Mutex::default(), max_bytes, max_age }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request, in place of those that are too old, and of as many others as it takes.
    pub(crate) fn push(&self, request: Bytes, now: Instant) {
        let mut kept = self.lock();
        kept.bytes += request.len();
        kept.requests.push_back((now, request));
        while let Some((since, oldest)) = kept.requests.front()
            && (kept.bytes > self.max_bytes || self.is_old(*since, now))
        {
            kept.bytes -= oldest.len();
            kept.requests.pop_front();
        }
    }

    /// The requests that are not too old, without copies.
    pub(crate) fn requests(&self, now: Instant) -> Vec<Bytes> {
        let kept = self.lock();
        let recent = kept.requests.iter();
        let recent = recent.filter(|(since, _)| !self.is_old(*since, now));
        recent.map(|(_, request)| request.clone()).collect()
    }

    fn is_old(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) > self.max_age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(10);

    fn request(length: usize) -> Bytes {
        vec![0; length].into()
    }

    fn lengths(ring: &Ring, now: Instant) -> Vec<usize> {
        let requests = ring.requests(now);
        requests.iter().map(Bytes::len).collect()
    }

    #[test]
    fn the_oldest_make_room() {
        let (ring, now) = (Ring::new(10, AGE), Instant::now());
        for length in [4, 3, 2] {
            ring.push(request(length), now);
        }
        assert_eq!(lengths(&ring, now), [4, 3, 2]);
        ring.push(request(5), now);
        assert_eq!(lengths(&ring, now), [3, 2, 5]);
        ring.push(request(11), now);
        assert!(lengths(&ring, now).is_empty(), "it has no room");
        ring.push(request(10), now);
        assert_eq!(lengths(&ring, now), [10]);
    }

    #[test]
    fn what_is_old_is_left_out() {
        let (ring, start) = (Ring::new(100, AGE), Instant::now());
        ring.push(request(1), start);
        ring.push(request(2), start + AGE / 2);
        assert_eq!(lengths(&ring, start + AGE), [1, 2]);
        assert_eq!(lengths(&ring, start + AGE * 5 / 4), [2]);
        assert!(lengths(&ring, start + AGE * 2).is_empty());
        ring.push(request(3), start + AGE * 2);
        assert_eq!(ring.lock().bytes, 3);
    }
}
