//! Compresses HTTP requests with gzip. tonic compresses gRPC requests itself.

use bytes::Bytes;
use miniz_oxide::deflate::compress_to_vec;

use floe_telemetry_sdk::config::Compression;

/// The first bytes of a file in the format of [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952): deflated, without a
/// name and a time, from an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The level of `gzip` without an option.
const LEVEL: u8 = 6;

/// The tables of the checksum, for four bytes at a time. Those of `crc32fast` are four times as large.
static CRC: [[u32; 256]; 4] = crc_tables();

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
    let (chunks, rest) = bytes.as_chunks::<4>();
    let mut crc = !0;
    for chunk in chunks {
        let [first, second, third, fourth] = (crc ^ u32::from_le_bytes(*chunk)).to_le_bytes();
        crc = CRC[3][usize::from(first)]
            ^ CRC[2][usize::from(second)]
            ^ CRC[1][usize::from(third)]
            ^ CRC[0][usize::from(fourth)];
    }

    for byte in rest {
        let [low, ..] = crc.to_le_bytes();
        crc = crc >> 8 ^ CRC[0][usize::from(low ^ byte)];
    }

    !crc
}

const fn crc_tables() -> [[u32; 256]; 4] {
    const POLYNOMIAL: u32 = 0xedb8_8320;

    let mut tables = [[0; 256]; 4];
    let mut byte = 0_u32;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }

        tables[0][byte as usize] = crc;
        byte += 1;
    }

    let mut table = 1;
    while table < 4 {
        byte = 0;
        while byte < 256 {
            let crc = tables[table - 1][byte as usize];
            tables[table][byte as usize] = crc >> 8 ^ tables[0][(crc & 0xff) as usize];
            byte += 1;
        }

        table += 1;
    }

    tables
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
