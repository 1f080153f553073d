//! The bytes of a request, in memory that is used again for a later one.
//!
//! Requests are large. Were each given back to the allocator, it would return the pages to the system
//! and fetch others for the next one.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// How many pieces of memory wait to be used again: as many as batches are usually on their way.
const KEPT: usize = 4;

/// A piece that has grown larger than this is not kept.
const LARGEST: usize = 4 * 1024 * 1024;

/// Memory that waits to be used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf(Arc<Mutex<Vec<Vec<u8>>>>);

/// A request, which goes back to its shelf when it was sent.
struct Request {
    bytes: Vec<u8>,
    start: usize,
    shelf: Shelf,
}

impl Shelf {
    /// Empty memory.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop().unwrap_or_default()
    }

    /// What is to be sent: all from `start` on.
    pub(super) fn request(&self, bytes: Vec<u8>, start: usize) -> Bytes {
        Bytes::from_owner(Request {
            bytes,
            start,
            shelf: self.clone(),
        })
    }

    /// Memory that nobody reads any more.
    pub(super) fn give_back(&self, mut bytes: Vec<u8>) {
        if bytes.capacity() > LARGEST {
            return;
        }
        bytes.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(bytes);
        }
    }
}

impl AsRef<[u8]> for Request {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.shelf.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_when_the_last_reader_is_gone() {
        let shelf = Shelf::default();
        let mut bytes = shelf.take();
        bytes.extend_from_slice(b"..request");
        let at = bytes.as_ptr();
        let request = shelf.request(bytes, 2);
        let part = request.slice(..3);
        assert_eq!((&*request, &*part), (&b"request"[..], &b"req"[..]));
        drop(request);
        assert_eq!(shelf.take().capacity(), 0, "it is still read");
        drop(part);
        let again = shelf.take();
        assert_eq!((again.as_ptr(), again.len()), (at, 0));
    }

    #[test]
    fn no_more_is_kept_than_is_needed() {
        let shelf = Shelf::default();
        let large = Vec::with_capacity(LARGEST + 1);
        let many = (0..10).map(|_| Vec::with_capacity(100));
        let requests: Vec<_> = many.chain([large]).map(|it| shelf.request(it, 0)).collect();
        drop(requests);
        let kept = shelf.0.lock().unwrap();
        assert_eq!(kept.len(), KEPT);
        assert!(kept.iter().all(|bytes| bytes.capacity() <= LARGEST));
    }
}
