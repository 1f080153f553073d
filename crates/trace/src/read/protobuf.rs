//! OTLP as protobuf, decoded one span or log record at a time.

use std::io::BufRead;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::record::{Origin, Refused};
use super::wire::{Content, Damaged, Fields};
use super::{LARGEST_MESSAGE, Reader, Unreadable, fill};

/// The number of records that are examined to tell spans from log records.
const LOOKED_AT: usize = 100;

const NO_OTLP: &str = "expected a message of OTLP, found something else";

/// The signal of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

impl Signal {
    /// Detects the signal of a resource. The first field of a span is an id; the first field of a log record is a
    /// number.
    fn of<'a>(records: impl Iterator<Item = &'a [u8]>) -> Self {
        let is_log = |record| {
            Fields(record)
                .flatten()
                .any(|field| matches!(field, (1 | 11, Content::Fixed) | (2, Content::Varint)))
        };
        if records.take(LOOKED_AT).any(is_log) { Self::Logs } else { Self::Traces }
    }
}

impl Reader {
    /// Reads a request of OTLP: the body over HTTP, or the message over gRPC. The name is for messages.
    ///
    /// # Errors
    /// The request is damaged. Unreadable records are [rejected](Self::rejected).
    pub fn read_request(
        &mut self,
        name: &str,
        signal: Signal,
        request: &[u8],
    ) -> Result<(), Unreadable> {
        self.at(name);
        for resource in Fields(request).messages(1) {
            let added = resource.and_then(|it| self.add_resource(Some(signal), it));
            if added.is_err() {
                return self.damaged("expected a request of OTLP, found something else");
            }
        }
        Ok(())
    }

    /// Reads messages with a length before each.
    pub(super) fn framed(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut offset = 0_usize;
        loop {
            self.place.at = format!(", byte {offset}");
            let mut length = [0; 4];
            match fill(&mut input, &mut length).map_err(|error| self.io(error))? {
                0 => return Ok(()),
                4 => {}
                _ => return self.cut(),
            }
            let length = u32::from_be_bytes(length) as usize;
            if length == 0 || length > LARGEST_MESSAGE {
                return self.damaged(&format!(
                    "expected a message of 1 to {LARGEST_MESSAGE} bytes, found one of {length}"
                ));
            }
            let mut message = vec![0; length];
            if fill(&mut input, &mut message).map_err(|error| self.io(error))? < length {
                return self.cut();
            }
            offset += 4 + length;
            if self.messages(message.as_slice()).is_err() {
                return self.damaged(NO_OTLP);
            }
        }
    }

    /// Reads the body of requests: resources with their spans or log records.
    pub(super) fn messages(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut offset = 0_usize;
        let is_framed = !self.place.at.is_empty();
        loop {
            if !is_framed {
                self.place.at = format!(", byte {offset}");
            }
            let mut byte = [0];
            if fill(&mut input, &mut byte).map_err(|error| self.io(error))? == 0 {
                return Ok(());
            }
            // Field 1, the only one of a request, of a type with a length.
            if byte != [0x0a] {
                return self.damaged(NO_OTLP);
            }
            let (mut length, mut shift) = (0_usize, 0);
            loop {
                if fill(&mut input, &mut byte).map_err(|error| self.io(error))? == 0 {
                    return self.cut();
                }
                length |= usize::from(byte[0] & 0x7f) << shift;
                shift += 7;
                offset += 1;
                if byte[0] < 0x80 {
                    break;
                }
                if shift > 28 {
                    return self.damaged(NO_OTLP);
                }
            }
            if length > LARGEST_MESSAGE {
                return self.damaged(&format!(
                    "expected a message of at most {LARGEST_MESSAGE} bytes, found one of {length}"
                ));
            }
            let mut message = vec![0; length];
            if fill(&mut input, &mut message).map_err(|error| self.io(error))? < length {
                return self.cut();
            }
            offset += 1 + length;
            if self.add_resource(None, &message).is_err() {
                return self.damaged("expected spans or log records of OTLP, found something else");
            }
        }
    }

    /// Adds a resource with its records. The resource is damaged if none of its records can be decoded.
    fn add_resource(&mut self, signal: Option<Signal>, message: &[u8]) -> Result<(), Damaged> {
        let resource = Fields(message).message(1)?;
        let scopes = Fields(message).messages(2);
        let signal = signal.unwrap_or_else(|| {
            let scopes = scopes.clone().flatten();
            Signal::of(scopes.flat_map(|scope| Fields(scope).messages(2)).flatten())
        });
        let (mut is_otlp, mut is_damaged) = (false, false);
        for scope in scopes {
            let scope = scope?;
            let mut origin = Origin::new(&resource, Fields(scope).message(1)?);
            for record in Fields(scope).messages(2) {
                let record = record?;
                match self.add_record(signal, &mut origin, record) {
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
        if is_damaged && !is_otlp {
            return Err(Damaged);
        }
        self.resources += 1;
        Ok(())
    }

    fn add_record(
        &mut self,
        signal: Signal,
        origin: &mut Origin<'_>,
        record: &[u8],
    ) -> Result<(), Refused> {
        self.make_room_for(record.len())?;
        match signal {
            Signal::Traces => {
                let span = Span::decode(record).map_err(|_| Refused::Damaged)?;
                self.add_span(span, origin)
            }
            Signal::Logs => {
                let log = LogRecord::decode(record).map_err(|_| Refused::Damaged)?;
                self.add_log(log, origin)
            }
        }
    }

    fn cut(&mut self) -> Result<(), Unreadable> {
        self.damaged("expected a whole message, found the end of the file")
    }

    /// Notes damage that cannot be skipped and ends the file.
    fn damaged(&mut self, message: &str) -> Result<(), Unreadable> {
        self.note(message.to_owned());
        Err(Unreadable::Format { message: format!("{}: {message}", self.place) })
    }
}
