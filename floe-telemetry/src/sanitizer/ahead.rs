//! What a look far ahead found, kept for the next look: a run is read once, however many places
//! inside of it ask where it ends.

use smallvec::SmallVec;

use super::quote::Quote;
use super::shape::holds_made_up;
use super::text::{at, is_name, is_redacted, part, run_end, starts_with};
use super::value::{self, Extent, Site};
use super::{Scan, lexicon, pem, quote, shape};

/// A run that was read: where the look began, and where the run ends.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    from: usize,
    end: usize,
}

impl Run {
    /// The end of the run around `from`, which is read if it is not known.
    fn end(&mut self, text: &[u8], from: usize, inside: impl Fn(u8) -> bool) -> usize {
        if !(self.from..=self.end).contains(&from) || self.end == 0 {
            let end = run_end(text, from, usize::MAX, inside);
            *self = Self { from, end };
        }
        self.end
    }
}

/// Quoted content that was read. From each place inside of it the same mark closes.
#[derive(Debug)]
struct Quoted {
    quote: Quote,
    from: usize,
    /// The place of the closing mark, or how far there is none.
    until: usize,
    /// The end of the content and where the text goes on.
    closed: Option<(usize, usize)>,
}

/// What is known about the text ahead.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    line: Run,
    word: Run,
    content: Run,
    armour: Run,
    /// The last blank of the content of an element.
    blank: Option<usize>,
    /// The last content of each kind of quotes.
    quotes: SmallVec<[Quoted; 2]>,
}

impl Ahead {
    /// The end of the line that `from` is in.
    pub(super) fn line(&mut self, text: &[u8], from: usize) -> usize {
        let inside = |byte| byte != b'\n' && byte != b'\r';
        self.line.end(text, from, inside)
    }

    /// The end of the letters, digits, dashes and underscores that `from` is in.
    pub(super) fn word(&mut self, text: &[u8], from: usize) -> usize {
        let inside = |byte| is_name(byte) || byte == b'-';
        self.word.end(text, from, inside)
    }

    /// Where the PEM armour that begins at `from` ends.
    fn armour(&mut self, text: &[u8], from: usize) -> usize {
        if !(self.armour.from..self.armour.end).contains(&from) {
            let end = pem::end(text, from);
            self.armour = Run { from, end };
        }
        self.armour.end
    }

    /// The last blank in the content of an XML element from `from` on, and the end of the content.
    pub(super) fn content(&mut self, text: &[u8], from: usize) -> (Option<usize>, usize) {
        let known = self.content.end;
        let inside = |byte| !matches!(byte, b'<' | b']' | b'\n');
        let end = self.content.end(text, from, inside);
        if end != known || self.content.from == from {
            let content = text.get(from..end).unwrap_or_default();
            let blank = content.iter().rposition(|byte| *byte == b' ');
            self.blank = blank.map(|blank| from + blank);
        }
        (self.blank, end)
    }

    /// Where the content that starts at `from` ends, and where the text goes on behind the quote.
    /// Without a closing quote (the text was cut) the content ends with its line.
    pub(super) fn close(&mut self, text: &[u8], from: usize, quote: Quote) -> (usize, usize) {
        // `''` is an empty value here, though a look from further before takes it for a doubled quote.
        if quote.is_empty_at(text, from) {
            return (from, from + 1);
        }
        let known = self
            .quotes
            .iter()
            .position(|known| known.quote.closes_like(quote));
        let mut unsearched = from;
        if let Some(found) = known.map(|place| &self.quotes[place])
            && (found.from..=found.until).contains(&from)
        {
            if let Some(closed) = found.closed {
                return closed;
            }
            unsearched = found.until;
        }
        let (until, closed) = quote.find_close(text, from, unsearched);
        let found = Quoted {
            quote,
            from,
            until,
            closed,
        };
        match known {
            Some(place) => self.quotes[place] = found,
            None => self.quotes.push(found),
        }
        closed.unwrap_or_else(|| {
            let end = self.line(text, from).min(from + quote.reach());
            (end, end)
        })
    }
}

