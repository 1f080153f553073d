//! Checks the quotes of a CSV file, and the length of its records, while it is read. The CSV reader accepts any
//! text: a quote without its counterpart would make one value of all lines up to the next quote, or up to the end
//! of the file, and a file without line feeds would be one record.

use std::error::Error as StdError;
use std::io::{self, Read};

/// A wrong quote. Line and column are those of the value's first quote, and start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct QuoteError {
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: &'static str,
}

const NOT_CLOSED: &str = "expected a value that ends with a quote if it begins with one, found a quote that is not closed";
const TOO_LONG: &str = "expected a record of at most 16 MiB, found a longer one";
const TEXT_AFTER: &str = "expected a comma or the end of the line, found text after the closing quote of this value; a quote inside of a value is written twice";

/// The longest record, in bytes.
const LONGEST_RECORD: usize = 16 << 20;

/// A reader that fails at a wrong quote and at a record that is too long, with a `QuoteError`.
#[derive(Debug)]
pub struct QuoteCheck<R> {
    input: R,
    state: State,
    is_first: bool,
    line: u64,
    column: u64,
    /// The place of the last quote that began a value.
    opened: (u64, u64),
    /// The bytes of the present record so far.
    record: usize,
}

/// The states of the CSV reader that concern quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the first byte of a value.
    Start,
    /// In a value without quotes. Quotes inside of it are text.
    Plain,
    Quoted,
    /// After a quote in a quoted value: its end, or the first half of a quote that is written twice.
    Closing,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl QuoteError {
    /// The quote error that an I/O error was made of.
    pub(crate) fn find(error: &io::Error) -> Option<Self> {
        let source: &(dyn StdError + 'static) = error.get_ref()?;
        source.downcast_ref().copied()
    }
}

impl<R> QuoteCheck<R> {
    /// Checks what is read from `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            state: State::Start,
            is_first: true,
            line: 1,
            column: 1,
            opened: (1, 1),
            record: 0,
        }
    }

    fn check(&mut self, mut bytes: &[u8]) -> Result<(), QuoteError> {
        if self.is_first {
            self.is_first = false;
            bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        }
        let mut record = self.record + bytes.len();
        for (index, &byte) in bytes.iter().enumerate() {
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::Closing,
                (State::Quoted, _) | (State::Closing, b'"') => State::Quoted,
                (State::Start, b'"') => {
                    self.opened = (self.line, self.column);
                    State::Quoted
                }
                (_, b',' | b'\n' | b'\r') => State::Start,
                (State::Start | State::Plain, _) => State::Plain,
                (State::Closing, _) => return Err(self.error(TEXT_AFTER)),
            };
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.column = 1;
                    if self.state == State::Start {
                        record = bytes.len() - index;
                    }
                }
                // Columns are characters: the other bytes of one are not counted.
                byte if byte & 0b1100_0000 != 0b1000_0000 => self.column += 1,
                _ => {}
            }
        }
        self.record = record;
        if record > LONGEST_RECORD {
            self.opened = (self.line, 1);
            return Err(self.error(TOO_LONG));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), QuoteError> {
        match self.state {
            State::Quoted => Err(self.error(NOT_CLOSED)),
            _ => Ok(()),
        }
    }

    fn error(&self, message: &'static str) -> QuoteError {
        let (line, column) = self.opened;
        QuoteError { line, column, message }
    }
}

impl<R: Read> Read for QuoteCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let checked = match buffer.get(..count) {
            Some([]) if !buffer.is_empty() => self.end(),
            Some(bytes) => self.check(bytes),
            None => Ok(()),
        };
        checked.map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8]) -> Result<(), QuoteError> {
        let mut check = QuoteCheck::new(text);
        match io::copy(&mut check, &mut io::sink()) {
            Ok(_) => Ok(()),
            Err(error) => Err(QuoteError::find(&error).unwrap()),
        }
    }

    #[test]
    fn the_place_is_that_of_the_first_quote() {
        for (text, line, column, message) in [
            ("a,b\n1,\"x\n2,y\n", 2, 3, NOT_CLOSED),
            ("a,b\n1,\"x\n2,\"y\"\n", 2, 3, TEXT_AFTER),
            ("\"", 1, 1, NOT_CLOSED),
            ("é,\"", 1, 3, NOT_CLOSED),
            ("\u{feff}\"a\"b", 1, 1, TEXT_AFTER),
        ] {
            let error = QuoteError { line, column, message };
            assert_eq!(check(text.as_bytes()), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_record_is_bounded() {
        let check = |text: &[u8], before: usize| {
            let mut check = QuoteCheck::new(text);
            check.record = before;
            let copied = io::copy(&mut check, &mut io::sink());
            copied.map_err(|error| QuoteError::find(&error).unwrap())
        };
        for text in ["abc", "\"a\nb"] {
            let error = check(text.as_bytes(), LONGEST_RECORD).unwrap_err();
            assert_eq!(error.message, TOO_LONG);
            assert_eq!(error.column, 1);
        }
        // The line feed ends the record.
        assert_eq!(check(b"a\nbc\n", LONGEST_RECORD), Ok(5));
        assert_eq!(check(b"abc", LONGEST_RECORD - 3), Ok(3));
    }

    #[test]
    fn quoted_values_are_accepted() {
        for text in ["", "\"\"", "\"a\"\"b\",\"c\nd\"\r\n", "a\"b,5\" disk\n", "\u{feff}\"a\"\n"] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text:?}");
        }
    }

    /// A record that follows the text is read as a record if and only if no quote is open.
    #[test]
    fn the_end_of_every_short_text_is_judged_as_the_csv_reader_does() {
        const LETTERS: &[u8] = b"\",\n\ra";
        const MARKER: &[u8] = b"\nmarker";
        let longest = 6;
        let mut judged = 0;
        for length in 0..=longest {
            for number in 0..LETTERS.len().pow(length) {
                let digit = |place| LETTERS[number / LETTERS.len().pow(place) % LETTERS.len()];
                let text: Vec<u8> = (0..length).map(digit).collect();
                let is_closed = match check(&text) {
                    Ok(()) => true,
                    Err(error) if error.message == NOT_CLOSED => false,
                    // The reader accepts such text, and it is an error here.
                    Err(_) => continue,
                };
                let with_marker = [&text, MARKER].concat();
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .from_reader(&*with_marker);
                let last = reader.byte_records().last().unwrap().unwrap();
                assert_eq!(last == vec!["marker"], is_closed, "{:?}", text.escape_ascii());
                judged += 1;
            }
        }
        assert!(judged > 10_000, "{judged}");
    }
}
