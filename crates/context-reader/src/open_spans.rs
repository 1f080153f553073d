//! The open spans of a process with floe-telemetry: what `floe-thread-context` has in memory, read while it changes.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::context::{HEADER, OpenSpan, Span};
use crate::process::Process;

/// The most chunks, the places of one, and the bytes of a place.
const CHUNKS: usize = 1024;
const CHUNK: usize = 1024;
const PLACE: usize = 64;

/// The most threads, and how many spans one may be in.
const STACKS: usize = 1 << 16;
const DEPTH: usize = 64;

/// The bytes of the attributes of a place in the code, of which the first four are those at the end of a header.
const ATTRIBUTES: usize = 224;

pub(crate) fn read(
    process: &Process,
    places: u64,
    stacks: u64,
    keys: &[String],
) -> io::Result<Vec<OpenSpan>> {
    let first = chunks(process, places)?;
    let (threads, are_all) = threads(process, stacks)?;
    // A place that has the same span twice was not written meanwhile.
    let second = chunks(process, places)?;
    let now = now()?;
    let mut attributes = HashMap::new();
    let mut found = Vec::new();
    for (place, again) in first
        .as_chunks::<PLACE>()
        .0
        .iter()
        .zip(second.as_chunks::<PLACE>().0)
    {
        let [span_id, since, address] = [16, 32, 40].map(|at| word(place, at));
        if span_id == 0 || place != again {
            continue;
        }
        let of = attributes.entry(address).or_insert_with(|| {
            // What cannot be read has no attributes.
            process.read(address).unwrap_or([0; ATTRIBUTES])
        });
        let mut header = [0; HEADER];
        header[..24].copy_from_slice(&place[..24]);
        header[24..].copy_from_slice(&of[..4]);
        header[24] = 1;
        let data = of.get(4..4 + Span::size(&header)).unwrap_or_default();
        let Some(span) = Span::decode(&header, data, keys) else {
            continue;
        };
        let threads = threads.get(&place[..24]).cloned().unwrap_or_default();
        found.push(OpenSpan {
            is_waiting: are_all && threads.is_empty(),
            threads,
            span,
            parent: word(place, 24).to_ne_bytes(),
            age: Duration::from_nanos(now.saturating_sub(since)),
        });
    }
    found.sort_by_key(|span| std::cmp::Reverse(span.age));
    Ok(found)
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// The places of all chunks that are allocated.
fn chunks(process: &Process, table: u64) -> io::Result<Vec<u8>> {
    let mut addresses = vec![0; CHUNKS * 8];
    process.memory().read_exact_at(&mut addresses, table)?;
    let mut places = Vec::new();
    for at in 0..CHUNKS {
        let address = word(&addresses, at * 8);
        if address == 0 {
            break;
        }
        let end = places.len();
        places.resize(end + CHUNK * PLACE, 0);
        process
            .memory()
            .read_exact_at(&mut places[end..], address)?;
    }
    Ok(places)
}

/// The ids of threads, by the trace id and the id of the span that they are in.
type ThreadsOf = HashMap<[u8; 24], Vec<u32>>;

/// The threads that are in a span, by its trace id and its id, and whether these are all.
fn threads(process: &Process, last: u64) -> io::Result<(ThreadsOf, bool)> {
    let mut are_all = true;
    let mut found = ThreadsOf::new();
    let mut address = u64::from_ne_bytes(process.read(last)?);
    for _ in 0..STACKS {
        if address == 0 {
            break;
        }
        let stack: [u8; 32 + DEPTH * 8] = process.read(address)?;
        let (mut open, thread) = (word(&stack, 0), word(&stack, 24));
        address = word(&stack, 16);
        let Some(thread) = u32::try_from(thread).ok().filter(|thread| *thread != 0) else {
            continue;
        };
        are_all &= word(&stack, 8) == 0;
        while let Some(at) = open.checked_ilog2() {
            open &= !(1 << at);
            if let Ok(ids) = process.read::<24>(word(&stack, 32 + at as usize * 8)) {
                let threads = found.entry(ids).or_default();
                if !threads.contains(&thread) {
                    threads.push(thread);
                }
            }
        }
    }
    Ok((found, are_all))
}

/// The clock by which a process notes when a span begins.
fn now() -> io::Result<u64> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC_COARSE)?;
    let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
    Ok(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or_default())
}
