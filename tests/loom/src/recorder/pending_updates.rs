//! Updates of a span by other threads, while the call ends the span and starts the next one.

use crate::primitives::model;
use crate::primitives::thread;

use super::pending::{Handle, PendingUpdates, Update};

fn pending() -> &'static PendingUpdates {
    Box::leak(Box::new(PendingUpdates::new()))
}

fn write(handle: &Handle, word: &'static str) {
    handle.update(|update| update.record.0.push(word));
}

fn words(update: Option<Box<Update>>) -> Vec<&'static str> {
    update.map(|update| update.record.0).unwrap_or_default()
}

#[test]
fn an_update_racing_with_the_end_is_recorded_or_lost() {
    model(|| {
        let pending = pending();
        let handle = pending.handle();
        let writer = thread::spawn(move || write(&handle, "first"));
        let first = words(pending.close());
        assert!(first.is_empty() || first == ["first"]);
        let second = pending.handle();
        write(&second, "second");
        assert_eq!(words(pending.close()), ["second"]);
        writer.join().unwrap();
        let _third = pending.handle();
        assert_eq!(words(pending.close()), [""; 0]);
    });
}

#[test]
fn the_updates_of_two_writers_are_seen() {
    model(|| {
        let pending = pending();
        let writers = ["one", "other"].map(|word| {
            let handle = pending.handle();
            thread::spawn(move || write(&handle, word))
        });

        for writer in writers {
            writer.join().unwrap();
        }

        let mut seen = words(pending.close());
        seen.sort_unstable();
        assert_eq!(seen, ["one", "other"]);
    });
}

#[test]
fn nothing_is_added_after_the_end() {
    model(|| {
        let pending = pending();
        let ends = pending.handle();
        let writes = pending.handle();
        let ender = thread::spawn(move || ends.update(|update| update.ended = true));
        write(&writes, "word");
        ender.join().unwrap();
        assert!(!writes.is_open());
        write(&writes, "too late");
        let update = pending.close().unwrap();
        assert!(update.ended);
        let seen = words(Some(update));
        assert!(seen.is_empty() || seen == ["word"]);
    });
}

#[test]
fn a_handle_that_outlives_its_span_does_not_update_the_next() {
    model(|| {
        let pending = pending();
        let first = pending.handle();
        let writer = thread::spawn(move || {
            write(&first, "first");
            first.is_open()
        });

        let _ = pending.close();
        let second = pending.handle();
        assert!(second.is_open());
        assert_eq!(words(pending.close()), [""; 0]);
        let _ = writer.join().unwrap();
        assert!(!second.is_open());
    });
}

/// Exits at the same moment are noted in any order, and later ones after them.
#[test]
fn an_exit_is_noted_for_its_span_alone() {
    model(|| {
        let pending = pending();
        pending.own();
        let span = pending.handle();
        let exits = [1, 2].map(|ticks| thread::spawn(move || span.exit(ticks)));
        assert!(matches!(pending.exited(), None | Some(1 | 2)));
        for exit in exits {
            exit.join().unwrap();
        }

        assert!(matches!(pending.exited(), Some(1 | 2)));
        span.exit(3);
        assert_eq!(pending.exited(), Some(3));
        let _ = pending.close();
        pending.own();
        span.exit(4);
        assert_eq!(pending.exited(), None);
    });
}
