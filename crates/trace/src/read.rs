//! Reads OTLP: JSON lines, JSON documents and protobuf, compressed with gzip or not.
//!
//! floe-telemetry's exporter `otlp_file` and the Collector's file exporter write JSON lines; protobuf is the body of an
//! OTLP request. An unreadable part becomes a [`Note`] with its place, and the rest is read if possible.

mod documents;
mod jaeger;
mod json;
mod protobuf;
mod record;
mod zipkin;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use rustc_hash::{FxHashMap, FxHashSet};
use thiserror::Error;

use crate::span::{Kind, Note, Recording, SpanId, TraceId};
use crate::text::Texts;

/// The maximum size of a line or a message, in bytes.
pub const LARGEST_MESSAGE: usize = 64 << 20;

const MOST_NOTES: usize = 100;
const MOST_BYTES: usize = 1 << 30;

/// Reads OTLP into one [`Recording`].
///
/// All texts are redacted with the default level of floe-redact, which also removes personal data: a text without them
/// does not prove that a program has not sent them.
///
/// ```
/// use floe_trace::read::Reader;
///
/// let mut reader = Reader::new();
/// reader.read(
///     "example",
///     br#"{"resourceSpans": [{"scopeSpans": [{"spans": [{
///         "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "load",
///         "startTimeUnixNano": "1000", "endTimeUnixNano": "3000"}]}]}]}"#.as_slice(),
/// )?;
/// let recording = reader.finish();
/// assert_eq!(&*recording.spans[0].name, "load");
/// assert_eq!(recording.spans[0].duration(), 2000);
/// # Ok::<(), floe_trace::read::Unreadable>(())
/// ```
#[derive(Debug, Default)]
pub struct Reader {
    recording: Recording,
    texts: Texts,
    notes: FxHashMap<String, usize>,
    sources: FxHashMap<Vec<u8>, usize>,
    /// The spans of Zipkin that a client and a server share.
    shared: FxHashSet<(TraceId, SpanId)>,
    /// An estimate of the memory of all records without their texts, in bytes.
    bytes: usize,
    max_bytes: Option<usize>,
    rejected: Option<Rejected>,
    resources: usize,
    place: Place,
}

/// Spans and log records that were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The number of records. A message that is left out as a whole counts as one.
    pub records: usize,
    /// The reason why the first record was left out.
    pub reason: String,
}

#[derive(Clone, Debug, Default)]
struct Place {
    file: String,
    /// The place within the file: `:12`, or `, byte 12`.
    at: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.file, self.at)
    }
}

/// The reason why a whole file was left out: the file cannot be read, or is not OTLP.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Unreadable {
    message: String,
    source: Option<io::Error>,
}

impl Reader {
    /// Creates a reader that keeps at most about 1 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limit of the estimated memory of spans and log records, including their decoding, in bytes. Records
    /// beyond the limit are left out and counted in a note. Default: 1 GiB.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Returns the recording, with [corrected clocks](Recording::correct_clocks).
    #[must_use]
    pub fn finish(self) -> Recording {
        let mut recording = self.into_recording();
        recording.correct_clocks();
        recording
    }

    /// Returns the recording, with the times as recorded.
    #[must_use]
    pub fn into_recording(mut self) -> Recording {
        if !self.shared.is_empty() {
            let clients = self.recording.spans.iter_mut().filter(|it| it.kind == Kind::Client);
            let shared = clients.filter(|it| self.shared.contains(&(it.trace, it.id)));
            shared.for_each(|it| it.id = zipkin::client(it.id));
        }
        self.recording
    }

    /// Returns the number of spans and log records that were left out so far, and the reason for the first.
    #[must_use]
    pub const fn rejected(&self) -> Option<&Rejected> {
        self.rejected.as_ref()
    }

