//! A thread that ends leaves its ring to another one, while the collector reads and closes what is left.

use std::mem;

use crate::primitives::model;
use crate::primitives::sync::{Arc, Mutex};
use crate::primitives::thread;

use super::buffer::{Buffer, Item, Writer, new_buffer};
use super::idle::Idle;

type Left = Arc<Mutex<Idle<Writer>>>;

fn nothing() -> Left {
    Arc::new(Mutex::new(Idle::new()))
}

/// Records a number as a thread. Returns whether the ring had room, and a new buffer if there was no ring to take over.
fn short_thread(left: &Left, number: u64) -> (bool, Option<Buffer>) {
    let found = left.lock().unwrap().take();
    let (mut writer, buffer) = if let Some(writer) = found {
        (writer, None)
    } else {
        let (writer, buffer) = new_buffer(number);
        (writer, Some(buffer))
    };

    let has_room = writer.push(Item::new(number)).is_ok();
    left.lock().unwrap().leave(writer);
    (has_room, buffer)
}

fn read(buffer: &mut Buffer) -> Vec<u64> {
    std::iter::from_fn(|| buffer.pop()).map(|item| *item).collect()
}

type ShortThread = thread::JoinHandle<(bool, Option<Buffer>)>;

/// Records 1 in a ring and leaves it, while a thread records 2.
fn left_to_a_thread() -> (Left, Buffer, ShortThread) {
    let left = nothing();
    let (_, buffer) = short_thread(&left, 1);
    let thread = thread::spawn({
        let left = Arc::clone(&left);
        move || short_thread(&left, 2)
    });
    (left, buffer.unwrap(), thread)
}

#[test]
fn a_ring_that_was_left_is_continued_by_the_next_thread() {
    model(|| {
        let (_left, mut buffer, thread) = left_to_a_thread();
        let mut all = read(&mut buffer);
        let (has_room, other) = thread.join().unwrap();
        assert!(has_room);
        assert!(other.is_none());
        all.extend(read(&mut buffer));
        assert_eq!(all, [1, 2]);
        assert!(!buffer.is_done());
    });
}

#[test]
fn threads_share_rings_only_one_after_the_other() {
    model(|| {
        let left = nothing();
        let threads = [1, 2].map(|number| {
            let left = Arc::clone(&left);
            thread::spawn(move || short_thread(&left, number))
        });

        let mut all = Vec::new();
        let mut buffers = Vec::new();
        for thread in threads {
            let (has_room, buffer) = thread.join().unwrap();
            assert!(has_room);
            buffers.extend(buffer);
        }

        assert!(!buffers.is_empty());
        for buffer in &mut buffers {
            all.extend(read(buffer));
        }

        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    });
}

#[test]
fn a_thread_that_has_filled_its_ring_continues_in_another() {
    model(|| {
        let left = nothing();
        let (mut writer, mut buffer) = new_buffer(1);
        let thread = thread::spawn({
            let left = Arc::clone(&left);
            move || {
                let mut other = None;
                for number in 1..=3 {
                    if writer.push(Item::new(number)).is_ok() {
                        continue;
                    }

                    if !left.lock().unwrap().exchange(&mut writer) {
                        let (new, buffer) = new_buffer(2);
                        left.lock().unwrap().leave(mem::replace(&mut writer, new));
                        other = Some(buffer);
                    }

                    assert!(writer.push(Item::new(number)).is_ok());
                }

                left.lock().unwrap().leave(writer);
                other
            }
        });

        let mut all = read(&mut buffer);
        left.lock().unwrap().close_surplus(0);
        all.extend(read(&mut buffer));
        let other = thread.join().unwrap();
        all.extend(read(&mut buffer));
        all.extend(other.map(|mut other| read(&mut other)).unwrap_or_default());
        assert_eq!(all, [1, 2, 3]);
    });
}

#[test]
fn a_ring_that_is_closed_is_read_to_its_end() {
    model(|| {
        let (left, mut buffer, thread) = left_to_a_thread();
        // The collector closes the ring, unless the thread has taken it.
        let closed = left.lock().unwrap().take();
        let is_closed = closed.is_some();
        drop(closed);
        let mut all = read(&mut buffer);
        let (_, other) = thread.join().unwrap();
        all.extend(read(&mut buffer));
        // A thread that starts after the ring was closed gets another ring.
        all.extend(other.map(|mut other| read(&mut other)).unwrap_or_default());
        assert_eq!(all, [1, 2]);
        assert_eq!(buffer.is_done(), is_closed);
    });
}
