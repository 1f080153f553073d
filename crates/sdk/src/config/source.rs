//! The places where settings were set.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::Arc;

use super::mistake::Position;
use super::refusals::{Refusal, XrayRequest};

/// The place where a value was set. It is made where the value is read, and printed last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Default,
    Code,
    Variable(&'static str),
    /// A document in this crate's format; without a file if the program has the text.
    Document(Option<Arc<str>>, Position),
    /// A file in OpenTelemetry's format.
    ConfigFile(Arc<str>, Position),
}

impl Source {
    pub(crate) const fn variable(&self) -> Option<&'static str> {
        match self {
            Self::Variable(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) const fn is_config_file(&self) -> bool {
        matches!(self, Self::ConfigFile(..))
    }

    pub(crate) const fn is_in_file(&self) -> bool {
        matches!(self, Self::Document(..) | Self::ConfigFile(..))
    }

    /// Whether both are places in one file.
    fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Document(file, _), Self::Document(other, _)) => file == other,
            (Self::ConfigFile(file, _), Self::ConfigFile(other, _)) => file == other,
            _ => self == other,
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, Position { line, column }) = match self {
            Self::Default => return f.write_str("default"),
            Self::Code => return f.write_str("code"),
            Self::Variable(name) => return write!(f, "`{name}`"),
            Self::Document(file, position) => (file.as_ref(), position),
            Self::ConfigFile(file, position) => (Some(file), position),
        };
        write!(f, "line {line}, column {column}")?;
        file.map_or(Ok(()), |file| write!(f, " of `{file}`"))
    }
}

/// The values of fields: the text as it is written, and a hash that differs if a masked part differs.
pub(super) type Values = BTreeMap<String, (String, u64)>;

/// The sources of the settings, by their paths. They are ignored when configurations are compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The sources of a path with their order.
    noted: Arc<BTreeMap<String, Vec<(usize, Source)>>>,
    pub(super) count: usize,
    /// The variables that cannot be obeyed.
    pub(super) refusals: Vec<Refusal>,
    /// Whether a variable asks for a format of propagation that only code adds.
    pub(super) xray: XrayRequest,
    /// The values when the sources were noted; `None` for the defaults.
    pub(super) read: Option<Arc<Values>>,
}

impl PartialEq for Sources {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Sources {
    /// Notes who has set the value with this path, and all values below it.
    pub(super) fn note(&mut self, path: impl Into<String>, source: Source) {
        self.count += 1;
        let noted = Arc::make_mut(&mut self.noted).entry(path.into()).or_default();
        noted.retain(|(_, other)| *other != source);
        noted.push((self.count, source));
    }

    /// Returns the sources of a value, and of those above and below it, in their order.
    fn all(&self, path: &str) -> Vec<&(usize, Source)> {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        let above = ends.filter_map(|end| self.noted.get(path.get(..end)?));
        let below = self.noted.range(format!("{path}.")..format!("{path}/")).map(|(_, it)| it);
        let mut all: Vec<_> = above.chain(below).flatten().collect();
        all.sort_by_key(|(order, _)| *order);
        all
    }

    /// Returns the source of a value, and the earlier ones that it replaces.
    pub(crate) fn of(&self, path: &str) -> (Source, Vec<&Source>) {
        let mut known: Vec<&Source> = Vec::new();
        for (_, source) in self.all(path).into_iter().rev() {
            let is_known = known.iter().any(|it| it.is_beside(source));
            if known.is_empty() || *source != Source::Default && !is_known {
                known.push(source);
            }
        }
        match &known[..] {
            [] => (Source::Default, known),
            [source, ..] => ((*source).clone(), known.split_off(1)),
        }
    }

    /// Returns the order of the last source of a value; 0 if there is none.
    pub(super) fn last_order(&self, path: &str) -> usize {
        self.all(path).last().map_or(0, |(order, _)| *order)
    }

    /// Returns the paths that have been noted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.noted.keys().map(String::as_str)
    }
}
