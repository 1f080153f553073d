//! The rings that threads have left. An ending thread leaves its rings, with their items, to the next thread. A thread
//! with full rings exchanges them for rings with room, or for new ones if the limit of the process allows it. So the
//! burst of one thread can use all the memory for rings, while each ring is small enough for the processor's caches and
//! for thousands of threads.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) trait Rings {
    /// Whether there is room for the usual load of a thread.
    fn has_room(&mut self) -> bool;

    fn is_empty(&mut self) -> bool;
}

/// The idle rings, in the order in which threads have left them.
#[derive(Debug)]
pub(super) struct Idle<W> {
    rings: VecDeque<W>,
    forks: u32,
}

impl<W: Rings> Idle<W> {
    pub(super) const fn new() -> Self {
        Self { rings: VecDeque::new(), forks: 0 }
    }

    /// After a fork, closes the rings of the parent, which exports their content.
    pub(super) fn leave_parent(&mut self, forks: u32) {
        if self.forks != forks {
            self.rings.clear();
            self.forks = forks;
        }
    }

    /// Adds rings, or closes them if there is no memory for a longer list.
    pub(super) fn leave(&mut self, rings: W) {
        if self.rings.try_reserve(1).is_ok() {
            self.rings.push_back(rings);
        }
    }

    pub(super) fn take(&mut self) -> Option<W> {
        if self.rings.back_mut().is_some_and(W::has_room) {
            return self.rings.pop_back();
        }

        let has_room = self.rings.front_mut().is_some_and(W::has_room);
        if has_room { self.take_any() } else { None }
    }

    pub(super) fn take_any(&mut self) -> Option<W> {
        self.rings.pop_front()
    }

    /// Exchanges full rings for the last used rings with room, which are still in the caches of the processor. Returns
    /// whether there were such rings.
    pub(super) fn exchange(&mut self, full: &mut W) -> bool {
        let found = self.rings.iter_mut().rposition(W::has_room);
        let Some(with_room) = found.and_then(|at| self.rings.remove(at)) else {
            return false;
        };

        self.leave(mem::replace(full, with_room));
        true
    }

    /// Closes the empty rings behind the first `kept` ones, which a burst or a peak of threads has left.
    pub(super) fn close_surplus(&mut self, kept: usize) {
        let mut left = 0;
        self.rings.retain_mut(|rings| {
            let is_kept = left < kept || !rings.is_empty();
            left += usize::from(is_kept);
            is_kept
        });
    }
}

#[derive(Debug)]
pub(super) struct Left<W>(pub(super) Mutex<Idle<W>>);

impl<W: Rings> Left<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Idle::new()))
    }

    pub(super) fn lock(&self, forks: u32) -> MutexGuard<'_, Idle<W>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.leave_parent(forks);
        idle
    }

    pub(super) fn take_or(&self, forks: u32, new: impl FnOnce() -> Option<W>) -> Option<W> {
        let left = self.lock(forks).take();
        left.or_else(new).or_else(|| self.lock(forks).take_any())
    }

    /// Exchanges the full rings of a thread for rings that another thread has left, or for new ones. Returns whether
    /// either was available.
    pub(super) fn exchange_or(
        &self,
        forks: u32,
        full: &mut W,
        new: impl FnOnce() -> Option<W>,
    ) -> bool {
        self.lock(forks).exchange(full)
            || new().is_some_and(|new| {
                self.lock(forks).leave(mem::replace(full, new));
                true
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings with room for four items.
    #[derive(Debug, PartialEq)]
    struct Model {
        id: usize,
        items: usize,
    }

    impl Rings for Model {
        fn has_room(&mut self) -> bool {
            self.items <= 2
        }

        fn is_empty(&mut self) -> bool {
            self.items == 0
        }
    }

    fn idle(items: impl IntoIterator<Item = usize>) -> Idle<Model> {
        let mut idle = Idle::new();
        for (id, items) in items.into_iter().enumerate() {
            idle.leave(Model { id, items });
        }
        idle
    }

    fn take_id(idle: &mut Idle<Model>) -> Option<usize> {
        idle.take().map(|rings| rings.id)
    }

    #[test]
    fn a_thread_continues_where_there_is_room() {
        let mut with_room = idle([0, 0]);
        assert_eq!([(); 3].map(|()| take_id(&mut with_room)), [Some(1), Some(0), None]);
        assert_eq!(take_id(&mut idle([1, 3, 3])), Some(0));
        assert_eq!(take_id(&mut idle([3, 1, 3])), None);
        assert_eq!(take_id(&mut idle([3; 100])), None);
        assert_eq!(idle([3]).take_any().map(|rings| rings.id), Some(0));
    }

    #[test]
    fn full_rings_are_exchanged_for_the_last_ones_with_room() {
        let mut idle = idle([3, 2, 0, 4]);
        let mut own = Model { id: 9, items: 4 };
        let mut found = || (idle.exchange(&mut own), own.id);
        assert_eq!([(); 3].map(|()| found()), [(true, 2), (true, 1), (true, 2)]);
        own.items = 4;
        idle.rings.iter_mut().for_each(|rings| rings.items = 4);
        assert!(!idle.exchange(&mut own));
        assert_eq!(idle.rings.len(), 4);
    }

    #[test]
    fn only_empty_rings_are_closed() {
        let left = |items: &[usize]| {
            let mut idle = idle(items.iter().copied());
            idle.close_surplus(3);
            idle.rings.iter().map(|rings| rings.items).collect::<Vec<_>>()
        };

        assert_eq!(left(&[0; 100]), [0; 3]);
        assert_eq!(left(&[4; 100]), [4; 100]);
        assert_eq!(left(&[0, 0, 0, 0, 4, 0, 1]), [0, 0, 0, 4, 1]);
    }
}
