//! A thread waits for room in a queue while another thread makes room.

use crate::primitives::model;
use crate::primitives::sync::Arc;
use crate::primitives::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::primitives::thread;

use super::wakeup::WakeUp;

fn full() -> Arc<(WakeUp, AtomicUsize)> {
    Arc::new((WakeUp(AtomicBool::new(false)), AtomicUsize::new(1)))
}

#[test]
fn room_is_seen_or_reported() {
    model(|| {
        let queue = full();
        let exporter = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.1.fetch_sub(1, Ordering::Relaxed);
                queue.0.take()
            }
        });

        let (wake_up, queued) = &*queue;
        wake_up.request();
        let sees_room = queued.load(Ordering::Relaxed) == 0;
        let is_woken = exporter.join().unwrap();
        assert!(sees_room || is_woken);
    });
}

#[test]
fn a_request_wakes_once() {
    model(|| {
        let queue = full();
        queue.0.request();
        let takers = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.0.take())
        });

        let woken = takers.map(|taker| usize::from(taker.join().unwrap()));
        assert_eq!(woken.iter().sum::<usize>(), 1);
        queue.0.request();
        queue.0.withdraw();
        assert!(!queue.0.take());
    });
}
