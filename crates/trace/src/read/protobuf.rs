//! Decodes OTLP as protobuf, one span or log record at a time.

use std::io::{BufRead, Read as _};

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::record::{Origin, Refused};
use super::wire::{Content, Damaged, Fields};
use super::{LARGEST_MESSAGE, Reader, Unreadable};

/// The number of records that are examined to distinguish spans from log records.
const LOOKED_AT: usize = 100;

const NO_OTLP: &str = "expected a complete OTLP message, found a part of one or something else";

#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Traces,
    Logs,
}

impl Signal {
    /// Detects the signal of a resource. Only a log record has numbers in the fields 1, 2 and 11.
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
    /// Reads the body of a request. Several requests in succession are read as one request.
    pub(super) fn protobuf(&mut self, input: impl BufRead) -> Result<(), Unreadable> {
        let mut request = Vec::new();
        let read = input.take(LARGEST_MESSAGE as u64 + 1).read_to_end(&mut request);
        if read.map_err(|error| self.io(error))? > LARGEST_MESSAGE {
            return self.damaged(&format!(
                "expected a request of at most {LARGEST_MESSAGE} bytes, found a longer one"
            ));
        }
        self.request(&request)
    }

    /// Adds a request: resources with their spans or log records.
    fn request(&mut self, request: &[u8]) -> Result<(), Unreadable> {
        let mut resources = Fields(request);
        loop {
            let begin = request.len() - resources.0.len();
            self.place.at = format!(", byte {begin}");
            let added = match resources.next() {
                None => return Ok(()),
                // Field 1 is the only field of a request.
                Some(Ok((1, Content::Bytes(resource)))) => self.add_resource(resource),
                Some(_) => Err(Damaged),
            };
            if added.is_err() {
                return self.damaged(NO_OTLP);
            }
        }
    }

    /// Adds a resource with its records. The resource is damaged if it has records of which none can be decoded.
    fn add_resource(&mut self, message: &[u8]) -> Result<(), Damaged> {
        let resource = Fields(message).message(1)?;
        let scopes = Fields(message).messages(2);
        let records = scopes.clone().flatten().flat_map(|scope| Fields(scope).messages(2));
        let signal = Signal::of(records.flatten());
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

    /// Notes damage that cannot be skipped, and returns it as the error that ends the file.
    fn damaged(&mut self, message: &str) -> Result<(), Unreadable> {
        self.note(message.to_owned());
        Err(self.unreadable(message))
    }
}
