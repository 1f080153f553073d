//! Frames of HTTP/2 ([RFC 9113](https://www.rfc-editor.org/rfc/rfc9113#name-frame-definitions)), for
//! responses that no library would send.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

/// The kinds of the frames that begin a request and that set limits.
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

/// The number of the stream of a connection's first request.
const FIRST: u32 = 1;

pub(crate) fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

/// Returns settings with the maximum number of requests at the same time.
pub(crate) fn settings_with_limit(requests: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&[0, 3][..], &requests.to_be_bytes()].concat())
}

/// Answers a connection. If the answer begins with [`settings`], its rest follows the request.
pub(crate) fn answer(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let settings = settings();
    stream.read_exact(&mut [0; 24])?;
    let Some(rest) = bytes.strip_prefix(&*settings) else {
        return stream.write_all(bytes);
    };
    stream.write_all(&settings)?;
    while !is_request(stream)? {}
    stream.write_all(rest)
}

/// Reads a frame, and returns whether it begins a request.
pub(crate) fn is_request(stream: &mut TcpStream) -> io::Result<bool> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let [high, middle, low, kind, ..] = head;
    let length = u32::from_be_bytes([0, high, middle, low]);
    io::copy(&mut stream.take(length.into()), &mut io::sink())?;
    Ok(kind == HEADERS)
}

/// Returns the response to an accepted request.
pub(crate) fn accepted() -> Vec<u8> {
    let status = [&[0, 11][..], b"grpc-status", &[1], b"0"].concat();
    [headers(), message(0, b""), frame(HEADERS, 0x5, FIRST, &status)].concat()
}

/// Returns the headers of a successful gRPC response.
pub(crate) fn headers() -> Vec<u8> {
    frame(1, 0x4, FIRST, &success())
}

pub(crate) fn compressed_headers() -> Vec<u8> {
    let mut block = success();
    block.extend_from_slice(&[0, 13]);
    block.extend_from_slice(b"grpc-encoding");
    block.push(4);
    block.extend_from_slice(b"gzip");
    frame(1, 0x4, FIRST, &block)
}

/// Encodes `:status: 200` and `content-type: application/grpc`.
fn success() -> Vec<u8> {
    let mut block = vec![0x88, 0x5f, 16];
    block.extend_from_slice(b"application/grpc");
    block
}

/// Returns a page with this status, and the end of the connection. The content type is `text/html` if `has_type`.
pub(crate) fn page(status: u16, has_type: bool) -> Vec<u8> {
    let mut headers = vec![0x08, 3];
    headers.extend_from_slice(status.to_string().as_bytes());
    if has_type {
        headers.extend_from_slice(&[0x5f, 9]);
        headers.extend_from_slice(b"text/html");
    }
    [
        frame(1, 0x4, FIRST, &headers),
        frame(0, 0x1, FIRST, b"<html><body>an error</body></html>"),
        end(),
    ]
    .concat()
}

/// Returns `GOAWAY`: the server closes the connection after the response to the first request.
pub(crate) fn end() -> Vec<u8> {
    frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0])
}

/// Returns the beginning of headers that have no end.
pub(crate) fn open_headers() -> Vec<u8> {
    frame(1, 0, FIRST, &[0x88])
}

pub(crate) fn more_headers() -> Vec<u8> {
    let mut block = Vec::new();
    for _ in 0..100 {
        block.extend_from_slice(&[0, 1, b'a', 126]);
        block.extend_from_slice(&[b'x'; 126]);
    }

    frame(9, 0, FIRST, &block)
}

/// Returns a frame that begins a gRPC message of `length` bytes and contains `part` of it.
pub(crate) fn message(length: u32, part: &[u8]) -> Vec<u8> {
    data_of(0, length, part)
}

pub(crate) fn compressed_message(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    // A frame has at most 16 KiB.
    let mut parts = message.chunks(16_000);
    let mut frames = data_of(1, length, parts.next().unwrap_or_default());
    for part in parts {
        frames.extend(frame(0, 0, FIRST, part));
    }
    frames
}

fn data_of(flag: u8, length: u32, part: &[u8]) -> Vec<u8> {
    let mut data = vec![flag];
    data.extend_from_slice(&length.to_be_bytes());
    data.extend_from_slice(part);
    frame(0, 0, FIRST, &data)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}
