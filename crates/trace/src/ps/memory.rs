//! The memory of a process, which is read while the process runs.

use std::io::{self, IoSliceMut};

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

#[derive(Debug)]
pub(super) struct Memory(pub(super) Pid);

impl Memory {
    pub(super) fn read<const SIZE: usize>(&self, address: u64) -> io::Result<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        self.fill(&mut bytes, address)?;
        Ok(bytes)
    }

    pub(super) fn fill(&self, bytes: &mut [u8], address: u64) -> io::Result<()> {
        let size = bytes.len();
        if self.copy(bytes, size, &[address])? == size {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Returns the values at some addresses, up to the first that cannot be read.
    pub(super) fn each<const SIZE: usize>(&self, addresses: &[u64]) -> Vec<[u8; SIZE]> {
        let mut bytes = vec![0; SIZE * addresses.len()];
        let found = self.copy(&mut bytes, SIZE, addresses).unwrap_or_default();
        bytes.truncate(found);
        bytes.as_chunks().0.to_vec()
    }

    /// Copies `size` bytes from each address by one system call, and returns the number of copied bytes.
    fn copy(&self, bytes: &mut [u8], size: usize, addresses: &[u64]) -> io::Result<usize> {
        let from: Vec<_> = addresses
            .iter()
            .filter_map(|address| usize::try_from(*address).ok())
            .map(|base| RemoteIoVec { base, len: size })
            .collect();
        Ok(process_vm_readv(self.0, &mut [IoSliceMut::new(bytes)], &from)?)
    }

    pub(super) fn word(&self, address: u64) -> io::Result<u64> {
        self.read(address).map(u64::from_ne_bytes)
    }
}

/// Returns the word at an offset in bytes, or zero if there are too few bytes.
pub(super) fn word(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}
