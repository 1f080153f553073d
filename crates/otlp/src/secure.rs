//! A connection with TLS. The other side may send its reason and close the connection before it has read a request, so a
//! write that fails reads the reason first.

#[cfg(feature = "http")]
use std::io::Write;
use std::io::{self, ErrorKind, Read};
#[cfg(feature = "grpc")]
use std::{
    io::IoSlice,
    pin::Pin,
    task::{Context, Poll, ready},
};

use rustls::ClientConnection;
#[cfg(feature = "grpc")]
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(feature = "grpc")]
use tokio_rustls::client::TlsStream;

use super::cause::Cause;
#[cfg(feature = "http")]
use super::socket::Socket;

/// Reads to the end of a connection that the other side has closed. Its data for the program stays in the session.
///
/// # Errors
///
/// The alert that the other side has sent, of the kind `InvalidData`, or the error of the socket.
fn read_reason(session: &mut ClientConnection, socket: &mut dyn Read) -> io::Result<()> {
    while session.read_tls(socket)? > 0 {
        session
            .process_new_packets()
            .map_err(|alert| io::Error::new(ErrorKind::InvalidData, alert))?;
    }
    Ok(())
}

/// A connection that blocks.
#[cfg(feature = "http")]
pub(super) struct Secure {
    session: ClientConnection,
    pub(super) socket: Socket,
}

#[cfg(feature = "http")]
impl Secure {
    pub(super) const fn new(session: ClientConnection, socket: Socket) -> Self {
        Self { session, socket }
    }

    fn reason(&mut self, refused: io::Error) -> io::Error {
        if Cause::of_io(&refused) != Cause::Closed {
            return refused;
        }
        match read_reason(&mut self.session, &mut self.socket) {
            Err(alert) if alert.kind() == ErrorKind::InvalidData => alert,
            _ => refused,
        }
    }
}

#[cfg(feature = "http")]
impl Read for Secure {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // After a failed write, nothing else can be sent, but what has been received can still be read.
        match self.session.reader().read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                rustls::Stream::new(&mut self.session, &mut self.socket).read(buffer)
            }
            read => read,
        }
    }
}

#[cfg(feature = "http")]
impl Write for Secure {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = rustls::Stream::new(&mut self.session, &mut self.socket).write(buffer);
        written.map_err(|refused| self.reason(refused))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = rustls::Stream::new(&mut self.session, &mut self.socket).flush();
        flushed.map_err(|refused| self.reason(refused))
    }
}

/// A connection that does not block.
#[cfg(feature = "grpc")]
pub(super) struct AsyncSecure<S> {
    pub(super) stream: TlsStream<S>,
    /// The error of a failed write, while its reason is read.
    refused: Option<io::Error>,
}

#[cfg(feature = "grpc")]
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncSecure<S> {
    pub(super) const fn new(stream: TlsStream<S>) -> Self {
        Self { stream, refused: None }
    }

    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TlsStream<S>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.refused.is_none() {
            match ready!(write(Pin::new(&mut self.stream), cx)) {
                Err(error) if Cause::of_io(&error) == Cause::Closed => self.refused = Some(error),
                written => return Poll::Ready(written),
            }
        }
        let (socket, session) = self.stream.get_mut();
        let reason = match read_reason(session, &mut Now { socket, cx }) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            Err(alert) if alert.kind() == ErrorKind::InvalidData => Some(alert),
            _ => None,
        };
        let refused = self.refused.take();
        Poll::Ready(Err(reason.or(refused).unwrap_or_else(|| ErrorKind::BrokenPipe.into())))
    }
}

#[cfg(feature = "grpc")]
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for AsyncSecure<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

#[cfg(feature = "grpc")]
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for AsyncSecure<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |stream, cx| stream.poll_write(cx, buffer))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |stream, cx| stream.poll_write_vectored(cx, buffers))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, AsyncWrite::poll_shutdown)
    }
}

/// A socket that is read without waiting. The task is woken when there is more.
#[cfg(feature = "grpc")]
struct Now<'s, 'c, 'w, S> {
    socket: &'s mut S,
    cx: &'c mut Context<'w>,
}

#[cfg(feature = "grpc")]
impl<S: AsyncRead + Unpin> Read for Now<'_, '_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.socket).poll_read(self.cx, &mut buffer) {
            Poll::Ready(read) => read.map(|()| buffer.filled().len()),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

#[cfg(test)]
mod tests;
