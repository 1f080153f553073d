//! A file of records. It begins with a header, in which is how far its records are delivered; each record has the size,
//! the kind and the checksum of its payload. Nothing in a file is trusted.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use crate::owner::private;

/// The first bytes of a file; the last one is the version of its layout.
const MAGIC: [u8; 8] = *b"floejnl\x01";

/// The magic bytes, and up to where the records are delivered.
pub(crate) const HEADER: u64 = 16;

/// The size of the payload, its kind, and a checksum of both and the payload.
const RECORD: usize = 4 + 1 + 4;

/// The largest payload.
pub(crate) const MAX_PAYLOAD: usize = 256 * 1024 * 1024;

/// What a record is a request of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    pub(crate) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// A file of records.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    file: File,
    /// Where the records end.
    end: u64,
    /// Up to where they are delivered.
    delivered: u64,
}

/// What is at a place.
pub(crate) enum Found {
    Record {
        kind: u8,
        payload: Vec<u8>,
        next: u64,
    },
    /// Nothing that can be read follows before `next`.
    Damaged {
        next: u64,
    },
    End,
}

impl Segment {
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        let mut options = private();
        let mut file = options.create_new(true).open(&path)?;
        let written = file
            .write_all(&MAGIC)
            .and_then(|()| file.write_all(&HEADER.to_le_bytes()));
        if let Err(error) = written {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self {
            path,
            file,
            end: HEADER,
            delivered: HEADER,
        })
    }

    /// Opens a file of a process that has ended.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let mut file = private().open(&path)?;
        let end = file.metadata()?.len();
        let mut header = [0; 16];
        let read = file.read_exact(&mut header);
        let (magic, delivered) = header.split_at(8);
        match read {
            Ok(()) if magic == MAGIC => {}
            // It was killed before it had written the header.
            Err(_) if end < HEADER && MAGIC.starts_with(&header[..end.min(8) as usize]) => {}
            _ => {
                let message = "expected records of version 1, found another kind of file";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        let delivered = delivered
            .first_chunk()
            .copied()
            .map_or(0, u64::from_le_bytes);
        Ok(Self {
            path,
            file,
            end,
            delivered: delivered.clamp(HEADER, end.max(HEADER)),
        })
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.end
    }

    pub(crate) const fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(crate) const fn is_delivered(&self) -> bool {
        self.delivered >= self.end
    }

    /// The bytes of a record in the file.
    pub(crate) const fn size_of(payload: &[u8]) -> u64 {
        (RECORD + payload.len()) as u64
    }

    /// Appends a record, whole or not at all.
    pub(crate) fn append(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        let size = u32::try_from(payload.len()).ok();
        let Some(size) = size.filter(|_| payload.len() <= MAX_PAYLOAD) else {
            let (max, found) = (MAX_PAYLOAD, payload.len());
            let message = format!("expected a request of at most {max} bytes, found {found}");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        };
        let mut record = Vec::with_capacity(RECORD + payload.len());
        record.extend(size.to_le_bytes());
        record.push(kind as u8);
        record.extend(checksum(kind as u8, payload).to_le_bytes());
        record.extend(payload);
        let written =
            (self.file.seek(SeekFrom::Start(self.end))).and_then(|_| self.file.write_all(&record));
        if let Err(error) = written {
            // Without the part of it that the disk had room for.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += record.len() as u64;
        Ok(())
    }

    /// The record at a place.
    pub(crate) fn record(&mut self, at: u64) -> io::Result<Found> {
        let left = self.end.saturating_sub(at);
        if left == 0 {
            return Ok(Found::End);
        }
        let damaged = Found::Damaged { next: self.end };
        let mut header = [0; RECORD];
        if left < RECORD as u64 {
            return Ok(damaged);
        }
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut header)?;
        let [s0, s1, s2, s3, kind, c0, c1, c2, c3] = header;
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if size > MAX_PAYLOAD || size as u64 > left - RECORD as u64 {
            return Ok(damaged);
        }
        let mut payload = vec![0; size];
        self.file.read_exact(&mut payload)?;
        let next = at + (RECORD + size) as u64;
        if checksum(kind, &payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Ok(Found::Damaged { next });
        }
        Ok(Found::Record {
            kind,
            payload,
            next,
        })
    }

    /// Notes that what is before a place is delivered.
    pub(crate) fn deliver(&mut self, up_to: u64) -> io::Result<()> {
        self.skip(up_to);
        self.file.seek(SeekFrom::Start(8))?;
        self.file.write_all(&up_to.to_le_bytes())
    }

    /// Does not read what is before a place again.
    pub(crate) const fn skip(&mut self, up_to: u64) {
        self.delivered = up_to;
    }

    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn checksum(kind: u8, payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&(payload.len() as u64).to_le_bytes());
    hasher.update(&[kind]);
    hasher.update(payload);
    hasher.finalize()
}
