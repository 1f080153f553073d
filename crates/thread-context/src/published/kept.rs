//! The table of open spans in a file, which outlives the process: the places are memory that is mapped from it, so that
//! a span is in the file as soon as it is listed, whatever ends the process.
//!
//! The file consists of blocks of 64 KiB. The first one is the header; each other one has either places or, for those
//! that the places name, attributes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::mm::{MapFlags, ProtFlags};

use super::clock::now;
use super::{Attributes, Made};

/// The first bytes of a file; the last one is the version of its layout.
pub(crate) const MAGIC: [u8; 8] = *b"floespn\x01";

pub(crate) const BLOCK: usize = 64 * 1024;

/// The most blocks behind the header.
pub(crate) const BLOCKS: usize = 2048;

/// What the header has at which byte: the time of the system and that of the places when the file was made, in
/// nanoseconds; what each block has; the size of the label, and the label.
pub(crate) const MADE_AT: usize = 8;
pub(crate) const KINDS: usize = 32;
pub(crate) const LABEL: usize = KINDS + BLOCKS;
pub(crate) const MAX_LABEL: usize = BLOCK - LABEL - 4;

/// What a block has.
pub(crate) const PLACES: u8 = 1;
pub(crate) const ATTRIBUTES: u8 = 2;

/// The bytes of a place.
pub(crate) const PLACE: usize = 64;

/// The bytes of attributes in a file: their address in the process, by which places name them, and their words.
pub(crate) const ENTRY: usize = 256;

/// Made for the first file. A fork has none.
static FILE: AtomicPtr<Mutex<Kept>> = AtomicPtr::new(ptr::null_mut());

#[derive(Debug)]
struct Kept {
    file: File,
    blocks: usize,
    /// The block that attributes are written to, and how many it has.
    attributes: Option<(usize, usize)>,
}

/// File systems that write a byte where it was before: ext4, XFS and tmpfs. Others need room to write it elsewhere, and a
/// full disk would end the process with `SIGBUS`.
const IN_PLACE: [u32; 3] = [0xef53, 0x5846_5342, 0x0102_1994];

fn check_in_place(file: &File) -> io::Result<()> {
    let kind = rustix::fs::fstatfs(file)?.f_type;
    if u32::try_from(kind).is_ok_and(|kind| IN_PLACE.contains(&kind)) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "expected a folder in ext4, XFS or tmpfs, found another file system",
    ))
}

/// Begins the file, which is empty.
pub(crate) fn begin(file: File, label: &[u8]) -> io::Result<()> {
    check_in_place(&file)?;
    let mut header = vec![0; BLOCK];
    // As old as `now`: no span begins late.
    let wall = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    let wall = wall
        .tv_sec
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(wall.tv_nsec.cast_unsigned());
    header[..8].copy_from_slice(&MAGIC);
    header[MADE_AT..MADE_AT + 8].copy_from_slice(&wall.to_ne_bytes());
    header[MADE_AT + 8..MADE_AT + 16].copy_from_slice(&now().to_ne_bytes());
    within_limit(header.len())?;
    file.write_all_at(&header, 0)?;
    let kept = Kept { file, blocks: 0, attributes: None };
    kept.label(label)?;
    // One that is there closes its file.
    let mut kept = Some(kept);
    with(|old| kept.take().map(|kept| *old = kept));
    if let Some(kept) = kept {
        let kept = ptr::from_ref(Box::leak(Box::new(Mutex::new(kept)))).cast_mut();
        FILE.store(kept, Ordering::Release);
    }
    Made::all().for_each(describe);
    Ok(())
}

/// Replaces the label of the file, if there is one.
///
/// # Errors
///
/// The file cannot be written.
pub fn label(label: &[u8]) -> io::Result<()> {
    with(|kept| kept.label(label)).unwrap_or(Ok(()))
}

