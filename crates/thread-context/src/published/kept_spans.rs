//! What a file of open spans has, after the process that wrote it has ended. Nothing in it is trusted.

use std::collections::HashMap;
use std::sync::Arc;

use super::kept::{ATTRIBUTES, BLOCK, ENTRY, KINDS, LABEL, MADE_AT, MAGIC, PLACE, PLACES};
use super::{HEADER, KEYS};

/// The spans of a file, and its label.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeptSpans {
    /// The label.
    pub label: Vec<u8>,
    /// The spans that were open.
    pub spans: Vec<KeptSpan>,
    /// How the file is cut off or damaged, if that can be seen: then some of its spans are missing.
    pub damage: Option<String>,
}

/// A span that was open.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeptSpan {
    /// The id of its trace.
    pub trace_id: [u8; 16],
    /// Its id.
    pub span_id: [u8; 8],
    /// The id of its parent; zeros for a root.
    pub parent: [u8; 8],
    /// When it began, in nanoseconds since 1970, a few milliseconds early at most.
    pub since: u64,
    /// The attributes of its place in the code: keys of [`KEYS`], and text. Spans of a place share them.
    pub attributes: Arc<[(&'static str, String)]>,
}

impl KeptSpans {
    /// Reads the content of a file that [`keep`](crate::keep) has written. `None` if it is of another kind, or of another
    /// version. What is cut off or damaged is left out, and [`damage`](Self::damage) says so.
    #[must_use]
    pub fn read(file: &[u8]) -> Option<Self> {
        if !MAGIC.starts_with(&file[..file.len().min(MAGIC.len())]) {
            return None;
        }
        let size = file.get(LABEL..).and_then(<[u8]>::first_chunk);
        let size = size.map_or(0, |size| u32::from_ne_bytes(*size)) as usize;
        let end = BLOCK.min((LABEL + 4).saturating_add(size));
        let label = file.get(LABEL + 4..end).unwrap_or_default().to_vec();
        let blocks = || {
            let kinds = file.get(KINDS..LABEL).unwrap_or_default().iter();
            kinds.zip(file.get(BLOCK..).unwrap_or_default().chunks(BLOCK))
        };
        let mut places = HashMap::new();
        for (_, block) in blocks().filter(|(kind, _)| **kind == ATTRIBUTES) {
            for entry in block.as_chunks::<ENTRY>().0 {
                places.insert(word(entry, 0), attributes(&entry[8..]));
            }
        }
        let (wall, made) = (word(file, MADE_AT), word(file, MADE_AT + 8));
        let mut spans = Vec::new();
        for (_, block) in blocks().filter(|(kind, _)| **kind == PLACES) {
            for place in block.as_chunks::<PLACE>().0 {
                let [span_id, parent, since, address] = [16, 24, 32, 40].map(|at| word(place, at));
                let (Some(trace_id), 1..) = (place.first_chunk(), span_id) else {
                    continue;
                };
                spans.push(KeptSpan {
                    trace_id: *trace_id,
                    span_id: span_id.to_ne_bytes(),
                    parent: parent.to_ne_bytes(),
                    since: wall.wrapping_add(since.wrapping_sub(made)),
                    attributes: places.get(&address).cloned().unwrap_or_default(),
                });
            }
        }
        spans.sort_by_key(|span| span.since);
        let damage = damage(file);
        Some(Self { label, spans, damage })
    }
}

/// How a file differs from what a process writes: whole blocks, each of which gets its kind once it is there.
fn damage(file: &[u8]) -> Option<String> {
    let kinds = file.get(KINDS..LABEL).unwrap_or_default();
    let last = kinds.iter().rposition(|kind| *kind != 0);
    let kinds = &kinds[..last.map_or(0, |last| last + 1)];
    let expected = (1 + kinds.len()) * BLOCK;
    if file.len() < expected {
        let found = file.len();
        return Some(format!("expected at least {expected} bytes, found {found}"));
    }
    let unknown = kinds.iter().find(|kind| ![PLACES, ATTRIBUTES].contains(kind))?;
    Some(format!("expected blocks of kind 1 or 2, found {unknown}"))
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// The attributes of a record.
fn attributes(record: &[u8]) -> Arc<[(&'static str, String)]> {
    let size = u16::from_ne_bytes([record[2], record[3]]);
    let mut rest = record.get(HEADER..HEADER + usize::from(size)).unwrap_or_default();
    let mut found = Vec::new();
    while let [key, length, bytes @ ..] = rest {
        let Some((value, others)) = bytes.split_at_checked(usize::from(*length)) else {
            break;
        };
        rest = others;
        if let Some(key) = KEYS.get(usize::from(*key)) {
            found.push((*key, String::from_utf8_lossy(value).into_owned()));
        }
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs::{self, File};
    use std::path::{Path, PathBuf};
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{Attributes, OpenSpan, keep, label, switch};

    fn path() -> PathBuf {
        Path::new("/dev/shm").join(format!("floe-kept-{}", std::process::id()))
    }

    fn open() -> File {
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        options.open(path()).expect("a file")
    }

    fn place(name: &str, file: &str, line: &str) -> Vec<(&'static str, String)> {
        let function = format!("shop::{name}");
        let values = [name, &function, line, file].map(str::to_owned);
        KEYS.into_iter().zip(values).collect()
    }

    /// One test, because the file is that of the process.
    #[test]
    fn open_spans_are_in_the_file_from_their_start_to_their_end() {
        let file = open();
        let read = || KeptSpans::read(&fs::read(path()).expect("the file")).expect("its kind");
        switch(true);
        let early = Attributes::of_call("early", "shop::early", "src/a.rs", 1);
        let before = OpenSpan::new();
        before.open([9; 16], [9; 8], [0; 8], early);
        keep(file, b"label").expect("it is kept");
        assert_eq!(read().label, b"label");
        assert_eq!(read().spans, []);

        let of = Attributes::of_call("late", "shop::late", "src/b.rs", 2);
        let (first, second) = (OpenSpan::new(), OpenSpan::new());
        first.open([1; 16], [2; 8], [0; 8], early);
        second.open([1; 16], [3; 8], [2; 8], of);
        label(b"another").expect("it is written");
        let kept = read();
        assert_eq!(kept.label, b"another");
        let found = |span: &KeptSpan| (span.span_id, span.parent, span.attributes.to_vec());
        let expected = [
            ([2; 8], [0; 8], place("early", "src/a.rs", "1")),
            ([3; 8], [2; 8], place("late", "src/b.rs", "2")),
        ];
        assert_eq!(kept.spans.iter().map(found).collect::<Vec<_>>(), expected);
        assert!(kept.spans.iter().all(|span| span.trace_id == [1; 16]));
        // Whenever the kernel has stored the time.
        let mut starts = HashSet::new();
        while starts.len() < 3 {
            let latest = OpenSpan::new();
            latest.open([1; 16], [4; 8], [2; 8], of);
            let now = UNIX_EPOCH.elapsed().expect("a time after 1970").as_nanos();
            let since = read().spans.iter().map(|span| span.since).max();
            let since = since.expect("a span");
            assert!(u128::from(since) <= now);
            starts.insert(since);
        }

        first.close();
        drop(second);
        assert_eq!(read().spans, []);
        // More places than a block has, and more attributes.
        let many: Vec<_> = (1..=3000_u64)
            .map(|id| {
                let span = OpenSpan::new();
                let of = Attributes::of_call("many", "many", "c.rs", 3);
                span.open([1; 16], id.to_ne_bytes(), [0; 8], of);
                span
            })
            .collect();
        assert_eq!(read().spans.len(), 3000);
        assert!(read().spans.iter().all(|span| span.attributes[0].1 == "many"));
        drop(many);
        assert_eq!(read().spans, []);
        fs::remove_file(path()).expect("the file");

        // Another file: places that were used before are in it, too.
        keep(open(), b"another file").expect("it is kept");
        first.open([1; 16], [4; 8], [0; 8], early);
        assert_eq!(read().spans.len(), 1);
        assert_eq!(read().spans[0].span_id, [4; 8]);
        first.close();
        assert_eq!(read().spans, []);
        fs::remove_file(path()).expect("the file");
    }

    fn damaged(message: &str) -> KeptSpans {
        KeptSpans { damage: Some(message.to_owned()), ..KeptSpans::default() }
    }

    #[test]
    fn what_is_damaged_is_left_out() {
        let empty = damaged("expected at least 65536 bytes, found 0");
        assert_eq!(KeptSpans::read(b""), Some(empty));
        assert_eq!(KeptSpans::read(b"text"), None);
        assert_eq!(KeptSpans::read(b"floespn\x02 of a later version"), None);
        let cut = damaged("expected at least 65536 bytes, found 8");
        assert_eq!(KeptSpans::read(&MAGIC), Some(cut));
        let mut file = vec![0xff; 3 * BLOCK + 100];
        file[..8].copy_from_slice(&MAGIC);
        for kind in [PLACES, ATTRIBUTES] {
            file[KINDS..LABEL].fill(kind);
            let read = KeptSpans::read(&file).expect("its kind");
            assert!(read.spans.iter().all(|span| span.attributes.is_empty()));
            let message = "expected at least 134283264 bytes, found 196708";
            assert_eq!(read.damage.as_deref(), Some(message));
        }
    }

    #[test]
    fn a_block_that_is_missing_or_unknown_is_damage() {
        let mut file = vec![0; 3 * BLOCK];
        file[..8].copy_from_slice(&MAGIC);
        // The process has ended before the second one had its kind.
        file[KINDS] = PLACES;
        for size in [2 * BLOCK, 2 * BLOCK + 100, 3 * BLOCK] {
            let read = KeptSpans::read(&file[..size]);
            assert_eq!(read, Some(KeptSpans::default()), "{size}");
        }
        for size in [BLOCK, 2 * BLOCK - 1] {
            let message = format!("expected at least 131072 bytes, found {size}");
            assert_eq!(KeptSpans::read(&file[..size]), Some(damaged(&message)));
        }
        for (kinds, found) in [([3, PLACES], 3), ([0, PLACES], 0)] {
            file[KINDS..KINDS + 2].copy_from_slice(&kinds);
            let message = format!("expected blocks of kind 1 or 2, found {found}");
            assert_eq!(KeptSpans::read(&file), Some(damaged(&message)));
        }
    }
}
