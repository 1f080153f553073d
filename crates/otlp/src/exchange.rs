//! One request over HTTP/1.1 and its answer, on a connection of ours. The rules of the protocol are ureq's.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::Instant;
use http::header::CONTENT_LENGTH;
use http::{Request, response};
use ureq_proto::BodyMode;
use ureq_proto::client::state::{RecvBody, RecvResponse};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult, SendRequestResult};

use super::cause::Problem;
use super::socket::Socket;

/// The maximum size of the status line and the headers of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The maximum number of received bytes of a body that cannot be decoded yet, for example an incomplete length of a
/// chunk.
const MAX_WAITING: usize = 16 * 1024;

/// The size of one read, in bytes.
const READ: usize = 8 * 1024;

/// A connection for requests, with or without TLS.
pub(super) trait Stream: Read + Write + Send {
    fn socket(&mut self) -> &mut Socket;
}

impl Stream for Socket {
    fn socket(&mut self) -> &mut Socket {
        self
    }
}

#[cfg(feature = "tls")]
impl Stream for super::secure::Secure {
    fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

pub(super) type Connection = Box<dyn Stream>;

/// The reason why a request has no answer that can be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection could not be opened.
    Unconnected(Problem),
    /// The connection ended before the first byte of an answer.
    Unanswered(io::Error),
    /// The connection ended within the head of the answer.
    Interrupted(io::Error),
    /// The answer does not follow the protocol, or exceeds a limit.
    Invalid { problem: String, is_http: bool },
}

/// An answer, whose body is read from the connection.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    connection: Connection,
    /// The bytes that have been received and not yet read.
    input: Vec<u8>,
    /// `None` if the answer has no body.
    body: Option<Call<RecvBody>>,
    is_closing: bool,
}

/// Sends a request and reads the head of its answer.
pub(super) fn send(
    mut connection: Connection,
    head: &[u8],
    request: &[u8],
) -> Result<Answer, Failure> {
    let mut call = sent(request.len()).map_err(|error| Failure::invalid(&error, true))?;
    let written = write(&mut *connection, head, request);
    let refused = match written {
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            return Err(Failure::Unanswered(error));
        }
        // A receiver that closes the connection before it has read the request may have sent an answer with the reason.
        written => written.err(),
    };
    let mut input = Vec::new();
    loop {
        let is_http = input.starts_with(b"HTTP/");
        let parsed = call.try_response(&input, false);
        let (used, answer) = parsed.map_err(|error| Failure::invalid(&error, is_http))?;
        input.drain(..used);
        if let Some(answer) = answer {
            let head = answer.into_parts().0;
            return Ok(Answer::new(head, connection, input, call, refused.is_some()));
        }
        if input.len() > MAX_HEAD {
            let problem = format!("its headers are longer than {MAX_HEAD} bytes");
            return Err(Failure::Invalid { problem, is_http });
        }
        if used > 0 {
            continue;
        }
        if let Err(error) = receive(&mut *connection, &mut input) {
            let error = refused.unwrap_or(error);
            return Err(if input.is_empty() {
                Failure::Unanswered(error)
            } else {
                Failure::Interrupted(error)
            });
        }
        connection.socket().silence = Duration::MAX;
    }
}

/// Returns the state of the protocol after a request with a body of this length. Its headers are not in it, because the
/// library may log them.
fn sent(length: usize) -> Result<Call<RecvResponse>, ureq_proto::Error> {
    let request = Request::post("http://receiver/")
        .header(CONTENT_LENGTH, length)
        .body(())
        .map_err(|error| ureq_proto::Error::BadHeader(error.to_string()))?;
    let mut call = Call::new(request)?.proceed();
    call.write(&mut [0; 256])?;
    match call.proceed()? {
        // A request without a body.
        Some(SendRequestResult::RecvResponse(call)) => Ok(call),
        Some(SendRequestResult::SendBody(mut call)) => {
            call.consume_direct_write(length)?;
            call.proceed().ok_or(ureq_proto::Error::BodyNotAllowed)
        }
        _ => Err(ureq_proto::Error::BodyNotAllowed),
    }
}

fn write(connection: &mut dyn Stream, head: &[u8], request: &[u8]) -> io::Result<()> {
    connection.write_all(head)?;
    connection.write_all(request)?;
    connection.flush()
}

fn receive(connection: &mut dyn Stream, input: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; READ];
    let read = match connection.read(&mut buffer) {
        // TLS has not announced the end.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
        read => read?,
    };
    if read == 0 {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the connection was closed"));
    }
    input.extend(buffer.iter().take(read));
    Ok(())
}

impl Failure {
    fn invalid(error: &ureq_proto::Error, is_http: bool) -> Self {
        Self::Invalid { problem: error.to_string(), is_http }
    }
}

impl Answer {
    fn new(
        head: response::Parts,
        connection: Connection,
        input: Vec<u8>,
        call: Call<RecvResponse>,
        was_refused: bool,
    ) -> Self {
        let (body, is_closing) = match call.proceed() {
            Some(RecvResponseResult::RecvBody(body)) => (Some(body), false),
            Some(RecvResponseResult::Redirect(call)) => (None, call.must_close_connection()),
            Some(RecvResponseResult::Cleanup(call)) => (None, call.must_close_connection()),
            None => (None, true),
        };
        Self { head, connection, input, body, is_closing: is_closing || was_refused }
    }

    /// Sets the end of the time in which the body must be read.
    pub(super) fn limit(&mut self, deadline: Instant) {
        self.connection.socket().deadline = deadline;
    }

    /// Returns the connection if it can be used for another request: the answer has been read to its end, and the receiver
    /// keeps the connection open.
    pub(super) fn into_connection(self) -> Option<Connection> {
        let is_closing = match self.body.map(Call::<RecvBody>::proceed) {
            None => false,
            Some(None) => true,
            Some(Some(RecvBodyResult::Redirect(call))) => call.must_close_connection(),
            Some(Some(RecvBodyResult::Cleanup(call))) => call.must_close_connection(),
        };
        let is_reusable = !is_closing && !self.is_closing && self.input.is_empty();
        is_reusable.then_some(self.connection)
    }
}

/// Reads the body.
impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(body) = &mut self.body else { return Ok(0) };
        loop {
            let is_delimited = !matches!(body.body_mode(), BodyMode::CloseDelimited);
            if is_delimited && body.can_proceed() {
                return Ok(0);
            }
            let read = body.read(&self.input, buffer);
            let (used, read) =
                read.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            self.input.drain(..used);
            if read > 0 {
                return Ok(read);
            }
            if used > 0 {
                continue;
            }
            if self.input.len() > MAX_WAITING {
                let message = format!("a part of its body is longer than {MAX_WAITING} bytes");
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
            if let Err(error) = receive(&mut *self.connection, &mut self.input) {
                let is_end = error.kind() == ErrorKind::UnexpectedEof
                    && (!is_delimited || body.is_ended_chunked());
                return if is_end { Ok(0) } else { Err(error) };
            }
        }
    }
}
