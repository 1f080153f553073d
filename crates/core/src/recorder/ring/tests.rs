//! Tests that a ring behaves like a queue of the standard library and drops each item exactly once.
//!
//! They are not in [`ring`](super::ring), because `tests/loom` compiles that file with atomics that exist
//! only inside a loom model.

use std::collections::VecDeque;
use std::rc::Rc;

use proptest::prelude::*;

use super::ring::ring;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Push,
    PushAll(usize),
    Pop,
    PopAll(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        Just(Operation::Push),
        (0..6_usize).prop_map(Operation::PushAll),
        Just(Operation::Pop),
        (0..6_usize).prop_map(Operation::PopAll),
    ]
}

proptest! {
    #[test]
    fn a_ring_of_four_is_a_queue_of_four(operations in prop::collection::vec(operation(), 0..60)) {
        let (mut writer, mut reader) = ring::<_, 4>().unwrap();
        let mut expected = VecDeque::new();
        let alive = Rc::new(());
        let mut next = 0..;
        let mut item = || (next.next().unwrap_or_default(), Rc::clone(&alive));
        for operation in operations {
            match operation {
                Operation::Push => {
                    let item = item();
                    if writer.push(item.clone()).is_ok() {
                        expected.push_back(item);
                    } else {
                        prop_assert_eq!(expected.len(), 4);
                    }
                }
                Operation::PushAll(count) => {
                    let mut items: Vec<_> = (0..count).map(|_| item()).collect();
                    let all = items.clone();
                    if writer.push_all(&mut items) {
                        prop_assert!(items.is_empty());
                        expected.extend(all);
                    } else {
                        prop_assert_eq!(&items, &all);
                        prop_assert!(expected.len() + count > 4);
                    }
                }
                Operation::Pop => prop_assert_eq!(reader.pop(), expected.pop_front()),
                Operation::PopAll(count) => {
                    let mut items = Vec::new();
                    reader.pop_all(count, &mut items);
                    let count = count.min(expected.len());
                    prop_assert_eq!(items, expected.drain(..count).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(reader.len(), expected.len());
            // Each item is once in `expected` and once in the ring.
            prop_assert_eq!(Rc::strong_count(&alive), 1 + 2 * expected.len());
        }
        prop_assert!(!reader.is_done());
        drop(writer);
        prop_assert_eq!(reader.is_done(), expected.is_empty());
        drop(reader);
        prop_assert_eq!(Rc::strong_count(&alive), 1 + expected.len());
    }
}
