//! The threads that measure. They live as long as the process, as a program's threads do: what a
//! recorder sets up for a new thread is not part of what a span costs.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// What a thread runs.
pub type Act = Arc<dyn Fn() + Send + Sync>;

struct Task {
    /// Not measured: fills the caches that the processes before us have emptied.
    warm_up: Act,
    measured: Act,
    start: Arc<Barrier>,
    took: SyncSender<Duration>,
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

    /// The mean time that one of `threads` threads took for `measured`.
    ///
    /// # Panics
    ///
    /// A thread panicked, or the pool has fewer.
    pub fn run(&self, threads: usize, warm_up: &Act, measured: &Act) -> Duration {
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
        let times: Vec<Duration> = times.iter().collect();
        assert_eq!(times.len(), threads, "a measuring thread panicked");
        times.iter().sum::<Duration>() / u32::try_from(threads).expect("few threads")
    }
}

fn measure(tasks: &Receiver<Task>) {
    while let Ok(task) = tasks.recv() {
        (task.warm_up)();
        task.start.wait();
        let start = Instant::now();
        (task.measured)();
        // Nobody waits any more if another thread panicked.
        let _ = task.took.send(start.elapsed());
    }
}
