//! A writing and a reading thread, with items that make loom fail when they are leaked or dropped
//! twice.

use crate::primitives::model;
use crate::primitives::sync::Arc;
use crate::primitives::thread;

use super::ring::{Reader, Writer, ring};

/// Loom counts the references to an item, and fails if one is left at the end.
type Item = Arc<usize>;

fn two() -> (Writer<Item, 2>, Reader<Item, 2>) {
    ring().unwrap()
}

fn items(numbers: impl IntoIterator<Item = usize>) -> Vec<Item> {
    numbers.into_iter().map(Arc::new).collect()
}

fn numbers(items: &[Item]) -> Vec<usize> {
    items.iter().map(|item| **item).collect()
}

#[test]
fn items_are_read_in_the_order_they_were_written() {
    model(|| {
        let (mut writer, mut reader) = two();
        let progress = reader.progress();
        let thread = thread::spawn(move || {
            let mut left = Vec::new();
            for item in items(0..3) {
                left.extend(writer.push(item).err());
            }
            left
        });

        let mut read = Vec::new();
        for _ in 0..2 {
            read.extend(reader.pop());
        }

        let left = thread.join().unwrap();
        while let Some(item) = reader.pop() {
            read.push(item);
        }

        let mut all = numbers(&read);
        assert!(all.is_sorted());
        // Only the third item may have found the ring full.
        assert!(left.len() <= 1);
        assert_eq!(progress.written(), read.len() as u64);
        all.extend(numbers(&left));
        assert_eq!(all, [0, 1, 2]);
        assert!(reader.is_done());
    });
}

#[test]
fn a_batch_is_read_completely_or_not_at_all() {
    model(|| {
        let (mut writer, mut reader) = two();
        let thread = thread::spawn(move || {
            let mut first = items([0]);
            assert!(writer.push_all(&mut first));
            let mut rest = items([1, 2]);
            // Either all items fit or none does.
            let fits = writer.push_all(&mut rest);
            assert_eq!(rest.len(), if fits { 0 } else { 2 });
            fits
        });

        let mut read = Vec::new();
        reader.pop_all(2, &mut read);
        let early = read.len();
        assert_ne!(early, 3);
        let fits = thread.join().unwrap();
        reader.pop_all(3, &mut read);
        assert_eq!(numbers(&read), if fits { vec![0, 1, 2] } else { vec![0] });
        assert_eq!(reader.len(), 0);
    });
}

#[test]
fn plain_items_are_copied_into_the_slots() {
    model(|| {
        let (mut writer, mut reader) = ring::<_, 2>().unwrap();
        let thread = thread::spawn(move || {
            let _ = writer.push(1);
        });

        let mut read = 0;
        let was_there = reader.pop_to(&mut read);
        assert_eq!(read, usize::from(was_there));
        thread.join().unwrap();
        assert_ne!(reader.pop_to(&mut read), was_there);
        assert_eq!(read, 1);
    });
}

#[test]
fn a_reader_that_sees_the_writer_gone_sees_all_items() {
    model(|| {
        let (mut writer, mut reader) = two();
        let thread = thread::spawn(move || {
            let _ = writer.push(Arc::new(0));
        });

        assert!(!reader.is_done(), "an item is unread or not yet written");
        let read = reader.pop();
        thread.join().unwrap();
        let rest = reader.pop();
        assert_eq!(usize::from(read.is_some()) + usize::from(rest.is_some()), 1);
        assert!(reader.is_done());
    });
}

#[test]
fn unread_items_are_dropped_once() {
    model(|| {
        let (mut writer, mut reader) = two();
        let thread = thread::spawn(move || {
            for item in items(0..3) {
                let _ = writer.push(item);
            }

            assert!((2..=3).contains(&writer.written()));
        });

        drop(reader.pop());
        drop(reader);
        thread.join().unwrap();
    });
}
