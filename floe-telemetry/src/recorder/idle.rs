//! The rings that threads have left: a thread that ends leaves its own, also with items in them, and the next
//! one that starts continues there. So there are about as many rings as threads were alive at the same time,
//! whatever the collector does. It closes those that are too many.
//!
//! A thread whose rings are full exchanges them for others, so a burst of one thread has all the memory that the
//! process has for rings, while the rings themselves stay small enough for the processor's caches.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many rings are kept without a condition. While there are fewer, a thread that starts needs not share the
/// room of one that has ended.
const KEPT: usize = 8;

/// The most rings that are kept because there are items in them. They bound the address space.
const MAX: usize = 256;

/// The most rings with items that are closed at once: the exporters may have room for those of the others a moment
/// later.
const MAX_CLOSED: usize = 64;

/// The writing end of a thread's rings.
pub(super) trait Rings {
    /// The memory of new rings.
    const ALLOCATED: usize;

    /// Whether there is room for as much as most threads write.
    fn has_room(&mut self) -> bool;

    /// Whether every item was read.
    fn is_empty(&mut self) -> bool;

    /// The memory that the rings occupy.
    fn bytes(&self) -> usize;
}

/// The rings of threads that have ended, in the order in which they have.
#[derive(Debug)]
pub(super) struct Idle<W> {
    rings: VecDeque<W>,
    /// The process that they belong to, see [`fork`](super::fork).
    forks: u32,
}

impl<W: Rings> Idle<W> {
    pub(super) const fn new() -> Self {
        Self {
            rings: VecDeque::new(),
            forks: 0,
        }
    }

    /// After a fork, closes the rings of the parent, which exports what is in them.
    pub(super) fn leave_parent(&mut self, forks: u32) {
        if self.forks != forks {
            self.rings.clear();
            self.forks = forks;
        }
    }

    /// Stores the rings of a thread that ends. Without memory for that, they are closed.
    pub(super) fn leave(&mut self, rings: W) {
        if self.rings.try_reserve(1).is_ok() {
            self.rings.push_back(rings);
        }
    }

    /// Returns rings with room, the ones that were used last if possible. If there are many without, returns the
    /// oldest; otherwise `None`: a thread then gets new ones.
    pub(super) fn take(&mut self) -> Option<W> {
        if self.rings.back_mut().is_some_and(W::has_room) {
            return self.rings.pop_back();
        }
        let is_oldest_taken =
            self.rings.len() >= KEPT || self.rings.front_mut().is_some_and(W::has_room);
        if is_oldest_taken {
            self.take_any()
        } else {
            None
        }
    }

    /// Returns rings whether there is room in them or not.
    pub(super) fn take_any(&mut self) -> Option<W> {
        self.rings.pop_front()
    }

    /// Exchanges rings without room for others with room. Returns whether there were any.
    pub(super) fn exchange(&mut self, full: &mut W) -> bool {
        let found = self.rings.iter_mut().position(W::has_room);
        let Some(with_room) = found.and_then(|at| self.rings.remove(at)) else {
            return false;
        };
        self.leave(mem::replace(full, with_room));
        true
    }

    /// Whether one more can be left: then all of them have at most this number of bytes. They will be full, and
    /// the memory of a slot that was used once stays with the process.
    pub(super) fn has_place(&self, bytes: usize) -> bool {
        self.rings.len() < MAX && (self.rings.len() + 1) * W::ALLOCATED <= bytes
    }

    /// Closes what is left of a peak of threads: rings without items, and some of those that would occupy more than
    /// this number of bytes.
    pub(super) fn close_surplus(&mut self, mut bytes: usize) {
        let (mut kept, mut closed) = (0, 0);
        self.rings.retain_mut(|rings| {
            let is_kept = if kept < KEPT {
                true
            } else if rings.is_empty() {
                false
            } else if kept < MAX && rings.bytes() <= bytes {
                bytes -= rings.bytes();
                true
            } else {
                closed += 1;
                closed > MAX_CLOSED
            };
            kept += usize::from(is_kept);
            is_kept
        });
    }
}

/// The rings of one kind that the threads of the process have left.
#[derive(Debug)]
pub(super) struct Left<W>(pub(super) Mutex<Idle<W>>);

