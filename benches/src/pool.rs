//! The threads that are measured. They live as long as the process, because the initialisation of a
//! new thread is not part of the cost of a span.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::cpu_time::of_thread as cpu_time;

/// The function that a thread runs.
pub type Act = Arc<dyn Fn() + Send + Sync>;

struct Task {
    /// Fills the caches that other processes displaced. Not measured.
    warm_up: Act,
    measured: Act,
    start: Arc<Barrier>,
    took: SyncSender<Took>,
}

/// Elapsed time and CPU time of one thread.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Took {
    pub wall: Duration,
    /// CPU time, without the time in which other threads had the processor.
    pub cpu: Duration,
}

/// Threads that run the same function at the same time.
#[derive(Debug)]
pub struct Pool(Vec<SyncSender<Task>>);

impl Pool {
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self(
            (0..threads)
                .map(|_| {
                    let (sender, tasks) = sync_channel(1);
                    thread::spawn(move || measure(&tasks));
                    sender
                })
                .collect(),
        )
    }

    /// The mean time of `threads` threads that run `measured` at the same time.
    ///
    /// # Panics
    ///
    /// A thread panicked, or the pool has fewer threads.
    pub fn run(&self, threads: usize, warm_up: &Act, measured: &Act) -> Took {
        let start = Arc::new(Barrier::new(threads));
        let (took, times) = sync_channel(threads);
        for thread in &self.0[..threads] {
            thread
                .send(Task {
                    warm_up: Arc::clone(warm_up),
                    measured: Arc::clone(measured),
                    start: Arc::clone(&start),
                    took: took.clone(),
                })
                .expect("the thread lives");
        }
        drop(took);
        let times: Vec<Took> = times.iter().collect();
        assert_eq!(times.len(), threads, "a measuring thread panicked");
        let threads = u32::try_from(threads).expect("few threads");
        Took {
            wall: times.iter().map(|took| took.wall).sum::<Duration>() / threads,
            cpu: times.iter().map(|took| took.cpu).sum::<Duration>() / threads,
        }
    }
}

fn measure(tasks: &Receiver<Task>) {
    while let Ok(task) = tasks.recv() {
        (task.warm_up)();
        task.start.wait();
        let cpu = cpu_time();
        let start = Instant::now();
        (task.measured)();
        let wall = start.elapsed();
        let cpu = cpu_time().saturating_sub(cpu);
        // The receiver is gone if another thread panicked.
        let _ = task.took.send(Took { wall, cpu });
    }
}
