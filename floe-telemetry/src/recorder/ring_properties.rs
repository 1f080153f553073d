//! A ring does what a queue of the standard library does, and drops each item once.
//!
//! Not in [`ring`](super::ring) itself, which `tests/loom` compiles with atomics that need a model.

use std::collections::VecDeque;
use std::rc::Rc;

use proptest::prelude::*;

use super::ring::ring;

/// What is done to the queue, `n` items at a time.
#[derive(Clone, Copy, Debug)]
enum Act {
    Push,
    PushAll(usize),
    Pop,
    PopAll(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Push),
        (0..6_usize).prop_map(Act::PushAll),
        Just(Act::Pop),
        (0..6_usize).prop_map(Act::PopAll),
    ]
}

proptest! {
    #[test]
    fn it_is_a_queue_that_holds_four(acts in prop::collection::vec(act(), 0..60)) {
        let (mut writer, mut reader) = ring::<_, 4>();
        let mut expected = VecDeque::new();
        let alive = Rc::new(());
        let mut next = 0..;
        let mut item = || (next.next().unwrap_or_default(), Rc::clone(&alive));
        for act in acts {
            match act {
                Act::Push => {
                    let item = item();
                    if writer.push(item.clone()).is_ok() {
                        expected.push_back(item);
                    } else {
                        prop_assert_eq!(expected.len(), 4);
                    }
                }
                Act::PushAll(count) => {
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
                Act::Pop => prop_assert_eq!(reader.pop(), expected.pop_front()),
                Act::PopAll(count) => {
                    let mut items = Vec::new();
                    reader.pop_all(count, &mut items);
                    let count = count.min(expected.len());
                    prop_assert_eq!(items, expected.drain(..count).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(reader.waiting(), expected.len());
            // Each is somewhere once: what was expected, and the same in the queue.
            prop_assert_eq!(Rc::strong_count(&alive), 1 + 2 * expected.len());
        }
        prop_assert!(!reader.is_done());
        drop(writer);
        prop_assert_eq!(reader.is_done(), expected.is_empty());
        drop(reader);
        prop_assert_eq!(Rc::strong_count(&alive), 1 + expected.len());
    }
}
