//! Reads OTLP as JSON: one request per line, or documents of many lines.

use std::io::{BufRead, Read};

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error, Value};

use super::record::{Origin, Refused};
use super::{LARGEST_MESSAGE, Reader, Unreadable, jaeger, json, zipkin};

/// The maximum size of a document of many lines, which is read at once, in bytes.
const LARGEST_DOCUMENT: usize = LARGEST_MESSAGE * 4;

impl Reader {
    pub(super) fn json(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let mut line = Vec::new();
        let mut unreadable = None;
        let mut readable = 0_usize;
        for number in 1.. {
            line.clear();
            let mut part = input.by_ref().take(LARGEST_MESSAGE as u64);
            let length = part.read_until(b'\n', &mut line);
            if length.map_err(|error| self.io(error))? == 0 {
                break;
            }
            let is_cut = part.limit() == 0 && line.last() != Some(&b'\n');
            self.place.at = format!(":{number}");
            if is_cut {
                input.skip_until(b'\n').map_err(|error| self.io(error))?;
                self.reject(format!(
                    "expected at most {LARGEST_MESSAGE} bytes in a line, found more; the line is left out"
                ));
                continue;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            // The first line may be only the beginning of a document.
            let is_document = readable == 0 && unreadable.is_none() && opens(&line);
            if is_document {
                self.place.at.clear();
                let mut rest = input.by_ref().take(LARGEST_DOCUMENT as u64);
                let length = rest.read_to_end(&mut line);
                length.map_err(|error| self.io(error))?;
            }
            let (found, refused) = self.documents(&line, (!is_document).then_some(number));
            readable += found;
            unreadable = unreadable.or(refused);
            if is_document {
                break;
            }
        }
        match unreadable {
            Some(error) if readable == 0 => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads the documents of a line, or of a whole file. Returns the number of OTLP documents, and the error of the
    /// first other document.
    fn documents(&mut self, text: &[u8], line: Option<usize>) -> (usize, Option<Unreadable>) {
        let text = String::from_utf8_lossy(text);
        let mut documents = Deserializer::from_str(&text).into_iter::<&RawValue>();
        let mut readable = 0;
        let mut refused = None;
        loop {
            let error = match documents.next() {
                None => return (readable, refused),
                Some(Err(error)) => {
                    if !error.is_eof() {
                        let row = line.unwrap_or(1) + error.line().saturating_sub(1);
                        self.place.at = format!(":{row}:{}", error.column());
                    }
                    error
                }
                Some(Ok(document)) => match self.document(document.get(), true) {
                    Ok(()) => {
                        readable += 1;
                        continue;
                    }
                    Err(error) => error,
                },
            };
            let found = match (error.is_eof(), line) {
                (true, Some(_)) => "found an incomplete line".to_owned(),
                (true, None) => "found an incomplete document".to_owned(),
                (false, _) => self.texts.text(&reason(&error)).to_string(),
            };
            let message = format!("expected requests of OTLP as JSON: {found}");
            refused = refused.or_else(|| Some(self.unreadable(&message)));
            self.note(message);
        }
    }

    /// Adds a document: a request, a list of requests or of their lists, or the format of another program.
    fn document(&mut self, text: &str, is_outermost: bool) -> Result<(), Error> {
        if text.starts_with('[') {
            let requests = serde_json::from_str(text)?;
            return json::each(requests, |it: &RawValue| self.document(it.get(), false));
        }
        let request: json::Request<'_> = serde_json::from_str(text)?;
        if let Some(inner) = request.inner.filter(|_| is_outermost) {
            return self.document(inner.get(), false);
        }
        if request.is_zipkin() {
            return self.add_zipkin(text);
        }
        request.check(text)?;
        self.resources += usize::from(request.metrics.is_some());
        let jaeger = json::each(request.jaeger, |it| self.add_jaeger(&it));
        let has_id = |it: &Span| !it.trace_id.is_empty();
        let has_time = |it: &LogRecord| it.time_unix_nano | it.observed_time_unix_nano != 0;
        let spans = json::each(request.spans, |it| self.add_records(&it, has_id, Self::add_span));
        let logs = json::each(request.logs, |it| self.add_records(&it, has_time, Self::add_log));
        jaeger.and(spans).and(logs)
    }

    fn add_zipkin(&mut self, text: &str) -> Result<(), Error> {
        let Some(span) = self.message(text, |_: &Value| true) else { return Ok(()) };
        let before = self.recording.spans.len();
        self.document(&zipkin::request(&span).to_string(), false)?;
        let added = self.recording.spans[before..].iter().filter(|_| zipkin::is_shared(&span));
        self.shared.extend(added.map(|it| (it.trace, it.id)));
        Ok(())
    }

    fn add_jaeger(&mut self, trace: &jaeger::Trace<'_>) -> Result<(), Error> {
        self.resources += 1;
        let processes = trace
            .processes
            .and_then(|it| self.message(it.get(), |_: &Value| true))
            .unwrap_or_default();
        json::each(trace.spans, |span: &RawValue| {
            if let Some(span) = self.message(span.get(), |_| true) {
                let request = jaeger::request(&span, &processes).to_string();
                // A span that cannot be read has been noted.
                let _ = self.document(&request, false);
            }
            Ok(())
        })
    }

    /// Adds a resource with its records, each of which `add` converts.
    fn add_records<T: DeserializeOwned>(
        &mut self,
        records: &json::Records<'_>,
        is_whole: fn(&T) -> bool,
        add: fn(&mut Self, T, &mut Origin<'_>) -> Result<(), Refused>,
    ) -> Result<(), Error> {
        self.resources += 1;
        let resource = self.encoded(records.resource, |it: &Resource| {
            let values = it.attributes.iter().map(|it| it.value.as_ref());
            values.flatten().all(|it| it.value.is_some())
        });
        json::each(records.scopes, |scope: json::Scope<'_>| {
            let scope_bytes = self.encoded(scope.scope, |_: &InstrumentationScope| true);
            let mut origin = Origin::new(&resource, scope_bytes);
            json::each(scope.records, |record: &RawValue| {
                let record = self.message(record.get(), is_whole);
                // The reason why a record is left out has been noted.
                let _ = record.map(|it| add(self, it, &mut origin));
                Ok(())
            })
        })
    }

    /// Reads a message and encodes it as protobuf. An unreadable message becomes an empty one.
    fn encoded<T>(&mut self, text: Option<&RawValue>, is_whole: fn(&T) -> bool) -> Vec<u8>
    where
        T: Message + Default + DeserializeOwned,
    {
        let message = text.and_then(|it| self.message(it.get(), is_whole));
        message.unwrap_or_default().encode_to_vec()
    }

    /// Reads a message. If that is impossible, the message is left out, with a note.
    fn message<T: DeserializeOwned>(&mut self, text: &str, is_whole: fn(&T) -> bool) -> Option<T> {
        self.make_room_for_json(text).ok()?;
        let message = json::message(text, is_whole);
        if let Err(error) = &message {
            let found = self.texts.text(&reason(error));
            self.reject(format!(
                "a span, a log record, a resource or a scope is left out, because it is not OTLP: {found}"
            ));
        }
        message.ok()
    }
}

/// Whether a line begins a longer document.
fn opens(line: &[u8]) -> bool {
    let error = serde_json::from_slice::<IgnoredAny>(line).err();
    error.is_some_and(|error| error.is_eof())
}

/// Returns the message of `serde_json` without the position, and without the value, which may be a secret.
fn reason(error: &Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(&*text, |(it, _)| it);
    let quoted = text.find(['`', '"']);
    match (quoted, text.rsplit_once(", expected ")) {
        (Some(at), Some((found, expected))) if at < found.len() => {
            let kind = text.get(..at).unwrap_or_default().trim_end();
            format!("{kind}, expected {expected}")
        }
        _ => text.to_owned(),
    }
}
