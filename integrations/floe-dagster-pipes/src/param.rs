//! Decodes the values of Dagster's environment variables: JSON, compressed with zlib, in Base64.

use std::env;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use serde::de::DeserializeOwned;

use crate::error::{Error, Kind};

/// The maximum length of a variable's value, in bytes. Linux allows 128 KiB.
const LONGEST: usize = 1 << 20;

/// The maximum size of the decompressed text, in bytes.
const LARGEST: u64 = 16 << 20;

pub(crate) fn decode<T: DeserializeOwned>(name: &'static str, value: &str) -> Result<T, Error> {
    let refused = |found: &str| {
        Error::parameter(name, found, "JSON of at most 16 MiB, compressed with zlib, in Base64")
    };
    if value.len() > LONGEST {
        return Err(refused("more than 1 MiB"));
    }
    let Ok(compressed) = STANDARD.decode(value.trim()) else {
        return Err(refused("a text that is not Base64"));
    };
    let mut json = Vec::new();
    let read = ZlibDecoder::new(&*compressed).take(LARGEST + 1).read_to_end(&mut json);
    if read.is_err() {
        return Err(refused("data that is not compressed with zlib"));
    }
    if json.len() as u64 > LARGEST {
        return Err(refused("more than 16 MiB"));
    }
    // serde's messages quote values, which may be credentials, so only the line and the column are reported.
    serde_json::from_slice(&json).map_err(|error| {
        let line = error.line();
        let column = error.column();
        let found = format!("JSON with a mistake at line {line}, column {column}");
        Error::parameter(name, found, "the parameters of Dagster Pipes 0.1")
    })
}

pub(crate) fn variable(name: &'static str) -> Result<String, Error> {
    match env::var(name) {
        Ok(value) => Ok(value),
        Err(env::VarError::NotPresent) => Err(Kind::NotStartedByDagster(name).into()),
        Err(env::VarError::NotUnicode(_)) => {
            let accepted = "JSON, compressed with zlib, in Base64";
            Err(Error::parameter(name, "a text that is not UTF-8", accepted))
        }
    }
}
