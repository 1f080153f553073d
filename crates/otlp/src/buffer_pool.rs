//! A pool of buffers for the bytes of requests.
//!
//! Requests are large: without the pool, the allocator would return their pages to the operating system
//! and fetch new ones for the next request.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// The maximum number of buffers in the pool, which is the usual number of batches that are queued or being exported.
const MAX_BUFFERS: usize = 4;

/// Buffers with a larger capacity in bytes are freed.
const MAX_CAPACITY: usize = 4 * 1024 * 1024;

/// Empty buffers for reuse. Clones share them.
#[derive(Clone, Default)]
pub(super) struct BufferPool(Arc<Mutex<Vec<Vec<u8>>>>);

/// A request whose buffer returns to the pool when the request is dropped.
struct Request {
    bytes: Vec<u8>,
    start: usize,
    pool: BufferPool,
}

impl BufferPool {
    /// Takes an empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.pop().unwrap_or_default()
    }

    pub(super) fn request(&self, bytes: Vec<u8>, start: usize) -> Bytes {
        Bytes::from_owner(Request { bytes, start, pool: self.clone() })
    }

    pub(super) fn give_back(&self, mut bytes: Vec<u8>) {
        if bytes.capacity() > MAX_CAPACITY {
            return;
        }
        bytes.clear();
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < MAX_BUFFERS {
            buffers.push(bytes);
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
        self.pool.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_returns_to_the_pool_with_its_last_reader() {
        let pool = BufferPool::default();
        let mut bytes = pool.take();
        bytes.extend_from_slice(b"..request");
        let at = bytes.as_ptr();
        let request = pool.request(bytes, 2);
        let part = request.slice(..3);
        assert_eq!((&*request, &*part), (&b"request"[..], &b"req"[..]));
        drop(request);
        assert_eq!(pool.take().capacity(), 0, "the request is still read");
        drop(part);
        let again = pool.take();
        assert_eq!((again.as_ptr(), again.len()), (at, 0));
    }

    #[test]
    fn the_pool_is_bounded() {
        let pool = BufferPool::default();
        let large = Vec::with_capacity(MAX_CAPACITY + 1);
        let many = (0..10).map(|_| Vec::with_capacity(100));
        let requests: Vec<_> = many.chain([large]).map(|it| pool.request(it, 0)).collect();
        drop(requests);
        let buffers = pool.0.lock().unwrap();
        assert_eq!(buffers.len(), MAX_BUFFERS);
        assert!(buffers.iter().all(|bytes| bytes.capacity() <= MAX_CAPACITY));
    }
}
