//! Reads the fields of a protobuf message without decoding it, to examine the message first.

use prost::encoding::{WireType, decode_key, decode_varint};

#[derive(Debug)]
pub(super) struct Damaged;

#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Varint,
    Fixed,
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number, up to the first damaged one.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Content<'a>), Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Damaged))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u32, Content<'a>)> {
        let (number, kind) = decode_key(&mut self.0).ok()?;
        let content = match kind {
            WireType::Varint => decode_varint(&mut self.0).map(|_| Content::Varint).ok()?,
            WireType::SixtyFourBit => self.take(8).map(|_| Content::Fixed)?,
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut self.0).ok()?).ok()?;
                Content::Bytes(self.take(length)?)
            }
            WireType::ThirtyTwoBit => self.take(4).map(|_| Content::Fixed)?,
            // OTLP has no groups.
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        Some((number, content))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Returns the messages in the fields with this number.
    pub(super) fn messages(
        self,
        number: u32,
    ) -> impl Iterator<Item = Result<&'a [u8], Damaged>> + Clone {
        self.filter_map(move |field| match field {
            Ok((found, Content::Bytes(content))) if found == number => Some(Ok(content)),
            Ok((found, _)) if found == number => Some(Err(Damaged)),
            Ok(_) => None,
            Err(damaged) => Some(Err(damaged)),
        })
    }

    /// Returns the content of a message field. The contents of repeated occurrences are joined, which decodes as
    /// protobuf's merge.
    pub(super) fn message(self, number: u32) -> Result<Vec<u8>, Damaged> {
        let mut whole = Vec::new();
        for part in self.messages(number) {
            whole.extend_from_slice(part?);
        }
        Ok(whole)
    }
}
