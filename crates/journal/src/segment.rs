//! A file of records. It begins with a header, in which is how far its records are delivered; each record has the size,
//! the kind and the checksum of its payload. Nothing in a file is trusted.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use crate::owner::{existing, is_removed, open, private};

/// The first bytes of a file; the last one is the version of its layout.
const MAGIC: [u8; 8] = *b"floejnl\x01";

/// The magic bytes, and up to where the records are delivered: four bytes, and their complement.
pub(crate) const HEADER: u64 = START as u64;
const START: u32 = 16;

/// The size of the payload, its kind, and a checksum of both and the payload.
const RECORD: usize = 4 + 1 + 4;

/// The largest payload.
const MAX_PAYLOAD: usize = 64 * 1024 * 1024; // the limit that OTLP recommends

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
    /// `None` until it is used: a folder may have more files than a process may open.
    file: Option<File>,
    /// Where the records end.
    end: u64,
    /// Up to where they are delivered.
    delivered: u64,
    /// Whether this process writes it.
    is_own: bool,
    /// Whether it is only read.
    stays: bool,
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
        let mut file = open(&path, private().create_new(true))?;
        let header = [MAGIC, note(START)].concat();
        if let Err(error) = within_limit(HEADER).and_then(|()| file.write_all(&header)) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self {
            path,
            file: Some(file),
            end: HEADER,
            delivered: HEADER,
            is_own: true,
            stays: false,
        })
    }

    /// A file of a process that has ended, which is only read if it `stays`.
    pub(crate) fn open(path: PathBuf, stays: bool) -> io::Result<Self> {
        let file = open(&path, &existing(stays))?;
        let end = file.metadata()?.len();
        let mut header = Vec::new();
        file.take(HEADER).read_to_end(&mut header)?;
        // It has less if the process was killed before it had written them.
        let (magic, delivered) = header.split_at(header.len().min(MAGIC.len()));
        if !MAGIC.starts_with(magic) {
            let message = "expected records of version 1, found another kind of file";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let delivered = match *delivered {
            // If it is damaged, everything is delivered once more.
            [a, b, c, d, ..] if note(u32::from_le_bytes([a, b, c, d])) == *delivered => {
                u32::from_le_bytes([a, b, c, d]).into()
            }
            _ => HEADER,
        };
        Ok(Self {
            path,
            file: None,
            end,
            delivered: delivered.clamp(HEADER, end.max(HEADER)),
            is_own: false,
            stays,
        })
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => open(&self.path, &existing(self.stays))?,
        };
        Ok(self.file.insert(file))
    }

    /// Closes the file until it is used again.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Writes the file again if it was removed while it was open. Without room, it stays as it is.
    pub(crate) fn restore(&mut self) -> io::Result<()> {
        let Some(removed) = self.file.as_mut().filter(|file| is_removed(file)) else {
            return Ok(());
        };
        within_limit(self.end)?;
        let mut bytes = Vec::new();
        removed.seek(SeekFrom::Start(0))?;
        removed.take(self.end).read_to_end(&mut bytes)?;
        let mut file = open(&self.path, private().create_new(true))?;
        file.write_all(&bytes).inspect_err(|_| {
            let _ = fs::remove_file(&self.path);
        })?;
        self.file = Some(file);
        Ok(())
    }

    /// Renames the file, which is closed.
    pub(crate) fn moved_to(self, path: PathBuf) -> io::Result<Self> {
        fs::rename(&self.path, &path)?;
        Ok(Self { path, ..self })
    }

    pub(crate) const fn is_own(&self) -> bool {
        self.is_own
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.end
    }

    pub(crate) const fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(crate) fn undelivered(&self) -> u64 {
        self.end.saturating_sub(self.delivered)
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
        let end = self.end;
        within_limit(end + record.len() as u64)?;
        let file = self.file()?;
        let written = (file.seek(SeekFrom::Start(end))).and_then(|_| file.write_all(&record));
        if let Err(error) = written {
            // Without the part of it that the disk had room for.
            let _ = file.set_len(end);
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
        let file = self.file()?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut header)?;
        let [s0, s1, s2, s3, kind, c0, c1, c2, c3] = header;
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if size > MAX_PAYLOAD || size as u64 > left - RECORD as u64 {
            return Ok(damaged);
        }
        let mut payload = vec![0; size];
        file.read_exact(&mut payload)?;
        let next = at + (RECORD + size) as u64;
        if checksum(kind, &payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Ok(Found::Damaged { next });
        }
        Ok(Found::Record { kind, payload, next })
    }

    /// Notes that what is before a place is delivered, in the file only if it does not stay.
    pub(crate) fn deliver(&mut self, up_to: u64) -> io::Result<()> {
        self.delivered = up_to;
        if self.stays {
            return Ok(());
        }
        let up_to = u32::try_from(up_to).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let file = self.file()?;
        file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
        file.write_all(&note(up_to))
    }

    /// Removes the file, unless it stays.
    pub(crate) fn remove(self) {
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// How a header says up to where the records are delivered.
fn note(up_to: u32) -> [u8; 8] {
    let mut note = [0; 8];
    note[..4].copy_from_slice(&up_to.to_le_bytes());
    note[4..].copy_from_slice(&(!up_to).to_le_bytes());
    note
}

/// Refuses what the signal of the limit of a file would end the process for.
#[cfg(unix)]
fn within_limit(end: u64) -> io::Result<()> {
    use rustix::process::{Resource, getrlimit};

    match getrlimit(Resource::Fsize).current {
        Some(limit) if end > limit => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
const fn within_limit(_: u64) -> io::Result<()> {
    Ok(())
}

fn checksum(kind: u8, payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&(payload.len() as u64).to_le_bytes());
    hasher.update(&[kind]);
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// The records of a file as those of an ended process, and the bytes that are damaged.
    fn records(path: &Path) -> io::Result<(Vec<Vec<u8>>, u64)> {
        let mut segment = Segment::open(path.to_owned(), false)?;
        let (mut records, mut damaged) = (Vec::new(), 0);
        let mut at = segment.delivered();
        loop {
            match segment.record(at)? {
                Found::Record { payload, next, .. } => {
                    records.push(payload);
                    at = next;
                }
                Found::Damaged { next } => {
                    damaged += next - at;
                    at = next;
                }
                Found::End => return Ok((records, damaged)),
            }
        }
    }

    /// A file with records, its bytes, and where its records begin and end.
    fn written() -> (TempDir, PathBuf, Vec<u8>, Vec<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        let mut segment = Segment::create(path.clone()).unwrap();
        let mut ends = vec![16];
        for (kind, payload) in Kind::ALL.into_iter().cycle().zip(payloads()) {
            segment.append(kind, &payload).unwrap();
            ends.push(usize::try_from(segment.bytes()).unwrap());
        }
        let bytes = fs::read(&path).unwrap();
        assert_eq!(ends.last(), Some(&bytes.len()));
        (folder, path, bytes, ends)
    }

    fn payloads() -> Vec<Vec<u8>> {
        vec![b"one".to_vec(), Vec::new(), vec![0; 40], b"last".to_vec()]
    }

    #[test]
    fn a_file_that_is_cut_has_the_records_before_the_cut() {
        let (_folder, path, bytes, ends) = written();
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            let last = ends[..whole].last().copied().unwrap_or(cut);
            let expected = payloads()[..whole.saturating_sub(1)].to_vec();
            let damaged = (cut - last) as u64;
            assert_eq!(records(&path).unwrap(), (expected, damaged), "{cut}");
        }
    }

    #[test]
    fn a_byte_that_is_wrong_costs_its_record() {
        let (_folder, path, bytes, ends) = written();
        for (at, bit) in (0..bytes.len()).flat_map(|at| [(at, 0), (at, 6)]) {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << bit;
            fs::write(&path, &wrong).unwrap();
            if at < MAGIC.len() {
                let error = records(&path).unwrap_err().to_string();
                let message = "expected records of version 1, found another kind of file";
                assert_eq!(error, message);
                assert_eq!(fs::read(&path).unwrap(), wrong);
                continue;
            }
            let (found, damaged) = records(&path).unwrap();
            if at < 16 {
                // Everything is delivered once more.
                assert_eq!((found, damaged), (payloads(), 0));
                continue;
            }
            let of = ends.iter().filter(|end| **end <= at).count() - 1;
            let mut expected = payloads();
            if at < ends[of] + 4 {
                // The size is wrong: what follows cannot be found.
                assert_eq!(found[..of], expected[..of], "{at}");
                let left = expected.drain(of + 1..).collect::<Vec<_>>();
                assert!(found[of..].iter().all(|record| left.contains(record)));
                assert!(damaged >= 1, "{at}");
            } else {
                expected.remove(of);
                let size = (ends[of + 1] - ends[of]) as u64;
                assert_eq!((found, damaged), (expected, size), "{at}");
            }
        }
    }

    #[test]
    fn what_is_delivered_is_noted() {
        let (_folder, path, _, ends) = written();
        for (left, end) in ends.iter().enumerate() {
            let mut segment = Segment::open(path.clone(), false).unwrap();
            segment.deliver(*end as u64).unwrap();
            assert_eq!(records(&path).unwrap().0, payloads()[left..]);
        }
        let mut beyond = fs::read(&path).unwrap();
        beyond[8..16].copy_from_slice(&note(u32::MAX));
        fs::write(&path, beyond).unwrap();
        assert!(Segment::open(path, false).unwrap().is_delivered());
    }

    #[test]
    fn an_append_that_fails_leaves_nothing() {
        let (_folder, path, bytes, _) = written();
        let mut segment = Segment::open(path.clone(), false).unwrap();
        // It cannot be written, and not be made shorter.
        segment.file = Some(File::open(&path).unwrap());
        segment.append(Kind::Logs, b"refused").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), bytes);
        // A part of a record, as the disk had room for it.
        fs::write(&path, [&bytes[..], &[0xff; 11]].concat()).unwrap();
        segment.close();
        segment.append(Kind::Logs, b"accepted").unwrap();
        let (found, damaged) = records(&path).unwrap();
        assert_eq!(found, [payloads(), vec![b"accepted".to_vec()]].concat());
        assert_eq!(damaged, 0);
        let error = segment.append(Kind::Logs, &vec![0; MAX_PAYLOAD + 1]);
        let message = "expected a request of at most 67108864 bytes, found 67108865";
        assert_eq!(error.unwrap_err().to_string(), message);
    }

    #[test]
    fn a_size_that_is_not_there_needs_no_memory() {
        let (_folder, path, mut bytes, _) = written();
        for size in [u32::MAX, u32::try_from(MAX_PAYLOAD).unwrap()] {
            bytes[16..20].copy_from_slice(&size.to_le_bytes());
            fs::write(&path, &bytes).unwrap();
            let all = (bytes.len() - 16) as u64;
            assert_eq!(records(&path).unwrap(), (Vec::new(), all));
        }
    }
}
