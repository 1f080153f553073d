//! The mapping `OTEL_CTX`, in which readers find the context of the process
//! ([publication protocol](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md#publication-protocol)).

#![expect(unsafe_code, reason = "memory that other processes find by its name")]

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Mutex, TryLockError};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous};
use rustix::process::{Resource, getrlimit, set_virtual_memory_region_name};
use rustix::time::{ClockId, clock_gettime};

const NAME: &std::ffi::CStr = c"OTEL_CTX";
const VERSION: u32 = 2;

#[derive(Debug)]
#[repr(C)]
struct Header {
    signature: AtomicU64,
    version: AtomicU32,
    payload_size: AtomicU32,
    /// The time of publication, by the clock since the boot, in nanoseconds. Zero while the payload changes.
    published_at: AtomicU64,
    payload: AtomicU64,
}

struct Published {
    header: &'static Header,
    /// The payload, to which the header points.
    #[expect(dead_code, reason = "readers find the payload by its address")]
    payload: Box<[u8]>,
    /// The process that created the mapping. A fork does not inherit the mapping.
    process: u32,
    /// Whether the mapping is of a memory file, whose name it has even if [`Header::set_name`] fails.
    has_file: bool,
}

static PUBLISHED: Mutex<Option<Published>> = Mutex::new(None);

pub(super) fn publish(payload: Vec<u8>) -> io::Result<()> {
    // `lock` could wait forever: in a fork, the thread that has locked it may not exist.
    let mut published = match PUBLISHED.try_lock() {
        Ok(published) => published,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::other(
                "another thread is publishing the process context, or was during a fork; only one may do so at a time",
            ));
        }
    };

    let payload = payload.into_boxed_slice();
    let process = std::process::id();
    let (header, has_file) = match published.as_ref().filter(|of| of.process == process) {
        Some(published) => (published.header, published.has_file),
        None => map()?,
    };

    header.write(&payload)?;
    // Stored even if the name fails below, so that the next call uses the same mapping. The previous payload is freed
    // now.
    *published = Some(Published { header, payload, process, has_file });
    // The mapping is named after each change, because readers may wait for the system call that names it.
    if header.set_name().is_err() && !has_file {
        return Err(io::Error::other(
            "expected a mapping with a name, but the system allows neither a memory file nor a named mapping; the process context is not published",
        ));
    }

    Ok(())
}

/// Creates a mapping that forks do not inherit. Also returns whether the mapping has the name of a memory file.
fn map() -> io::Result<(&'static Header, bool)> {
    const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);
    let size = size_of::<Header>();
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = if getrlimit(Resource::Fsize).current.is_some_and(|limit| limit < size as u64) {
        // The file would exceed the limit of the process, and a signal would kill the process, although the file is in
        // memory.
        Err(Errno::FBIG)
    } else {
        memfd_create(NAME, flags | MemfdFlags::NOEXEC_SEAL)
            .or_else(|_| memfd_create(NAME, flags))
            .and_then(|file| ftruncate(&file, size as u64).map(|()| file))
    };

    // SAFETY: the system chooses the address, so that no other memory is affected, and the mapping is never removed.
    // It is private, and its file is closed, so that no other process changes it.
    let address = unsafe {
        match &file {
            Ok(file) => mmap(ptr::null_mut(), size, READ_WRITE, MapFlags::PRIVATE, file, 0)?,
            Err(_) => mmap_anonymous(ptr::null_mut(), size, READ_WRITE, MapFlags::PRIVATE)?,
        }
    };

    // SAFETY: it is the mapping from above, whose content this call does not change. A fork has no such mapping, and
    // does not use the header, see `Published::process`.
    unsafe { madvise(address, size, Advice::LinuxDontFork)? };
    // SAFETY: a mapping begins at a page, has zeros, which are a valid header, and stays for as long as the process.
    let header = unsafe { &*address.cast_const().cast::<Header>() };
    Ok((header, file.is_ok()))
}

impl Header {
    fn write(&self, payload: &[u8]) -> io::Result<()> {
        let size = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let time = clock_gettime(ClockId::Boottime);
        let now = u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000
            + u64::try_from(time.tv_nsec).unwrap_or_default();
        // Each update has another time, even within a tick of the clock.
        let now = now.max(self.published_at.load(Ordering::Relaxed) + 1);
        self.published_at.store(0, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.signature.store(u64::from_ne_bytes(*b"OTEL_CTX"), Ordering::Relaxed);
        self.version.store(VERSION, Ordering::Relaxed);
        self.payload_size.store(size, Ordering::Relaxed);
        self.payload.store(payload.as_ptr().addr() as u64, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.published_at.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Names the mapping, which not every kernel allows.
    fn set_name(&self) -> rustix::io::Result<()> {
        let start = ptr::from_ref(self).cast::<u8>();
        // SAFETY: these are the bytes of the header, which only the thread with the lock writes. Only their address is
        // used.
        let region = unsafe { std::slice::from_raw_parts(start, size_of::<Self>()) };
        set_virtual_memory_region_name(region, Some(NAME))
    }
}