impl<W: Rings> Left<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Idle::new()))
    }

    /// Those of this process, which was forked so often.
    pub(super) fn lock(&self, forks: u32) -> MutexGuard<'_, Idle<W>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.leave_parent(forks);
        idle
    }

    /// Returns rings for a thread: those that another thread has left, or new ones. `None` without memory.
    pub(super) fn take_or(&self, forks: u32, new: impl FnOnce() -> Option<W>) -> Option<W> {
        let left = self.lock(forks).take();
        left.or_else(new).or_else(|| self.lock(forks).take_any())
    }

    /// Exchanges the full rings of a thread for those that another thread has left, or for new ones if all that were
    /// left occupy at most this number of bytes. Returns whether there were any.
    pub(super) fn exchange_or(
        &self,
        forks: u32,
        full: &mut W,
        bytes: usize,
        new: impl FnOnce() -> Option<W>,
    ) -> bool {
        let mut idle = self.lock(forks);
        if idle.exchange(full) {
            return true;
        }
        let is_new_allowed = idle.has_place(bytes);
        drop(idle);
        let new = if is_new_allowed { new() } else { None };
        new.is_some_and(|new| {
            self.lock(forks).leave(mem::replace(full, new));
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings with room for four items, of one byte each.
    #[derive(Debug, PartialEq)]
    struct Model {
        id: usize,
        items: usize,
    }

    impl Rings for Model {
        const ALLOCATED: usize = 4;

        fn has_room(&mut self) -> bool {
            self.items <= 2
        }

        fn is_empty(&mut self) -> bool {
            self.items == 0
        }

        fn bytes(&self) -> usize {
            self.items
        }
    }

    fn idle(items: impl IntoIterator<Item = usize>) -> Idle<Model> {
        let mut idle = Idle::new();
        for (id, items) in items.into_iter().enumerate() {
            idle.leave(Model { id, items });
        }
        idle
    }

    fn taken(idle: &mut Idle<Model>) -> Option<usize> {
        idle.take().map(|rings| rings.id)
    }

    #[test]
    fn a_thread_continues_where_there_is_room() {
        let mut with_room = idle([0, 0]);
        assert_eq!(
            [(); 3].map(|()| taken(&mut with_room)),
            [Some(1), Some(0), None]
        );
        assert_eq!(taken(&mut idle([1, 3, 3])), Some(0));
        assert_eq!(taken(&mut idle([3, 1, 3])), None);
        assert_eq!(taken(&mut idle([3; KEPT - 1])), None);
        assert_eq!(taken(&mut idle([3; KEPT])), Some(0));
        assert_eq!(idle([3]).take_any().map(|rings| rings.id), Some(0));
    }

    #[test]
    fn full_rings_are_exchanged_for_any_with_room() {
        let mut idle = idle([3, 2, 0, 4]);
        let mut own = Model { id: 9, items: 4 };
        let mut found = || (idle.exchange(&mut own), own.id);
        assert_eq!([(); 3].map(|()| found()), [(true, 1), (true, 2), (true, 1)]);
        own.items = 4;
        idle.rings.iter_mut().for_each(|rings| rings.items = 4);
        assert!(!idle.exchange(&mut own));
        assert_eq!(idle.rings.len(), 4);
    }

    #[test]
    fn full_rings_are_left_only_as_far_as_they_fit() {
        assert!(idle([4, 4]).has_place(12));
        assert!(!idle([4, 4]).has_place(11));
        assert!(idle([4; MAX - 1]).has_place(usize::MAX));
        assert!(!idle([4; MAX]).has_place(usize::MAX));
    }

    /// The ids of the rings that are left when those that are too many were closed this number of times.
    fn left(items: &[usize], bytes: usize, times: usize) -> Vec<usize> {
        let mut idle = idle(items.iter().copied());
        for _ in 0..times {
            idle.close_surplus(bytes);
        }
        idle.rings.iter().map(|rings| rings.id).collect()
    }

    #[test]
    fn what_is_left_of_a_peak_is_bounded() {
        let first: Vec<_> = (0..KEPT).collect();
        assert_eq!(left(&[0; 1000], usize::MAX, 1), first);
        assert_eq!(left(&[4; 1000], 3, 1000), first);
        assert_eq!(left(&[1; 1000], 20, 1000).len(), KEPT + 20);
        assert_eq!(left(&[1; 1000], usize::MAX, 1000).len(), MAX);
    }

    #[test]
    fn the_oldest_rings_with_items_are_kept_as_far_as_they_fit() {
        let items = [[0; KEPT].as_slice(), &[0, 4, 0, 1, 4]].concat();
        assert_eq!(left(&items, 5, 1)[KEPT..], [KEPT + 1, KEPT + 3]);
    }

    #[test]
    fn rings_with_items_are_closed_little_by_little() {
        assert_eq!(left(&[4; 300], 0, 1).len(), 300 - MAX_CLOSED);
        assert_eq!(left(&[4; 300], 0, 2).len(), 300 - 2 * MAX_CLOSED);
    }
}