fn with<T>(act: impl FnOnce(&mut Kept) -> T) -> Option<T> {
    #[expect(unsafe_code, reason = "a reference that was stored as a pointer")]
    // SAFETY: if it is not null, what is stored is a reference to what is never freed.
    let kept = unsafe { FILE.load(Ordering::Acquire).cast_const().as_ref() }?;
    Some(act(&mut kept.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Writes attributes into the file, if there is one. Without room, spans with them have no name in it.
pub(crate) fn describe(of: &'static Attributes) {
    let _ = with(|kept| kept.describe(of));
}

/// Memory for places in the file: a block of zeros, which is never freed. `None` if there is no file, or no room.
pub(crate) fn places() -> Option<&'static [AtomicU64; BLOCK / 8]> {
    with(|kept| {
        let block = kept.add(PLACES).ok()?;
        let offset = (block as u64 + 1) * BLOCK as u64;
        #[expect(unsafe_code, reason = "the memory of a file")]
        // SAFETY: the kernel chooses where it is, and nothing unmaps it. It has this size, is aligned to a page, and is only
        // used as atomics.
        unsafe {
            let (read, shared) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
            let memory = rustix::mm::mmap(ptr::null_mut(), BLOCK, read, shared, &kept.file, offset);
            memory.ok()?.cast_const().cast::<[AtomicU64; BLOCK / 8]>().as_ref()
        }
    })?
}

/// Gives a fork memory of its own in the place of the `places` of the file, which are its parent's. If it fails, they stay
/// those of the parent.
pub(crate) fn separate(places: *const ()) {
    let at = places.cast_mut().cast();
    #[expect(unsafe_code, reason = "memory is replaced")]
    // SAFETY: `places` mapped this range, which is only used as atomics. It becomes zeros while the process has one thread.
    let _ = unsafe {
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        rustix::mm::mmap_anonymous(at, BLOCK, ProtFlags::READ | ProtFlags::WRITE, flags)
    };
}

/// In a fork, there is no file.
pub(crate) fn forked() {
    FILE.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Refuses what the signal of the limit of a file would end the process for.
fn within_limit(end: usize) -> io::Result<()> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize);
    match limit.current {
        Some(limit) if end as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Ok(()),
    }
}

impl Kept {
    fn label(&self, label: &[u8]) -> io::Result<()> {
        if label.len() > MAX_LABEL {
            return Ok(());
        }
        let size = u32::try_from(label.len()).unwrap_or_default();
        // Without a label until it is complete.
        self.file.write_all_at(&[0; 4], LABEL as u64)?;
        self.file.write_all_at(label, LABEL as u64 + 4)?;
        self.file.write_all_at(&size.to_ne_bytes(), LABEL as u64)
    }

    /// Adds a block. Its bytes are written, because to touch a page of a file without a place on the disk would end the
    /// process if the disk is full.
    fn add(&mut self, kind: u8) -> io::Result<usize> {
        if self.blocks == BLOCKS {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let block = self.blocks;
        let at = (block + 1) * BLOCK;
        within_limit(at + BLOCK)?;
        self.file.write_all_at(&vec![0; BLOCK], at as u64)?;
        let at = KINDS + block;
        self.file.write_all_at(&[kind], at as u64)?;
        self.blocks += 1;
        Ok(block)
    }

    fn describe(&mut self, of: &'static Attributes) -> io::Result<()> {
        let (block, used) = match self.attributes {
            Some((block, used)) if used < BLOCK / ENTRY => (block, used),
            _ => (self.add(ATTRIBUTES)?, 0),
        };
        let mut entry = [0; ENTRY];
        let words = of.words.iter().flat_map(|word| word.to_ne_bytes());
        let address = ptr::from_ref(of).addr() as u64;
        let bytes = address.to_ne_bytes().into_iter().chain(words);
        for (byte, of) in entry.iter_mut().zip(bytes) {
            *byte = of;
        }
        let at = (block + 1) * BLOCK + used * ENTRY;
        self.file.write_all_at(&entry, at as u64)?;
        self.attributes = Some((block, used + 1));
        Ok(())
    }
}
