//! OTLP as protobuf, decoded one span or log record at a time.

use std::io::{BufRead, Read as _};

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use prost::bytes::{Buf as _, Bytes};

use super::documents::LARGEST_DOCUMENT;
use super::record::{Origin, Refused};
use super::{LARGEST_MESSAGE, Reader, Unreadable};

const NO_OTLP: &str =
    "expected a whole message of OTLP, found something else, or the end of the file";

/// `ResourceSpans` or `ResourceLogs`, with records that are not decoded yet.
#[derive(Clone, PartialEq, Message)]
struct ResourceRecords {
    #[prost(bytes = "bytes", tag = "1")]
    resource: Bytes,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeRecords>,
}

/// `ScopeSpans` or `ScopeLogs`.
#[derive(Clone, PartialEq, Message)]
struct ScopeRecords {
    #[prost(bytes = "bytes", tag = "1")]
    scope: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    records: Vec<Bytes>,
}

impl Reader {
    /// Reads a request of OTLP: the body over HTTP, or the message over gRPC. The name is for messages.
    ///
    /// # Errors
    /// The request is damaged. Unreadable records are [rejected](Self::rejected).
    pub fn read_request(&mut self, name: &str, request: Vec<u8>) -> Result<(), Unreadable> {
        self.start_file(name);
        self.resources(request, 0)
    }

    /// Reads messages with a length before each.
    pub(super) fn framed(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut offset = 0_usize;
        loop {
            self.place.at = format!(", byte {offset}");
            let length = self.part(&mut input, 4)?;
            let Ok(prefix) = <[u8; 4]>::try_from(&*length) else {
                return if length.is_empty() { Ok(()) } else { self.damaged(NO_OTLP) };
            };
            let length = u32::from_be_bytes(prefix) as usize;
            if length == 0 || length > LARGEST_MESSAGE {
                return self.damaged(&format!(
                    "expected a message of 1 to {LARGEST_MESSAGE} bytes, found one of {length}"
                ));
            }
            let message = self.part(&mut input, length)?;
            self.resources(message, offset + 4)?;
            offset += 4 + length;
        }
    }

    /// Reads the bodies of requests.
    pub(super) fn bodies(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let bodies = self.part(&mut input, LARGEST_DOCUMENT)?;
        self.resources(bodies, 0)
    }

    fn part(&self, input: &mut impl BufRead, most: usize) -> Result<Vec<u8>, Unreadable> {
        let mut part = Vec::new();
        let read = input.take(most as u64).read_to_end(&mut part);
        read.map_err(|error| self.io(error))?;
        Ok(part)
    }

    /// Adds the resources of requests, which begin at an offset of the file.
    fn resources(&mut self, requests: Vec<u8>, offset: usize) -> Result<(), Unreadable> {
        let end = offset + requests.len();
        let mut requests = Bytes::from(requests);
        while !requests.is_empty() {
            self.place.at = format!(", byte {}", end - requests.len());
            // Field 1, the only one of a request, of a type with a length.
            let is_resource = requests.get_u8() == 0x0a;
            let length = prost::decode_length_delimiter(&mut requests).ok();
            let length = length.filter(|length| is_resource && *length <= requests.len());
            let resource = length.map(|length| requests.split_to(length));
            if !resource.is_some_and(|resource| self.add_resource(resource)) {
                return self.damaged(NO_OTLP);
            }
        }
        Ok(())
    }

    /// Adds a resource with its records. Returns whether it is OTLP: at least one of its records can be decoded, or it has
    /// none.
    fn add_resource(&mut self, message: Bytes) -> bool {
        // An empty record has two bytes.
        if self.make_room(message.len().saturating_mul(size_of::<Bytes>() / 2)).is_err() {
            return true;
        }
        let Ok(ResourceRecords { resource, scopes }) = ResourceRecords::decode(message) else {
            return false;
        };
        let (mut is_otlp, mut is_damaged) = (false, false);
        for ScopeRecords { scope, records } in scopes {
            let mut origin = Origin::new(&resource, scope.into());
            for record in records {
                match self.add_record(&mut origin, &record) {
                    Ok(()) | Err(Refused::Full) => is_otlp = true,
                    Err(Refused::Damaged) => {
                        is_damaged = true;
                        self.reject(
                            "expected a span or a log record of OTLP, found something else; it is left out",
                        );
                    }
                }
            }
        }
        self.resources += usize::from(is_otlp || !is_damaged);
        is_otlp || !is_damaged
    }

    /// Adds a span or a log record. The first fields of spans are ids, those of log records are numbers, so none is both.
    fn add_record(&mut self, origin: &mut Origin<'_>, record: &[u8]) -> Result<(), Refused> {
        self.make_room_for(record.len())?;
        if let Ok(span) = Span::decode(record) {
            return self.add_span(span, origin);
        }
        let log = LogRecord::decode(record).map_err(|_| Refused::Damaged)?;
        self.add_log(log, origin)
    }

    /// Notes damage that cannot be skipped and ends the file.
    fn damaged(&mut self, message: &str) -> Result<(), Unreadable> {
        self.note(message.to_owned());
        Err(Unreadable::Format { message: format!("{}: {message}", self.place) })
    }
}
