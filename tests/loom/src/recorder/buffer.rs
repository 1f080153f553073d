//! A model of a thread's buffer: one ring instead of three.

use super::idle::Rings;
use super::ring::{self, Reader, ring};
use super::sync::Arc;

/// Loom counts the references to an item, and fails if one is left at the end.
pub(crate) type Item = Arc<u64>;

pub(crate) struct Writer(ring::Writer<Item, 2>);

pub(crate) struct Buffer {
    id: u64,
    read: u64,
    heads: Reader<Item, 2>,
}

pub(crate) fn new_buffer(id: u64) -> (Writer, Buffer) {
    let (writer, heads) = ring().unwrap();
    (Writer(writer), Buffer { id, read: 0, heads })
}

impl Writer {
    pub(crate) fn push(&mut self, item: Item) -> Result<(), Item> {
        self.0.push(item)
    }
}

impl Rings for Writer {
    fn has_room(&mut self) -> bool {
        self.0.has_room_for(1)
    }

    fn is_empty(&mut self) -> bool {
        self.0.has_room_for(2)
    }
}

impl Buffer {
    pub(crate) fn pop(&mut self) -> Option<Item> {
        let item = self.heads.pop()?;
        self.read += 1;
        Some(item)
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) const fn read(&self) -> u64 {
        self.read
    }

    pub(crate) fn written(&self) -> u64 {
        self.read + self.heads.len() as u64
    }

    pub(crate) fn is_done(&self) -> bool {
        self.heads.is_done()
    }
}
