//! Redacts the items of a list as the text that they stand for.

use std::borrow::Cow;
use std::ops::Range;

use crate::redactor::Redactor;

impl Redactor {
    /// Returns the items of a list that contain secrets, each with its index and without them.
    ///
    /// Each item is read on its own, and all of them as the list in JSON and as the arguments of a command, so that an
    /// item may be the name or the option of the next one, or the next line of a private key.
    ///
    /// ```
    /// # use floe_redact::Redactor;
    /// let safe = Redactor::new().redact_list(&["mysql", "-uroot", "-pwinter77", "orders"]);
    /// assert_eq!(safe, [(2, "-p<REDACTED>".to_owned())]);
    /// ```
    #[must_use]
    pub fn redact_list(&self, items: &[impl AsRef<str>]) -> Vec<(usize, String)> {
        let mut safe: Vec<Cow<'_, str>> =
            items.iter().map(|item| self.redact(item.as_ref())).collect();
        for is_json in [true, false] {
            let (text, places) = written(&safe, is_json);
            for finding in self.findings(&text).into_iter().rev() {
                let Range { start, end } = finding.range;
                let first = places.partition_point(|place| place.end <= start);
                let found = places.iter().zip(&mut safe).skip(first);
                for (place, item) in found.take_while(|(place, _)| place.start < end) {
                    let inner =
                        start.max(place.start) - place.start..end.min(place.end) - place.start;
                    let is_plain = text.get(place.clone()) == Some(item);
                    // In an escaped item, the position of the secret is unknown, so the whole item is replaced. So is
                    // an argument that begins with a secret, because in a list, a blank does not end an argument.
                    let is_inside = is_plain && (inner.start > 0 || is_json);
                    let range = if is_inside { inner } else { 0..item.len() };
                    item.to_mut().replace_range(range, &finding.mark);
                }
            }
        }
        let owned = safe.into_iter().enumerate().filter_map(|(index, item)| match item {
            Cow::Owned(item) => Some((index, item)),
            Cow::Borrowed(_) => None,
        });
        owned.collect()
    }
}

/// Returns a list in JSON or as the arguments of a command, and the range of each item in it.
fn written(items: &[Cow<'_, str>], is_json: bool) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    let mut places = Vec::with_capacity(items.len());
    for item in items {
        let needs_quote = item.is_empty() || item.contains(['"', '\'', '\\', '\n']);
        let [between, quote] = match (is_json, needs_quote) {
            (true, _) if places.is_empty() => ["[", "\""],
            (true, _) => [", ", "\""],
            (false, true) => [" ", "'"],
            (false, false) => [" ", ""],
        };
        text.push_str(between);
        text.push_str(quote);
        let start = text.len();
        for letter in item.chars() {
            match letter {
                '\n' => text.push_str("\\n"),
                '\\' | '"' | '\'' if quote.contains(letter) || letter == '\\' => {
                    text.extend(['\\', letter]);
                }
                letter => text.push(letter),
            }
        }
        places.push(start..text.len());
        text.push_str(quote);
    }
    text.push_str(if is_json { "]" } else { "" });
    (text, places)
}
