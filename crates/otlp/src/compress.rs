//! Compression of HTTP requests. gRPC requests are compressed by tonic.

use std::io::Write as _;

use bytes::Bytes;

use floe_telemetry_sdk::config::Compression;

pub(super) fn compress(compression: Compression, request: Bytes) -> Result<Bytes, String> {
    match compression {
        Compression::Gzip => gzip(&request),
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstd(&request),
        // The caller has refused zstd without its feature.
        _ => Ok(request),
    }
    .map_err(|reason| format!("the request cannot be compressed: {reason}"))
}

fn gzip(request: &[u8]) -> Result<Bytes, String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(request).and_then(|()| encoder.finish());
    written.map(Bytes::from).map_err(|error| error.to_string())
}

#[cfg(feature = "zstd")]
fn zstd(request: &[u8]) -> Result<Bytes, String> {
    let compressed = zstd::encode_all(request, zstd::DEFAULT_COMPRESSION_LEVEL);
    compressed.map(Bytes::from).map_err(|error| error.to_string())
}
