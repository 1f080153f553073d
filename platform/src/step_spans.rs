//! The spans of steps whose run is not sampled: a file of OTLP requests to which the processes of the steps add. The run
//! sends them if its own trace is kept, because it has failed, and removes the file in any case.
//!
//! The file begins with the number of its bytes that are complete, so that nothing is left of a request in which a step
//! was killed. Before each request is its length.

use std::error::Error as StdError;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugins::error::Error;
use floe_plugins::files::atomic::{Access, Draft};
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};
use floe_telemetry::get_current_span;

use crate::product::OUTPUT_FOLDER;

/// The most bytes of the spans of a run: those of thousands of assets.
const MAX_BYTES: u64 = 64 << 20;

/// The size of the number at the beginning.
const HEAD: u64 = 8;

/// The file of a run, which is never published: it ends with this value, and the next run removes that of a run that was
/// killed.
#[derive(Debug)]
pub struct StepSpans(Draft);

impl StepSpans {
    /// Creates the file, if the current span is recorded and not sampled: its trace is decided about when it has ended.
    pub(super) fn create(folder: &Path) -> Result<Option<Self>, Error> {
        let span = get_current_span();
        if !span.is_recording() || span.span_context().is_sampled() {
            return Ok(None);
        }
        let target = folder.join(OUTPUT_FOLDER).join("step_spans");
        Ok(Some(Self(Draft::new(&target, Access::Private)?)))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The requests.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<Vec<Vec<u8>>, Error> {
        read(self.path()).map_err(Error::io("read", self.path()))
    }
}

fn read(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut file = File::open(path)?;
    let mut left = end(&mut file)?.saturating_sub(HEAD);
    let mut requests = Vec::new();
    while left > 0 {
        let mut length = [0; 4];
        file.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        let mut request = Vec::new();
        (&mut file).take(u64::from(length).min(MAX_BYTES)).read_to_end(&mut request)?;
        requests.push(request);
        left = left.saturating_sub(4 + u64::from(length));
    }
    Ok(requests)
}

/// Where the next request begins.
fn end(file: &mut File) -> io::Result<u64> {
    let mut head = HEAD.to_le_bytes();
    match file.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(HEAD),
        read => read.map(|()| u64::from_le_bytes(head)),
    }
}

/// Adds the requests of a step to the file of its run.
#[derive(Debug)]
pub(crate) struct StepSpansWriter(PathBuf);

impl StepSpansWriter {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn add(&self, request: &[u8]) -> io::Result<()> {
        // Not created: a run that has ended has removed it.
        let mut file = OpenOptions::new().read(true).write(true).open(&self.0)?;
        file.lock()?;
        let end = end(&mut file)?;
        let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
        let after = end + 4 + u64::from(length);
        if after > MAX_BYTES {
            let message = format!("the spans of the steps of a run have at most {MAX_BYTES} bytes");
            return Err(io::Error::other(message));
        }
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&[&length.to_le_bytes(), request].concat())?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&after.to_le_bytes())
    }
}

impl OtlpWriter for StepSpansWriter {
    fn name(&self) -> &'static str {
        "the run"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(self.add(request.protobuf())?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_killed_step_has_left_is_replaced_and_the_file_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans");
        let writer = StepSpansWriter::new(&path);
        assert_eq!(writer.add(b"one").unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "").unwrap();
        assert_eq!(read(&path).unwrap(), Vec::<Vec<u8>>::new());
        writer.add(b"one").unwrap();
        let killed = OpenOptions::new().append(true).open(&path);
        killed.unwrap().write_all(b"\x09\0\0\0half").unwrap();
        assert_eq!(read(&path).unwrap(), [b"one"]);
        writer.add(b"second").unwrap();
        let large = vec![0; 1 << 20];
        for _ in 1..MAX_BYTES >> 20 {
            writer.add(&large).unwrap();
        }
        let error = writer.add(&large).unwrap_err().to_string();
        assert_eq!(error, "the spans of the steps of a run have at most 67108864 bytes");
        let requests = read(&path).unwrap();
        assert_eq!(
            (requests.len(), &*requests[0], &*requests[1]),
            (65, &b"one"[..], &b"second"[..])
        );
        assert!(fs::metadata(&path).unwrap().len() <= MAX_BYTES);
    }
}
