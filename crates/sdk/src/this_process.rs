//! The state of this process in Linux, from `/proc/self`.

use std::fs;

use rustix::param::page_size;

/// The bytes of all mappings, and the bytes of data and stacks only.
pub(crate) fn mapped_bytes() -> Option<[u64; 2]> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = pages.split_whitespace().map(str::parse::<u64>);
    let all = pages.next()?.ok()?;
    let data = pages.nth(4)?.ok()?;
    let size = u64::try_from(page_size()).ok()?;
    Some([all * size, data * size])
}
