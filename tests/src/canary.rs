//! Credentials that a test plants at an entry point, and then looks for in every byte that leaves the process.
//!
//! Each canary has a secret and a marker. The secret must not be found. The marker, which is in the same text, must be
//! found, because otherwise the text was lost and the search proves nothing.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Numbers;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// `password=…`.
    KeyValue,
    /// The userinfo of a URL.
    Url,
    /// `Authorization: Bearer …`.
    Bearer,
    /// A personal access token of GitHub.
    Token,
    /// An access key of AWS.
    AccessKey,
    /// `{"api_key": "…"}`.
    Json,
}

impl Shape {
    pub const ALL: [Self; 6] =
        [Self::KeyValue, Self::Url, Self::Bearer, Self::Token, Self::AccessKey, Self::Json];
}

/// A credential that is unique to one entry.
#[derive(Clone, Debug)]
pub struct Canary {
    shape: Shape,
    secret: String,
    marker: String,
    number: i64,
}

impl Canary {
    /// Creates the canary of an entry. The same name gives the same canary in each process.
    pub fn new(entry: &str, shape: Shape) -> Self {
        let mut hasher = DefaultHasher::new();
        entry.hash(&mut hasher);
        let mut random = Numbers(hasher.finish());
        let mixed = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let secret = match shape {
            Shape::AccessKey => random.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
            Shape::Token => random.chars(mixed, 36),
            // The prefix makes each of these secrets look random.
            _ => format!("q7X{}", random.chars(mixed, 21)),
        };

        // A lower-case word without a meaning is in no vocabulary of secrets.
        let marker =
            (0..5).map(|_| random.chars("bdfgklmnprst", 1) + &random.chars("aeiou", 1)).collect();
        // A float represents fifteen digits exactly.
        let number = i64::try_from(random.below(800_000_000_000_000)).unwrap_or_default();
        Self { shape, secret, marker, number: 100_000_000_000_001 + number }
    }

    /// Returns a text with the marker and with the credential in its shape.
    pub fn text(&self) -> String {
        let Self { shape, secret, marker, .. } = self;
        match shape {
            Shape::KeyValue => format!("{marker} password={secret}"),
            Shape::Url => format!("postgres://floe:{secret}@{marker}.example/orders"),
            Shape::Bearer => format!("{marker} Authorization: Bearer {secret}"),
            // Concatenated, so that a secret scanner does not report this file.
            Shape::Token => format!("{marker} refused {}{secret}", concat!("gh", "p_")),
            Shape::AccessKey => format!("{marker} refused {}{secret}", concat!("AK", "IA")),
            Shape::Json => format!("{marker} {{\"api_key\": \"{secret}\"}}"),
        }
    }

    /// Returns the credential alone, for a key whose name marks it as a secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    pub fn number(&self) -> i64 {
        self.number
    }

    /// Returns the text that must be found.
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// Returns the halves of the secret, and three encodings of the number. Half of a credential is already a leak.
    fn needles(&self) -> Vec<Vec<u8>> {
        let half = self.secret.len() / 2;
        let mut varint = Vec::new();
        prost::encoding::encode_varint(self.number.cast_unsigned(), &mut varint);
        #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
        let float = (self.number as f64).to_le_bytes();
        vec![
            self.secret[..half].into(),
            self.secret[half..].into(),
            self.number.to_string().into(),
            varint,
            float.into(),
        ]
    }
}

/// The bytes that left a process, by channel.
#[derive(Debug, Default)]
pub struct Outputs(Vec<(String, Vec<u8>)>);

impl Outputs {
    pub fn add(&mut self, channel: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((channel.into(), bytes.into()));
    }

    /// Returns the channels through which a half of the secret, or the number, left.
    pub fn leaks(&self, canary: &Canary) -> Vec<&str> {
        let needles = canary.needles();
        let leaked = |bytes: &[u8]| needles.iter().any(|needle| contains(bytes, needle));
        self.channels(leaked)
    }

    /// Returns the channels through which the marker left.
    pub fn shows(&self, canary: &Canary) -> Vec<&str> {
        self.channels(|bytes| contains(bytes, canary.marker().as_bytes()))
    }

    pub fn has(&self, text: &str) -> bool {
        !self.channels(|bytes| contains(bytes, text.as_bytes())).is_empty()
    }

    fn channels(&self, is_there: impl Fn(&[u8]) -> bool) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(_, bytes)| is_there(bytes))
            .map(|(channel, _)| channel.as_str())
            .collect()
    }
}

/// Writes the bytes of each channel, for the message of a failing test.
impl fmt::Display for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (channel, bytes) in &self.0 {
            writeln!(f, "--- {channel}\n{}", String::from_utf8_lossy(bytes))?;
        }

        Ok(())
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
