//! OTLP as JSON: one request per line, or documents of many lines.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;
use serde::de::IgnoredAny;

use super::record::Origin;
use super::{LARGEST_MESSAGE, Reader, Unreadable, json};

/// The maximum size of a document of many lines, which is read at once.
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
                skip_line(&mut input).map_err(|error| self.io(error))?;
                self.reject(format!(
                    "expected at most {LARGEST_MESSAGE} bytes in a line, found more; it is left out"
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

    /// Reads the documents of a line, or of a whole file. Returns the number of documents that are OTLP, and the reason
    /// why the first other one is not.
    fn documents(&mut self, text: &[u8], line: Option<usize>) -> (usize, Option<Unreadable>) {
        let room = self.max_bytes.saturating_sub(self.bytes());
        let memory = json::Memory::of(text, room);
        if memory.decoded > room {
            return (0, Some(self.too_large(memory.decoded)));
        }
        let mut text = Cow::Borrowed(text);
        let (mut readable, mut refused) = (0, None);
        let (mut begin, mut above) = (0, line.unwrap_or(1));
        loop {
            let rest = text.get(begin..).unwrap_or_default();
            if rest.trim_ascii().is_empty() {
                return (readable, refused);
            }
            let error = match json::document(rest, memory.mended <= room) {
                Ok(document) => {
                    begin += document.end;
                    if document.has_metrics() {
                        self.resources += 1;
                    }
                    let (is_otlp, message) = self.document(document);
                    readable += usize::from(is_otlp);
                    refused = refused.or(message);
                    continue;
                }
                Err(error) => error,
            };
            let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count() - 1;
            above += lines(text.get(..begin).unwrap_or_default());
            if let Cow::Owned(whole) = json::with_whole_characters(rest) {
                (text, begin) = (Cow::Owned(whole), 0);
                continue;
            }
            let found = match (error.is_eof(), line) {
                (true, Some(_)) => "a line that is cut".to_owned(),
                (true, None) => "a document that is cut".to_owned(),
                (false, _) => {
                    let line = above + error.line() - 1;
                    self.place.at = format!(":{line}:{}", error.column());
                    self.texts.redacted(&reason(&error))
                }
            };
            let message = format!("expected requests of OTLP as JSON, found {found}");
            let error = self.refused(message);
            return (readable, refused.or(Some(error)));
        }
    }

    /// Notes that a text would exceed the memory.
    fn too_large(&mut self, memory: usize) -> Unreadable {
        let most = self.max_bytes >> 20;
        let reason = if memory > self.max_bytes {
            let found = memory >> 20;
            format!(
                "expected JSON that takes at most {most} MiB of memory, found about {found} MiB; it is left out"
            )
        } else {
            self.full()
        };
        let message = format!("{}: {reason}", self.place);
        self.reject(reason);
        Unreadable::TooLarge { message }
    }

    /// Notes a text that is no OTLP.
    fn refused(&mut self, message: String) -> Unreadable {
        let error = Unreadable::Format { message: format!("{}: {message}", self.place) };
        self.note(message);
        error
    }

    /// Adds a document. Returns whether it is OTLP, with the reason otherwise.
    fn document(&mut self, document: json::Document) -> (bool, Option<Unreadable>) {
        for error in &document.reasons {
            let found = self.texts.redacted(&reason(error));
            self.reject(format!(
                "expected a span or a log record of OTLP, found {found}; it is left out"
            ));
        }
        let is_foreign = !document.foreign.is_empty();
        let mut is_otlp = !is_foreign;
        let mut refused = None;
        for request in document.requests {
            if !request.is_empty() {
                is_otlp = true;
                let spans = request.spans.into_iter().flatten();
                spans.for_each(|it| self.add_spans(it));
                let logs = request.logs.into_iter().flatten();
                logs.for_each(|it| self.add_logs(it));
                continue;
            }
            let found = if is_foreign {
                let fields = document.foreign.iter().map(|it| format!("`{it}`"));
                let fields = self.texts.redacted(&fields.collect::<Vec<_>>().join(", "));
                document.format.map_or_else(|| fields.clone(), |it| format!("{fields}, as of {it}"))
            } else {
                "none of them".to_owned()
            };
            refused = Some(self.refused(format!(
                "expected `resourceSpans`, `resourceLogs` or `resourceMetrics`, found {found}"
            )));
        }
        (is_otlp, refused)
    }

    fn add_spans(&mut self, spans: ResourceSpans) {
        let resource = spans.resource.unwrap_or_default().encode_to_vec();
        self.resources += 1;
        for scope in spans.scope_spans {
            let scope_bytes = scope.scope.unwrap_or_default().encode_to_vec();
            let mut origin = Origin::new(&resource, scope_bytes);
            for span in scope.spans {
                // Why it was refused has been noted.
                let _ = self.make_room(0).and_then(|()| self.add_span(span, &mut origin));
            }
        }
    }

    fn add_logs(&mut self, logs: ResourceLogs) {
        let resource = logs.resource.unwrap_or_default().encode_to_vec();
        self.resources += 1;
        for scope in logs.scope_logs {
            let scope_bytes = scope.scope.unwrap_or_default().encode_to_vec();
            let mut origin = Origin::new(&resource, scope_bytes);
            for log in scope.log_records {
                let _ = self.make_room(0).and_then(|()| self.add_log(log, &mut origin));
            }
        }
    }
}

/// Whether a line begins a longer document.
fn opens(line: &[u8]) -> bool {
    let error = serde_json::from_slice::<IgnoredAny>(line).err();
    error.is_some_and(|error| error.is_eof())
}

/// The message of `serde_json`, without the place, and without the value, which may be a secret.
fn reason(error: &serde_json::Error) -> String {
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

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok(());
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(part.len(), |end| end + 1);
        input.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}
