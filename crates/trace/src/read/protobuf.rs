//! Decodes OTLP as protobuf, one span or log record at a time.

use std::io::{BufRead, Read as _};
use std::iter;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use prost::bytes::Bytes;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::record::{Origin, Refused};
use super::{LARGEST_MESSAGE, Reader, Unreadable};

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
        let request = Bytes::from(request);
        let mut rest = request.clone();
        while !rest.is_empty() {
            self.place.at = format!(", byte {}", request.len() - rest.len());
            if self.next_resource(&mut rest).is_none() {
                return self.damaged(
                    "expected a complete OTLP message, found a part of one or something else",
                );
            }
        }
        Ok(())
    }

    /// Adds the next resource with its records. The resource is damaged if it has records of which none can be decoded.
    fn next_resource(&mut self, rest: &mut Bytes) -> Option<()> {
        // Field 1 is the only field of a request.
        let (_, resource) = field(rest).filter(|(number, _)| *number == 1)?;
        let attributes = joined(&resource)?;
        let mut is_otlp = false;
        let mut is_damaged = false;
        for scope in messages(resource, 2) {
            let scope = scope?;
            let mut origin = Origin::new(&attributes, joined(&scope)?);
            for record in messages(scope, 2) {
                match self.add_record(&mut origin, record?) {
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
        self.resources += 1;
        (is_otlp || !is_damaged).then_some(())
    }

    fn add_record(&mut self, origin: &mut Origin<'_>, record: Bytes) -> Result<(), Refused> {
        self.make_room_for(record.len())?;
        // A log record has numbers where a span has its id, its events and the id of its trace.
        if let Ok(span) = Span::decode(record.clone()) {
            return self.add_span(span, origin);
        }
        let log = LogRecord::decode(record).map_err(|_| Refused::Damaged)?;
        self.add_log(log, origin)
    }

    /// Notes damage that cannot be skipped, and returns it as the error that ends the file.
    fn damaged(&mut self, message: &str) -> Result<(), Unreadable> {
        self.note(message.to_owned());
        Err(self.unreadable(message))
    }
}

/// Takes the next field of a message, with its number. A field that is no message is empty.
fn field(message: &mut Bytes) -> Option<(u32, Bytes)> {
    let (number, kind) = decode_key(message).ok()?;
    if kind != WireType::LengthDelimited {
        skip_field(kind, number, message, DecodeContext::default()).ok()?;
        return Some((number, Bytes::new()));
    }
    let length = usize::try_from(decode_varint(message).ok()?).ok()?;
    (length <= message.len()).then(|| (number, message.split_to(length)))
}

/// Returns the contents of the fields with this number, and `None` at a damaged field, which is the last one.
fn messages(mut message: Bytes, wanted: u32) -> impl Iterator<Item = Option<Bytes>> {
    iter::from_fn(move || {
        while !message.is_empty() {
            match field(&mut message) {
                None => {
                    message.clear();
                    return Some(None);
                }
                Some((number, content)) if number == wanted => return Some(Some(content)),
                Some(_) => {}
            }
        }
        None
    })
}

/// Returns the content of field 1. Repeated occurrences are joined, which decodes as protobuf's merge.
fn joined(message: &Bytes) -> Option<Vec<u8>> {
    messages(message.clone(), 1).try_fold(Vec::new(), |mut all, part| {
        all.extend(part?);
        Some(all)
    })
}
