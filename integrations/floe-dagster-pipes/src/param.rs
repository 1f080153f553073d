//! Decodes the values of Dagster's environment variables: JSON, compressed with zlib, in Base64.

use std::env;
use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use serde::de::DeserializeOwned;

use crate::error::{Error, Kind};

/// The maximum size of the parameters, in bytes.
const LARGEST: u64 = 16 << 20;

/// Decodes the value of a variable.
pub(crate) fn decode<T: DeserializeOwned>(name: &'static str, value: &str) -> Result<T, Error> {
    let Ok(compressed) = STANDARD.decode(value.trim()) else {
        return Err(refused(name, "a text that is not Base64"));
    };
    read(name, ZlibDecoder::new(&*compressed))
        .map_err(|_| refused(name, "data that is not compressed with zlib"))?
}

/// Reads the parameters of a variable. The outer error is that of `source`.
pub(crate) fn read<T: DeserializeOwned>(
    name: &'static str,
    source: impl Read,
) -> io::Result<Result<T, Error>> {
    let mut json = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut json)?;
    if json.len() as u64 > LARGEST {
        return Ok(Err(refused(name, "more than 16 MiB")));
    }
    // serde's messages quote values, which may be credentials, so only the line and the column are reported.
    Ok(serde_json::from_slice(&json).map_err(|error| {
        let line = error.line();
        let column = error.column();
        refused(name, format!("JSON with a mistake at line {line}, column {column}"))
    }))
}

pub(crate) fn refused(name: &'static str, found: impl Into<String>) -> Error {
    Error::parameter(name, found, "the parameters of Dagster Pipes 0.1, at most 16 MiB of JSON")
}

pub(crate) fn variable(name: &'static str) -> Result<String, Error> {
    match env::var(name) {
        Ok(value) => Ok(value),
        Err(env::VarError::NotPresent) => Err(Kind::NotStartedByDagster(name).into()),
        Err(env::VarError::NotUnicode(_)) => Err(refused(name, "a text that is not UTF-8")),
    }
}
