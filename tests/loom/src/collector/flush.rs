//! Threads that register their buffer, record and end, while the collector flushes or shuts down.

use crate::primitives::model;
use crate::primitives::sync::Arc;
use crate::primitives::sync::atomic::{AtomicBool, Ordering};
use crate::primitives::sync::mpsc::{Receiver, Sender, channel};
use crate::primitives::thread;

use super::watermarks::Watermarks;
use crate::recorder::{Buffer, Item, Writer, new_buffer};

fn push(writer: &mut Writer, number: u64) {
    let pushed = writer.push(Item::new(number));
    assert!(pushed.is_ok(), "there is room");
}

fn register(id: u64, new: &Sender<Buffer>) -> Writer {
    let (writer, buffer) = new_buffer(id);
    new.send(buffer).unwrap();
    writer
}

fn receive(new: &Receiver<Buffer>, buffers: &mut Vec<Buffer>) {
    while let Ok(buffer) = new.try_recv() {
        buffers.push(buffer);
    }
}

fn turn(buffers: &mut Vec<Buffer>, read: &mut Vec<u64>) {
    for buffer in &mut *buffers {
        read.extend(buffer.pop().map(|item| *item));
    }

    buffers.retain(|buffer| !buffer.is_done());
}

#[test]
fn a_flush_reads_every_span_that_ended_before_it() {
    model(|| {
        let (sender, new) = channel();
        let has_ended = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let has_ended = Arc::clone(&has_ended);
            move || {
                let mut writer = register(1, &sender);
                push(&mut writer, 1);
                has_ended.store(true, Ordering::Release);
                push(&mut writer, 2);
            }
        });

        let is_before = has_ended.load(Ordering::Acquire);
        let mut buffers = Vec::new();
        let mut read = Vec::new();
        receive(&new, &mut buffers);
        let marks = Watermarks::now(&buffers);
        while !marks.are_reached(&buffers) {
            turn(&mut buffers, &mut read);
        }

        assert!(!is_before || read.contains(&1), "{read:?}");
        assert!(read.is_sorted());

        thread.join().unwrap();
        receive(&new, &mut buffers);
        for _ in 0..3 {
            turn(&mut buffers, &mut read);
        }

        assert_eq!(read, [1, 2]);
        assert!(buffers.is_empty());
    });
}

#[test]
fn a_shutdown_reads_the_spans_of_threads_that_start_and_end() {
    model(|| {
        let (sender, new) = channel();
        let threads = [1, 2].map(|id| {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut writer = register(id, &sender);
                push(&mut writer, id);
            })
        });

        let mut buffers = Vec::new();
        let mut read = Vec::new();
        receive(&new, &mut buffers);
        turn(&mut buffers, &mut read);
        for thread in threads {
            thread.join().unwrap();
        }

        // The spans have ended, so the shutdown must read all of them.
        receive(&new, &mut buffers);
        let marks = Watermarks::now(&buffers);
        while !marks.are_reached(&buffers) {
            turn(&mut buffers, &mut read);
        }

        read.sort_unstable();
        assert_eq!(read, [1, 2]);
    });
}
