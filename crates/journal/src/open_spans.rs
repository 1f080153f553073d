//! The spans that were open when their process ended, as a request.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use floe_thread_context::{KeptSpan, KeptSpans};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

use crate::owner::{Owner, existing, lock_for, open};
use crate::segment::{Kind, Segment};

/// The largest file of open spans.
const MAX_FILE: u64 = 130 * 1024 * 1024;

/// The most spans of a request, which has some 400 KB then.
const MAX_SPANS: usize = 1000;

/// The flag of a trace whose spans are sampled.
const SAMPLED: u32 = 1;

/// The spans that were open when their process ended.
#[derive(Debug)]
pub(crate) struct OpenSpans {
    path: PathBuf,
    kept: KeptSpans,
    /// The last time at which the process is known to have been alive.
    end: u64,
}

impl OpenSpans {
    /// Reads the file of a process that has these `records`. `None` if it has no such file.
    pub(crate) fn read(of: &Owner, records: &[PathBuf], stays: bool) -> io::Result<Option<Self>> {
        let path = of.spans();
        let file = match open(&path, &existing(stays)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut kept = KeptSpans::default();
        // Else they were made records by a process that was interrupted before it had removed the file.
        if !records.contains(&of.records("open")) {
            let mut content = Vec::new();
            file.take(MAX_FILE).read_to_end(&mut content)?;
            kept = KeptSpans::read(&content).ok_or_else(|| {
                let message = "expected spans of version 1, found another kind of file";
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
        }
        let lock = lock_for(&path);
        let written = records.iter().chain([&path, &lock]);
        let end = written.filter_map(written_at).max().unwrap_or_default();
        let starts = kept.spans.iter().map(|span| span.since);
        let end = starts.fold(end, u64::max);
        Ok(Some(Self { path, kept, end }))
    }

    /// The spans as requests of bounded size.
    pub(crate) fn requests(&self) -> impl Iterator<Item = Vec<u8>> {
        let spans = self.kept.spans.chunks(MAX_SPANS);
        spans.map(|spans| request(&self.kept.label, spans, self.end).encode_to_vec())
    }

    /// All requests are taken: removes the file, unless it `stays`.
    ///
    /// # Errors
    ///
    /// It cannot be removed, or was damaged, so that some spans are missing.
    pub(crate) fn taken(self, stays: bool) -> io::Result<()> {
        if !stays {
            let _ = fs::remove_file(self.path.with_extension("draft"));
            fs::remove_file(&self.path)?;
        }
        let damaged = |damage| Err(io::Error::new(io::ErrorKind::InvalidData, damage));
        self.kept.damage.map_or(Ok(()), damaged)
    }
}

/// Makes the open spans of a process that has ended a file of records, which becomes the last one of `records`.
///
/// If it is interrupted, the next attempt does what is left.
pub(crate) fn as_records(of: &Owner, records: &mut Vec<PathBuf>, has_room: bool) -> io::Result<()> {
    let Some(open) = OpenSpans::read(of, records, false)? else {
        return Ok(());
    };
    if open.kept.spans.is_empty() {
        return open.taken(false);
    }
    if !has_room {
        open.taken(false)?;
        let message = "they are lost, because the journal is full";
        return Err(io::Error::new(io::ErrorKind::StorageFull, message));
    }
    let (draft, made) = (open.path.with_extension("draft"), of.records("open"));
    let _ = fs::remove_file(&draft);
    let mut segment = Segment::create(draft.clone())?;
    for request in open.requests() {
        segment.append(Kind::Traces, &request)?;
    }
    fs::rename(&draft, &made)?;
    records.push(made);
    open.taken(false)
}

/// When a file was written last, in nanoseconds since 1970.
fn written_at(path: &PathBuf) -> Option<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// Spans of a resource, which end at `end`, the last time at which the process is known to have been alive.
fn request(resource: &[u8], spans: &[KeptSpan], end: u64) -> ExportTraceServiceRequest {
    let mut scopes: Vec<ScopeSpans> = Vec::new();
    for span in spans {
        let scope = scope(span);
        let of = |spans: &ScopeSpans| spans.scope.as_ref().is_some_and(|found| found.name == scope);
        let at = scopes.iter().position(of).unwrap_or_else(|| {
            scopes.push(ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: scope.to_owned(),
                    ..InstrumentationScope::default()
                }),
                ..ScopeSpans::default()
            });
            scopes.len() - 1
        });
        scopes[at].spans.push(recorded(span, end));
    }
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource::decode(resource).unwrap_or_default()),
            scope_spans: scopes,
            ..ResourceSpans::default()
        }],
    }
}

/// The crate of the function, which is the scope of spans that name no other one.
fn scope(span: &KeptSpan) -> &str {
    let function = attribute(span, "code.function.name").unwrap_or_default();
    function.split("::").next().unwrap_or_default()
}

