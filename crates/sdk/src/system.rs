//! The memory limits of the process, for the recorder, on Linux.

use std::fs;

use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};

use crate::recorder::Buffer;

/// The memory that rings leave free, because allocations of the program and of the library's threads must not fail.
const HEADROOM: u64 = 64 * 1024 * 1024;

pub(crate) fn answer() {
    Buffer::set_headroom(has_headroom);
}

/// Whether the limits of the process leave memory for more than rings. This is computed rather than tried out, because
/// a program that locks its memory would wait for a trial reservation.
fn has_headroom() -> bool {
    let limit = |resource| getrlimit(resource).current;
    let limits = [limit(Resource::As), limit(Resource::Data)];
    if limits.iter().all(Option::is_none) {
        return true;
    }
    let Some(used) = mapped_bytes() else {
        return true;
    };
    let is_left = |(limit, used): (Option<u64>, u64)| {
        limit.is_none_or(|limit| limit.saturating_sub(used) >= HEADROOM)
    };
    limits.into_iter().zip(used).all(is_left)
}

/// Returns the bytes of all mappings, and the bytes of data and stacks only.
fn mapped_bytes() -> Option<[u64; 2]> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split_whitespace().map(str::parse::<u64>);
    let all = pages.next()?.ok()?;
    let data = pages.nth(4)?.ok()?;
    let size = u64::try_from(page_size()).ok()?;
    Some([all * size, data * size])
}
