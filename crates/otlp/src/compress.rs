//! Compresses HTTP requests. tonic compresses gRPC requests itself.

use std::io::Write as _;

use bytes::Bytes;

use floe_telemetry_sdk::config::Compression;

pub(super) fn compress(compression: Compression, request: Bytes) -> Result<Bytes, String> {
    if compression != Compression::Gzip {
        return Ok(request);
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(&request).and_then(|()| encoder.finish());
    written.map(Bytes::from).map_err(|error| format!("the request cannot be compressed: {error}"))
}