fn attribute<'s>(span: &'s KeptSpan, key: &str) -> Option<&'s str> {
    let found = span.attributes.iter().find(|(of, _)| *of == key);
    found.map(|(_, value)| &**value)
}

fn recorded(span: &KeptSpan, end: u64) -> Span {
    let text = |value: &str| Value::StringValue(value.to_owned());
    let of_code = span.attributes.iter().filter_map(|(key, value)| {
        let value = match *key {
            "floe.span.name" => return None,
            "code.line.number" => value.parse().map_or_else(|_| text(value), Value::IntValue),
            _ => text(value),
        };
        Some((*key, value))
    });
    let crashed = [("error.type", text("crashed")), ("floe.crashed", Value::BoolValue(true))];
    let attributes = of_code.chain(crashed).map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    });
    let parent = if span.parent == [0; 8] { Vec::new() } else { span.parent.to_vec() };
    Span {
        trace_id: span.trace_id.to_vec(),
        span_id: span.span_id.to_vec(),
        parent_span_id: parent,
        flags: SAMPLED,
        name: attribute(span, "floe.span.name").unwrap_or("unknown").to_owned(),
        kind: SpanKind::Internal as i32,
        start_time_unix_nano: span.since,
        end_time_unix_nano: end.max(span.since),
        attributes: attributes.collect(),
        status: Some(Status {
            code: StatusCode::Error as i32,
            message: "the process ended while the span was open".to_owned(),
        }),
        ..Span::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::thread;

    use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::{Journal, Recovered, recover};

    const BLOCK: usize = 64 * 1024;

    /// The stem of a process that has ended, in a folder.
    fn ended() -> (TempDir, PathBuf) {
        let folder = tempdir().unwrap();
        let stem = folder.path().join("00-1");
        fs::write(stem.with_extension("lock"), "").unwrap();
        (folder, stem)
    }

    /// What a process has left that had so many open spans.
    fn write_spans(stem: &Path, spans: u64) {
        let mut file = vec![0; BLOCK];
        file[..8].copy_from_slice(b"floespn\x01");
        for (block, spans) in (1..=spans).collect::<Vec<_>>().chunks(BLOCK / 64).enumerate() {
            file[32 + block] = 1;
            for id in spans {
                let place = [1, 1, *id, 0, 100 + id, 0, 0, 0];
                file.extend(place.iter().flat_map(|word| word.to_ne_bytes()));
            }
            file.resize((block + 2) * BLOCK, 0);
        }
        fs::write(stem.with_extension("spans"), file).unwrap();
    }

    /// What is recovered.
    fn all(folder: &Path, stays: bool) -> (Recovered, Vec<(Kind, Vec<u8>)>) {
        let mut requests = Vec::new();
        let found = recover(folder, stays, |kind, request| {
            requests.push((kind, request.to_vec()));
            Ok(())
        });
        (found.unwrap(), requests)
    }

    /// The spans that are recovered, by request.
    fn recovered(folder: &Path) -> (Recovered, Vec<Vec<Span>>) {
        let (found, requests) = all(folder, false);
        let spans = |(kind, request): (Kind, Vec<u8>)| {
            assert_eq!(kind, Kind::Traces);
            let request = ExportTraceServiceRequest::decode(&*request).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
            scopes.flat_map(|it| it.spans).collect()
        };
        (found, requests.into_iter().map(spans).collect())
    }

    /// Each span is recovered once, and nothing stays.
    fn assert_recovered(folder: &Path, spans: u64) {
        let (found, requests) = recovered(folder);
        let processes = usize::from(spans > 0);
        assert_eq!((found.processes, found.problems), (processes, Vec::new()));
        let ids = requests.iter().flatten().map(|span| &span.span_id[..]);
        let expected = (1..=spans).map(u64::to_ne_bytes).collect::<Vec<_>>();
        assert_eq!(ids.collect::<Vec<_>>(), expected);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
        assert_eq!(recovered(folder), (Recovered::default(), Vec::new()));
    }

    #[test]
    fn open_spans_are_requests_of_bounded_size() {
        let (folder, stem) = ended();
        write_spans(&stem, 2500);
        let (_, requests) = recovered(folder.path());
        assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1000, 500]);
        let ends: Vec<_> = requests.iter().flatten().map(|it| it.end_time_unix_nano).collect();
        // When the process was last known to be alive.
        assert!(ends.iter().all(|end| *end == ends[0] && *end > 1 << 60));
    }

    /// The states in which an adoption may stop.
    #[test]
    fn an_adoption_that_is_interrupted_reports_each_span_once() {
        let (folder, stem) = ended();
        write_spans(&stem, 3);
        assert_recovered(folder.path(), 3);

        let (folder, stem) = ended();
        write_spans(&stem, 3);
        fs::write(stem.with_extension("draft"), "floejnl\x01 and more").unwrap();
        assert_recovered(folder.path(), 3);

        let made = |stem: &Path| {
            write_spans(stem, 3);
            let owner = Owner::adopt(stem.to_owned(), false).unwrap().unwrap();
            let mut records = Vec::new();
            as_records(&owner, &mut records, true).unwrap();
            records.pop().unwrap()
        };
        let (folder, stem) = ended();
        let _ = made(&stem);
        assert!(!stem.with_extension("spans").exists());
        assert_recovered(folder.path(), 3);

        let (folder, stem) = ended();
        let _ = made(&stem);
        write_spans(&stem, 3);
        assert_recovered(folder.path(), 3);

        // The heir has died, too, before and after it had removed the lock.
        for has_lock in [true, false] {
            let (folder, stem) = ended();
            let heir = Owner::create(folder.path()).unwrap();
            let made = made(&stem);
            fs::rename(&made, heir.adopted(&made)).unwrap();
            if !has_lock {
                fs::remove_file(stem.with_extension("lock")).unwrap();
            }
            drop(heir);
            let (found, requests) = recovered(folder.path());
            assert_eq!((found.processes, requests.concat().len()), (1, 3));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn who_cannot_write_to_the_folder_can_read_all_of_it() {
        let folder = tempdir().unwrap();
        let (journal, _) = Journal::open(folder.path(), 1 << 20).unwrap();
        journal.append(Kind::Logs, b"one").unwrap();
        drop(journal);
        let stem = folder.path().join("00-1");
        fs::write(stem.with_extension("lock"), "").unwrap();
        write_spans(&stem, 3);
        let set_mode = |path: &Path, mode| {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        };
        for file in fs::read_dir(folder.path()).unwrap() {
            set_mode(&file.unwrap().path(), 0o444);
        }
        set_mode(folder.path(), 0o555);
        let path = folder.path().to_owned();
        let stranger = move || {
            // So that root may not write either, on this thread alone.
            let none = CapabilitySet::empty();
            let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
            set_capabilities(None, none).unwrap();
            let error = recover(&path, false, |_, _| Ok(())).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            all(&path, true)
        };
        let read = thread::spawn(stranger).join().unwrap();
        set_mode(folder.path(), 0o755);
        assert_eq!((read.0.requests, read.0.processes), (2, 2));
        for file in fs::read_dir(folder.path()).unwrap() {
            set_mode(&file.unwrap().path(), 0o644);
        }
        assert_eq!(read, all(folder.path(), false));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_of_another_version_stays() {
        let (folder, stem) = ended();
        let spans = stem.with_extension("spans");
        fs::write(&spans, "floespn\x02").unwrap();
        for _ in 0..2 {
            let (found, requests) = recovered(folder.path());
            let message = "expected spans of version 1, found another kind of file";
            assert!(found.problems[0].ends_with(message), "{found:?}");
            assert_eq!((found.problems.len(), requests.len()), (1, 0));
        }
        assert_eq!(fs::read(spans).unwrap(), b"floespn\x02");
    }

    #[test]
    fn a_file_that_is_cut_is_one_problem() {
        for (size, expected, left) in [(0, 1, 0), (BLOCK, 3, 0), (2 * BLOCK, 3, 1024)] {
            let (folder, stem) = ended();
            write_spans(&stem, 2000);
            let spans = stem.with_extension("spans");
            let file = fs::File::options().write(true).open(spans).unwrap();
            file.set_len(size as u64).unwrap();
            let (found, requests) = recovered(folder.path());
            assert_eq!(requests.concat().len(), left);
            let expected = expected * BLOCK;
            let message = format!("00-1.spans`: expected at least {expected} bytes, found {size}");
            assert!(found.problems[0].ends_with(&message), "{found:?}");
            assert_eq!(found.problems.len(), 1);
            assert_recovered(folder.path(), 0);
        }
    }

    #[test]
    fn open_spans_do_not_grow_a_full_journal() {
        let (folder, stem) = ended();
        write_spans(&stem, 3);
        let (journal, problems) = Journal::open(folder.path(), 0).unwrap();
        let message = "they are lost, because the journal is full";
        assert!(problems[0].ends_with(message), "{problems:?}");
        assert!(journal.is_empty() && problems.len() == 1);
        journal.close();
        assert_recovered(folder.path(), 0);
    }

    /// Their number is that of the places.
    #[test]
    fn a_large_file_is_read_to_its_bound() {
        let (folder, stem) = ended();
        write_spans(&stem, 3);
        let file = fs::File::options().write(true).open(stem.with_extension("spans"));
        file.unwrap().set_len(2 << 30).unwrap();
        assert_recovered(folder.path(), 3);
    }
}
