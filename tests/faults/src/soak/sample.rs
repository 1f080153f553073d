//! A sample of a program's use of resources and of its counts.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::report::Counters;

/// The additional memory that the second half may use on average, in KiB, on top of a twentieth.
///
/// The program uses 20 to 30 MiB. Without a leak, the means differ by up to 1 MiB: the allocator returns memory
/// late, and the spans that are queued at the moments of the samples are not the same. At 1000 spans a second,
/// the tolerance of 3 MiB is a leak of 4 bytes for each span in a soak of 30 minutes, and of 60 bytes in one of
/// two minutes.
const MEMORY: u64 = 2 * 1024;

/// The allowed growth of the number of descriptors in the second half, for connections that are being replaced.
const DESCRIPTORS: u64 = 2;

/// The divisor for the warm-up. The first fifth of the first half is not compared, because buffers are filled for the
/// first time then.
const WARM_UP: usize = 5;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Sample {
    pub(crate) second: u32,
    pub(crate) created: u64,
    pub(crate) counters: Counters,
    pub(crate) memory_kib: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

/// Checks that every span is counted in each sample.
pub(crate) fn check_accounts(samples: &[Sample]) -> Result<()> {
    for it in samples {
        ensure!(it.created == it.counters.all(), "spans are not counted: {it:?}");
    }

    Ok(())
}

/// Describes both halves. Fails if the second half uses clearly more than the first one, or the samples are too few.
pub(crate) fn check_flat(samples: &[Sample]) -> Result<String> {
    let (first, second) = samples.split_at(samples.len() / 2);
    let first = &first[first.len() / WARM_UP..];
    ensure!(first.len() >= 10, "{} samples are too few", samples.len());
    let memory = [first, second].map(|half| mean(half, |it| it.memory_kib));
    let threads = [first, second].map(|half| most(half, |it| it.threads));
    let descriptors = [first, second].map(|half| most(half, |it| it.descriptors));
    let flat = format!(
        "memory {} -> {} MiB, threads {} -> {}, descriptors {} -> {}",
        memory[0] / 1024,
        memory[1] / 1024,
        threads[0],
        threads[1],
        descriptors[0],
        descriptors[1]
    );

    ensure!(
        memory[1] <= memory[0] + memory[0] / 20 + MEMORY
            && threads[1] <= threads[0]
            && descriptors[1] <= descriptors[0] + DESCRIPTORS,
        "the second half uses more than the first: {flat}"
    );

    Ok(flat)
}

fn mean(samples: &[Sample], field: impl Fn(&Sample) -> u64) -> u64 {
    let sum: u64 = samples.iter().map(field).sum();
    sum / samples.len().max(1) as u64
}

fn most(samples: &[Sample], field: impl Fn(&Sample) -> u64) -> u64 {
    samples.iter().map(field).max().unwrap_or_default()
}
