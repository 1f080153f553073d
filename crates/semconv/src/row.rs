//! The rows of the table.

/// An attribute of the semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The key, or the prefix of the keys of a template.
    pub key: &'static str,
    /// The kind of the values.
    pub kind: Kind,
    /// Whether the row stands for all keys that begin with `key` and a dot, as in `http.request.header.content-type`.
    pub is_template: bool,
    /// The reason why the attribute is deprecated; `None` if it is current.
    pub deprecation: Option<Deprecation>,
}

/// The kind of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// An integer.
    Int,
    /// A floating-point number.
    Double,
    /// A boolean.
    Bool,
    /// Any value.
    Any,
    /// An array of texts.
    Texts,
    /// An array of integers.
    Ints,
    /// An array of floating-point numbers.
    Doubles,
    /// An array of booleans.
    Bools,
    /// One of these texts.
    TextOf(&'static [&'static str]),
    /// One of these integers.
    IntOf(&'static [i64]),
}

/// The reason why a key is deprecated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deprecation {
    /// Another key replaces it.
    RenamedTo(&'static str),
    /// Another reason, as a sentence.
    Because(&'static str),
}

/// Makes the table: in each row the key, the kind of the values with the possible ones, and what else is known.
macro_rules! rows {
    ($($key:literal $kind:ident $(($($one:literal),+))? $($known:ident $(($text:literal))?)*)*) => {
        pub(crate) static ROWS: &[Row] =
            &[$(Row::new($key, Kind::$kind $((&[$($one),+]))?)$(.$known($($text)?))*),*];
    };
}
pub(crate) use rows;

impl Row {
    pub(crate) const fn new(key: &'static str, kind: Kind) -> Self {
        Self { key, kind, is_template: false, deprecation: None }
    }

    pub(crate) const fn template(mut self) -> Self {
        self.is_template = true;
        self
    }

    pub(crate) const fn renamed_to(mut self, key: &'static str) -> Self {
        self.deprecation = Some(Deprecation::RenamedTo(key));
        self
    }

    pub(crate) const fn deprecated(mut self, reason: &'static str) -> Self {
        self.deprecation = Some(Deprecation::Because(reason));
        self
    }

    /// Returns the new key of a renamed attribute, or otherwise its own key.
    pub(crate) fn successor(&self) -> &'static str {
        match self.deprecation {
            Some(Deprecation::RenamedTo(key)) => key,
            _ => self.key,
        }
    }
}