    /// Returns an estimate of the memory of the recording, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes + self.texts.bytes
    }

    /// Reads a file to its end. The name is for messages.
    ///
    /// # Errors
    /// The file cannot be read, or contains no OTLP. Damage in a file with some OTLP becomes a note.
    pub fn read(&mut self, name: &str, input: impl Read) -> Result<(), Unreadable> {
        self.place = Place { file: name.to_owned(), at: String::new() };
        let mut input = BufReader::with_capacity(1 << 16, input);
        let begin = input.fill_buf().map_err(|error| self.io(error))?;
        if begin.starts_with(&[0x1f, 0x8b]) {
            let decoder = MultiGzDecoder::new(input);
            self.uncompressed(BufReader::with_capacity(1 << 16, decoder))
        } else {
            self.uncompressed(input)
        }
    }

    fn uncompressed(&mut self, mut input: impl BufRead) -> Result<(), Unreadable> {
        let before = self.resources;
        let notes = self.recording.notes.len();
        let format = format_of(&mut input).map_err(|error| self.io(error))?;
        let result = match format {
            Format::Json => self.json(input),
            Format::Protobuf => self.protobuf(input),
            Format::Other(found) => {
                Err(self.unreadable(&format!("expected OTLP, as JSON or protobuf, found {found}")))
            }
        };
        let Err(error) = result else {
            return Ok(());
        };
        if before == self.resources {
            // The notes about the file are dropped, because the error replaces them.
            self.recording.notes.truncate(notes);
            self.notes.retain(|_, at| *at < notes);
            return Err(error);
        }
        if let Some(source) = error.source {
            self.place.at.clear();
            self.note(format!("the rest of the file cannot be read: {source}"));
        }
        Ok(())
    }

    fn io(&self, source: io::Error) -> Unreadable {
        let message = format!("{}: cannot be read: {source}", self.place.file);
        Unreadable { message, source: Some(source) }
    }

    fn unreadable(&self, message: &str) -> Unreadable {
        Unreadable { message: format!("{}: {message}", self.place), source: None }
    }

    /// Counts a record that is left out, and notes the reason.
    fn reject(&mut self, reason: impl Into<Cow<'static, str>>) {
        let reason = reason.into();
        let rejected = self
            .rejected
            .get_or_insert_with(|| Rejected { records: 0, reason: reason.clone().into_owned() });
        rejected.records += 1;
        self.note(reason);
    }

    fn note(&mut self, message: impl Into<Cow<'static, str>>) {
        let message = message.into();
        // Millions of records may be left out for one reason, so equal notes are only counted.
        let notes = &mut self.recording.notes;
        if let Some(known) = self.notes.get(&*message) {
            if let Some(note) = notes.get_mut(*known) {
                note.times += 1;
            }
        } else if notes.len() < MOST_NOTES {
            let message = message.into_owned();
            self.notes.insert(message.clone(), notes.len());
            notes.push(Note { place: self.place.to_string(), message, times: 1 });
        }
    }
}

enum Format {
    Json,
    Protobuf,
    Other(&'static str),
}

/// Detects the format from the beginning of a file, after a byte order mark and blanks.
fn format_of(input: &mut impl BufRead) -> io::Result<Format> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    loop {
        let begin = input.fill_buf()?;
        let length = begin.len();
        let text = begin.trim_ascii_start();
        return Ok(match (begin, text) {
            ([], _) => Format::Other("an empty file"),
            (_, []) => {
                input.consume(length);
                continue;
            }
            // Protobuf begins with the byte of a newline, and then with a length, which may be the byte of a bracket.
            ([0x0a, ..], [b'{', rest @ ..]) if opens_object(rest) => Format::Json,
            ([0x0a, ..], [b'[', rest @ ..]) if rest.trim_ascii_start().starts_with(b"{") => {
                Format::Json
            }
            ([0x0a, ..], _) => Format::Protobuf,
            (_, [b'{' | b'[', ..]) => Format::Json,
            ([0, ..], _) => Format::Other("a zero byte, as in the Collector's `format: proto`"),
            _ => Format::Other("something else"),
        });
    }
}

fn opens_object(text: &[u8]) -> bool {
    match text.trim_ascii_start() {
        [b'"', first, ..] => first.is_ascii_alphabetic(),
        [b'}', ..] => true,
        _ => false,
    }
}
