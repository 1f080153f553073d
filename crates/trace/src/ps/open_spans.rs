//! Reads the open spans of a process with floe-telemetry, from the table of `floe-thread-context`, which may change
//! meanwhile.

use std::collections::{HashMap, HashSet};
use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::context::{CurrentSpan, Keys, OpenSpan, attributes};
use super::memory::{Memory, word};
use super::stacks::Stack;
use crate::span::SpanId;

/// The maximum number of chunks of the table.
const CHUNKS: usize = 1024;
/// The number of places of a chunk.
const CHUNK: usize = 1024;
/// The number of bytes of a place.
const PLACE: usize = 64;

/// The maximum number of places in the code whose attributes are cached.
const MAX_KNOWN: usize = 1 << 16;
const MAX_THREADS: usize = 64;

/// The number of bytes of the attributes of a place in the code, which are encoded like those of a record.
const ATTRIBUTES: usize = 224;

pub(super) fn read(
    memory: &Memory,
    places: u64,
    stacks: &[(u32, Stack)],
    keys: &Keys,
) -> io::Result<Vec<OpenSpan>> {
    let first = chunks(memory, places)?;
    // A place with the same span in both reads was not written in between.
    let second = chunks(memory, places)?;
    let now = now()?;
    let threads = threads(stacks);
    let are_all = stacks.iter().all(|(_, stack)| stack.is_whole);
    let mut known = HashMap::new();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (place, again) in (first.as_chunks::<PLACE>().0.iter()).zip(second.as_chunks::<PLACE>().0) {
        let [span_id, since, address] = [16, 32, 40].map(|at| word(place, at));
        if span_id == 0 || place != again || !seen.insert(&place[..24]) {
            continue;
        }
        // Without readable memory or room in the cache, a span has no attributes.
        let is_known = known.len() < MAX_KNOWN || known.contains_key(&address);
        let address = if is_known { address } else { 0 };
        let attributes = known.entry(address).or_insert_with(|| {
            let bytes = memory.read(address).unwrap_or([0; ATTRIBUTES]);
            attributes(&bytes, keys)
        });
        let Some(span) = CurrentSpan::with(&place[..24], true, attributes.clone()) else {
            continue;
        };
        let threads = threads.get(&place[..24]).cloned().unwrap_or_default();
        found.push(OpenSpan {
            is_waiting: are_all && threads.is_empty(),
            threads,
            span,
            parent_id: SpanId(word(place, 24).swap_bytes()),
            age: Duration::from_nanos(now.saturating_sub(since)),
        });
    }
    found.sort_by_key(|span| std::cmp::Reverse(span.age));
    Ok(found)
}

/// Reads the places of all allocated chunks.
fn chunks(memory: &Memory, table: u64) -> io::Result<Vec<u8>> {
    let mut addresses = vec![0; CHUNKS * 8];
    memory.fill(&mut addresses, table)?;
    let mut places = Vec::new();
    for at in 0..CHUNKS {
        let address = word(&addresses, at * 8);
        if address == 0 {
            break;
        }
        let end = places.len();
        places.resize(end + CHUNK * PLACE, 0);
        memory.fill(&mut places[end..], address)?;
    }
    Ok(places)
}

/// Returns the threads of each span, by trace id and span id.
fn threads(stacks: &[(u32, Stack)]) -> HashMap<[u8; 24], Vec<u32>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (thread, stack) in stacks {
        for ids in stack.ids() {
            let threads = found.entry(ids).or_default();
            if threads.len() < MAX_THREADS && !threads.contains(thread) {
                threads.push(*thread);
            }
        }
    }
    found
}

/// Returns the current time by the clock of span starts, in nanoseconds.
fn now() -> io::Result<u64> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC_COARSE)?;
    let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
    Ok(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or_default())
}