impl Scan<'_> {
    /// The value at `from`. Inside of a long one that stayed in the text only its beginning is read.
    pub(super) fn extent(&mut self, from: usize, site: Site) -> Option<Extent> {
        let doubtful = site.doubtful || from < self.stayed_until;
        let site = Site { doubtful, ..site };
        if !doubtful && let Some(found) = self.quoted(from, site) {
            return (!is_redacted(self.text, found.start)).then_some(found);
        }
        self.bare(from, site)
    }

    /// The whole of a value that was read in doubt and turned out to be a secret.
    pub(super) fn whole(&mut self, from: usize, found: Extent, site: Site) -> Extent {
        if !found.is_cut(from) {
            return found;
        }
        let site = Site {
            doubtful: false,
            ..site
        };
        let whole = match self.quoted(from, site) {
            Some(whole) => (!is_redacted(self.text, whole.start)).then_some(whole),
            None => self.bare(from, site),
        };
        whole.unwrap_or(found)
    }

    /// [`value::quoted`], however long it is: the end of a quote is looked for once.
    pub(super) fn quoted(&mut self, from: usize, site: Site) -> Option<Extent> {
        let (start, quote) = value::opening(self.text, from, site)?;
        Some(Extent::of_quote(start, self.close(start, quote)))
    }

    /// The value that begins at `from` is none, or is not secret.
    pub(super) fn stays(&mut self, from: usize, found: Extent) {
        if found.end > from + shape::LONGEST + 1 {
            self.stayed_until = self.stayed_until.max(found.end);
        }
    }

    /// Where the content of a quote ends, and where the text goes on behind it.
    pub(super) fn close(&mut self, from: usize, quote: Quote) -> (usize, usize) {
        self.ahead.close(self.text, from, quote)
    }

    /// [`value::extent`] of what has no quotes.
    fn bare(&mut self, from: usize, site: Site) -> Option<Extent> {
        if !site.doubtful && starts_with(self.text, from, b"-----BEGIN") {
            let end = self.ahead.armour(self.text, from);
            return Some(Extent::bare(from, end));
        }
        let found = value::extent(self.text, from, site)?;
        let found = self.behind_word(found).unwrap_or(found);
        (!is_redacted(self.text, found.start)).then_some(found)
    }

    /// `Just "…"`, `chr "…"`: what is in the quotes behind a word, if it looks like a secret.
    fn behind_word(&mut self, word: Extent) -> Option<Extent> {
        let is_word = |byte: &u8| byte.is_ascii_alphabetic();
        let fits = !word.quoted
            && word.end - word.start <= 12
            && at(self.text, word.end) == b' '
            && part(self.text, word.start, word.end).iter().all(is_word)
            && !lexicon::is_noun(part(self.text, word.start, word.end));
        let mark = fits
            .then(|| quote::open(self.text, word.end + 1))
            .flatten()?;
        let start = word.end + 1 + mark.len;
        let (end, after) = self.close(start, mark);
        let is_address =
            starts_with(self.text, start, b"http://") || starts_with(self.text, start, b"https://");
        let fits = !is_address && holds_made_up(part(self.text, start, end))
            || is_redacted(self.text, start);
        fits.then_some(Extent::of_quote(start, (end, after)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::quote;
    use super::super::tests::numbers;
    use super::*;

    #[test]
    fn what_is_kept_is_what_a_look_finds() {
        let pieces = [
            "'", "\"", "\\\"", "\\", " ", "a", "\n", "\u{ab}", "\u{bb}", "''", "`",
        ];
        let mut next = numbers(7);
        let mut closed = 0;
        for _ in 0..5_000 {
            let text: String = (0..next(24)).map(|_| pieces[next(pieces.len())]).collect();
            let text = text.as_bytes();
            let mut ahead = Ahead::default();
            for index in 0..text.len() {
                let Some(quote) = quote::open(text, index) else {
                    continue;
                };
                let from = index + quote.len;
                let found = ahead.close(text, from, quote);
                assert_eq!(
                    found,
                    quote::close(text, from, quote),
                    "{text:?} from {from}"
                );
                closed += usize::from(found.1 > found.0);
            }
        }
        assert!(closed > 5_000, "{closed}");
    }
}
