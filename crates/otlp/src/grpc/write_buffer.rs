//! Combines the small writes of HTTP/2 into large ones.
//!
//! The client writes and flushes each frame, and a frame has at most 16 KiB unless the receiver permits more: a request
//! would take fifteen writes, each with a system call and a wake-up of the receiver. Here, a flush after a write only
//! wakes the connection's task again, which first queues the frames that follow. The bytes are written when the buffer
//! is full, when the connection is flushed without a new write, and before the connection reads, because it only reads
//! once it has nothing more to write.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};

/// The most bytes in the buffer.
const CAPACITY: usize = 64 * 1024;

/// A connection whose writes are combined.
pub(super) struct WriteBuffer<S> {
    stream: S,
    bytes: Vec<u8>,
    /// The bytes at the start of `bytes` that were written to the connection.
    written: usize,
    /// Whether bytes were added since the last flush.
    is_new: bool,
}

impl<S: Write + Unpin> WriteBuffer<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, bytes: Vec::new(), written: 0, is_new: false }
    }

    /// Writes the content of the buffer to the connection.
    fn poll_empty(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.bytes.len() {
            let rest = &self.bytes[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        self.bytes.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for WriteBuffer<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.bytes.len() >= CAPACITY {
            ready!(this.poll_empty(context))?;
        }
        let before = this.bytes.len();
        for part in parts {
            let room = CAPACITY - this.bytes.len();
            this.bytes.extend_from_slice(&part[..part.len().min(room)]);
        }
        this.is_new = true;
        Poll::Ready(Ok(this.bytes.len() - before))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.is_new) {
            context.waker().wake_by_ref();
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_empty(context))?;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_empty(context))?;
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

impl<S: Read + Write + Unpin> Read for WriteBuffer<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let written = this.poll_empty(context);
        match (Pin::new(&mut this.stream).poll_read(context, buffer), written) {
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            // A receiver that no longer reads may have sent the reason. The next write fails again.
            (read, _) => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use hyper::rt::ReadBuf;

    use super::*;

    /// A connection that accepts this number of bytes, and then waits or fails.
    #[derive(Default)]
    struct Connection {
        accepts: usize,
        fails: bool,
        writes: Vec<Vec<u8>>,
        reads: usize,
        is_closed: bool,
    }

    impl Write for Connection {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let accepted = bytes.len().min(self.accepts);
            if accepted == 0 {
                return if self.fails {
                    Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
                } else {
                    Poll::Pending
                };
            }
            self.accepts -= accepted;
            self.writes.push(bytes[..accepted].to_vec());
            Poll::Ready(Ok(accepted))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.is_closed = true;
            Poll::Ready(Ok(()))
        }
    }

    impl Read for Connection {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            self.reads += 1;
            Poll::Pending
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A buffer, and a client that uses it as the HTTP/2 client does.
    struct Client {
        buffer: WriteBuffer<Connection>,
        woken: Arc<Woken>,
    }

    impl Client {
        fn new(accepts: usize) -> Self {
            Self {
                buffer: WriteBuffer::new(Connection { accepts, ..Connection::default() }),
                woken: Arc::default(),
            }
        }

        fn poll<T>(
            &mut self,
            poll: impl FnOnce(Pin<&mut WriteBuffer<Connection>>, &mut Context<'_>) -> Poll<T>,
        ) -> Poll<T> {
            let waker = Waker::from(Arc::clone(&self.woken));
            poll(Pin::new(&mut self.buffer), &mut Context::from_waker(&waker))
        }

        /// Writes a frame of a head and a payload, and returns the number of accepted bytes.
        fn write(&mut self, head: &[u8], payload: &[u8]) -> Option<usize> {
            let parts = [IoSlice::new(head), IoSlice::new(payload)];
            match self.poll(|buffer, context| buffer.poll_write_vectored(context, &parts)) {
                Poll::Ready(written) => Some(written.unwrap()),
                Poll::Pending => None,
            }
        }

        fn flush(&mut self) -> Poll<io::Result<()>> {
            self.poll(WriteBuffer::poll_flush)
        }

        fn read(&mut self) -> Poll<io::Result<()>> {
            let mut bytes = [0; 8];
            let mut into = ReadBuf::new(&mut bytes);
            self.poll(|buffer, context| buffer.poll_read(context, into.unfilled()))
        }

        fn writes(&self) -> &[Vec<u8>] {
            &self.buffer.stream.writes
        }
    }

    #[test]
    fn frames_that_follow_each_other_are_one_write() {
        let mut client = Client::new(usize::MAX);
        for number in 0..3 {
            assert_eq!(client.write(&[number], b"payload"), Some(8));
            assert!(matches!(client.flush(), Poll::Ready(Ok(()))));
        }
        assert!(client.writes().is_empty());
        assert!(client.woken.0.load(Ordering::Relaxed) > 0, "the task must be polled again");
        assert!(client.read().is_pending());
        assert_eq!(client.writes(), [b"\x00payload\x01payload\x02payload"]);
        assert_eq!(client.buffer.stream.reads, 1);
    }

    #[test]
    fn a_flush_without_a_new_write_and_a_shutdown_write_everything() {
        let mut client = Client::new(usize::MAX);
        client.write(b"a", b"");
        assert!(client.flush().is_ready());
        assert!(client.writes().is_empty());
        assert!(client.flush().is_ready());
        assert_eq!(client.writes(), [b"a"]);
        client.write(b"b", b"");
        assert!(client.poll(WriteBuffer::poll_shutdown).is_ready());
        assert_eq!(client.writes(), [b"a", b"b"]);
        assert!(client.buffer.stream.is_closed);
    }

    #[test]
    fn a_full_buffer_is_written_before_it_accepts_more() {
        let mut client = Client::new(CAPACITY);
        let payload = vec![7; CAPACITY];
        assert_eq!(client.write(b"head", &payload), Some(CAPACITY));
        assert!(client.writes().is_empty());
        assert_eq!(client.write(b"", &payload[..4]), Some(4));
        assert_eq!(client.writes().len(), 1);
        assert_eq!(client.writes()[0].len(), CAPACITY);
        // The connection accepts nothing more, so the buffer accepts nothing more once it is full.
        assert_eq!(client.write(b"", &payload), Some(CAPACITY - 4));
        assert_eq!(client.write(b"", &payload), None);
        assert!(client.buffer.bytes.capacity() <= 2 * CAPACITY);
    }

    #[test]
    fn a_blocked_connection_is_still_read() {
        let mut client = Client::new(2);
        client.write(b"", b"abcd");
        assert!(client.read().is_pending());
        assert_eq!(client.buffer.stream.reads, 1);
        assert!(client.flush().is_ready() && client.flush().is_pending());
        client.buffer.stream.accepts = 2;
        assert!(client.flush().is_ready());
        assert_eq!(client.writes(), [b"ab", b"cd"]);
    }

    #[test]
    fn an_error_of_a_write_reaches_the_reader() {
        let mut client = Client::new(0);
        client.buffer.stream.fails = true;
        client.write(b"", b"abcd");
        let Poll::Ready(Err(error)) = client.read() else {
            panic!("the connection is broken");
        };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
