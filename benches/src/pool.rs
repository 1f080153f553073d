//! The threads that measure. They live as long as the process, as a program's threads do: what a
//! recorder sets up for a new thread is not part of what a span costs.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::cpu_time::of_thread as cpu_time;

/// What a thread runs.
pub type Act = Arc<dyn Fn() + Send + Sync>;

struct Task {
    /// Not measured: fills the caches that the processes before us have emptied.
    warm_up: Act,
    measured: Act,
    start: Arc<Barrier>,
    took: SyncSender<Took>,
}

/// How long one thread took, of the wall's time and of a processor's.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Took {
    /// From the start to the end.
    pub wall: Duration,
    /// Without the time that others had the processor.
    pub cpu: Duration,
}

/// Threads that run the same thing at the same time.
#[derive(Debug)]
pub struct Pool(Vec<SyncSender<Task>>);

impl Pool {
    /// Starts the threads.
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

    /// What `threads` threads took for `measured`, which they did at the same time, in the mean.
    ///
    /// # Panics
    ///
    /// A thread panicked, or the pool has fewer.
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
        // Nobody waits any more if another thread panicked.
        let _ = task.took.send(Took { wall, cpu });
    }
}
