//! Binds threads to processors, so that the scheduler does not move them while they are measured.

/// Binds this thread, and those that it starts, to one of the processors that it may use; `index` selects one, and
/// begins again after the last one. Only on Linux.
pub fn bind(index: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let Ok(allowed) = sched_getaffinity(None) else {
            return;
        };
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|at| allowed.is_set(*at)).collect();
        if let Some(at) = all.get(index % all.len().max(1)) {
            let mut one = CpuSet::new();
            one.set(*at);
            // Where it is forbidden, the scheduler decides as before.
            let _ = sched_setaffinity(None, &one);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = index;
}
