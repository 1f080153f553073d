//! Compresses HTTP requests with gzip. tonic compresses gRPC requests itself.

use bytes::Bytes;
use miniz_oxide::deflate::compress_to_vec;

use floe_telemetry_sdk::config::Compression;

/// The first bytes of a file in the format of [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952): deflated, without a
/// name and a time, from an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The level of `gzip` without an option.
const LEVEL: u8 = 6;

/// The table of the checksum. The tables of `crc32fast` have 16 KB.
static CRC: [u32; 256] = crc_table();

pub(super) fn compress(compression: Compression, request: Bytes) -> Bytes {
    if compression != Compression::Gzip {
        return request;
    }

    let mut file = HEADER.to_vec();
    file.extend(compress_to_vec(&request, LEVEL));
    file.extend(crc32(&request).to_le_bytes());
    // The length modulo 2³².
    file.extend(request.len().to_le_bytes().iter().chain(&[0; 4]).take(4));
    file.into()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        let [low, ..] = crc.to_le_bytes();
        crc >> 8 ^ CRC[usize::from(low ^ byte)]
    })
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u32;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }

        table[byte as usize] = crc;
        byte += 1;
    }

    table
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_request_of_any_length_is_decompressed_unchanged() {
        for length in [0, 1, 3, 4, 5, 1_000, 100_001] {
            let request: Vec<u8> =
                (0..length).map(|at: u32| (at.wrapping_mul(at) >> 3).to_le_bytes()[0]).collect();
            let sent = compress(Compression::Gzip, request.clone().into());
            let mut received = Vec::new();
            flate2::read::GzDecoder::new(&*sent).read_to_end(&mut received).unwrap();
            assert_eq!(received, request);
        }
    }
}
