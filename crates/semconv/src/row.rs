//! The rows of the tables: attributes, and types of spans.

/// An attribute of the semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its key, or the beginning of its keys.
    pub key: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether keys begin with this one and a dot, as in `http.request.header.content-type`.
    pub is_template: bool,
    /// Why it is not used any more.
    pub deprecation: Option<Deprecation>,
}

/// What the values of an attribute are.
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
    /// Anything.
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

/// Why a name is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deprecation {
    /// It has another name.
    RenamedTo(&'static str),
    /// For this reason, a sentence.
    Because(&'static str),
}

/// A type of spans, which a namespace of attributes and a kind determine.
pub(crate) struct SpanType {
    /// Its name, such as `http.client`, which begins with the namespace of its attributes.
    pub(crate) name: &'static str,
    /// The kind of the spans, such as `client`.
    pub(crate) kind: &'static str,
    /// The keys that each of its spans has.
    pub(crate) required: &'static [&'static str],
}

impl SpanType {
    pub(crate) const fn new(
        name: &'static str,
        kind: &'static str,
        required: &'static [&'static str],
    ) -> Self {
        Self { name, kind, required }
    }

    pub(crate) fn namespace(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

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

    /// The key that is used instead of this one, or its own.
    pub(crate) fn successor(&self) -> &'static str {
        match self.deprecation {
            Some(Deprecation::RenamedTo(key)) => key,
            _ => self.key,
        }
    }
}
