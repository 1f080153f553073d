//! The memory of a process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// `/proc/PID/mem`.
#[derive(Debug)]
pub(super) struct Memory(pub(super) File);

impl Memory {
    pub(super) fn read<const SIZE: usize>(&self, address: u64) -> io::Result<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        self.fill(&mut bytes, address)?;
        Ok(bytes)
    }

    pub(super) fn fill(&self, bytes: &mut [u8], address: u64) -> io::Result<()> {
        self.0.read_exact_at(bytes, address)
    }

    pub(super) fn word(&self, address: u64) -> io::Result<u64> {
        self.read(address).map(u64::from_ne_bytes)
    }
}
