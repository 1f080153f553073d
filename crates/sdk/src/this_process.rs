//! The state of this process in Linux, from `/proc/self`.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

/// The values of [`proc_pid_stat(5)`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stat {
    /// User time in seconds.
    pub(crate) user: f64,
    /// System time in seconds.
    pub(crate) system: f64,
    pub(crate) threads: u64,
    /// The start of the process, in seconds since the start of the system.
    pub(crate) started: f64,
    /// The virtual memory in bytes.
    pub(crate) virtual_memory: u64,
    /// The physical memory in bytes.
    pub(crate) physical_memory: u64,
}

pub(crate) fn stat() -> Option<Stat> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The bytes of all mappings, and the bytes of data and stacks only.
pub(crate) fn mapped_bytes() -> Option<[u64; 2]> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = pages.split_whitespace().map(str::parse::<u64>);
    let all = pages.next()?.ok()?;
    let data = pages.nth(4)?.ok()?;
    let size = u64::try_from(page_size()).ok()?;
    Some([all * size, data * size])
}

/// The time since the start of the system, in seconds.
pub(crate) fn system_uptime() -> Option<f64> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    uptime.split_whitespace().next()?.parse().ok()
}

pub(crate) fn open_files() -> Option<usize> {
    // Reading the directory opens one descriptor, which is not counted.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

/// The ignored signals, one bit each.
#[cfg(feature = "signals")]
pub(crate) fn ignored_signals() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

fn parse(stat: &str) -> Option<Stat> {
    // The second field is the name of the program, which may contain spaces and brackets.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // The manual counts from one, and `fields` begins with its third field.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        user: seconds(field(14)?),
        system: seconds(field(15)?),
        threads: field(20)?,
        started: seconds(field(22)?),
        virtual_memory: field(23)?,
        physical_memory: field(24)?.saturating_mul(page_size() as u64),
    })
}

#[expect(clippy::cast_precision_loss, reason = "clock ticks of a process stay far below 2^52")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_contain_anything() {
        let stat = "7 (a) R (b c) S 1 7 7 0 -1 4194304 90 0 0 0 250 50 0 0 20 0 3 0 1000 4096 2 18446744073709551615";
        let expected = Stat {
            user: seconds(250),
            system: seconds(50),
            threads: 3,
            started: seconds(1000),
            virtual_memory: 4096,
            physical_memory: 2 * page_size() as u64,
        };
        assert_eq!(parse(stat), Some(expected));
        assert_eq!(parse("7 (a) S 1 7"), None);
    }

    #[test]
    fn this_process_is_known() {
        let stat = stat().unwrap();
        assert!(stat.threads > 0 && stat.physical_memory > 0 && stat.started > 0.0);
        assert!(system_uptime().unwrap() >= stat.started);
        assert!(open_files().unwrap() >= 3);
        #[cfg(feature = "signals")]
        // Rust's runtime ignores SIGPIPE, which is signal 13.
        assert_ne!(ignored_signals().unwrap() & (1 << 12), 0);
    }
}
