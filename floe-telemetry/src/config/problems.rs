//! Collects the problems of a configuration, so that one error reports all of them.

use crate::error::Error;

/// A position in a document. Lines and columns are counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Returns the position of the value with a path.
type Locate = Box<dyn Fn(&str) -> Position>;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems {
    locate: Option<Locate>,
    found: Vec<Problem>,
}

struct Problem {
    position: Option<Position>,
    /// The keys from the root to the value, separated by dots.
    path: String,
    message: String,
}

impl Problems {
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Sets the function that determines the positions of problems that are added later.
    pub(super) fn locate_with(&mut self, locate: impl Fn(&str) -> Position + 'static) {
        self.locate = Some(Box::new(locate));
    }

    /// Adds a problem, unless the value or one that contains it already has a problem. Such a value was
    /// replaced by a placeholder, which has no problems of its own.
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        let is_known = self.found.iter().any(|known| {
            known.path.is_empty()
                || path
                    .strip_prefix(&*known.path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if is_known {
            return;
        }
        self.found.push(Problem {
            position: self.locate.as_ref().map(|locate| locate(path)),
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(super) fn add_at(&mut self, position: Position, path: String, message: String) {
        self.found.push(Problem {
            position: Some(position),
            path,
            message,
        });
    }

    /// # Errors
    ///
    /// Fails if there are problems. The error has one line for each, in the order of the document.
    pub(super) fn into_result(mut self) -> Result<(), Error> {
        self.found.sort_by_key(|problem| {
            problem
                .position
                .map(|position| (position.line, position.column))
        });
        let lines: Vec<_> = self.found.iter().map(Problem::line).collect();
        match &*lines {
            [] => Ok(()),
            [one] if self.found[0].position.is_none() => Err(Error::config(one)),
            [one] => Err(Error::config(format!("telemetry configuration: {one}"))),
            many => Err(Error::config(format!(
                "telemetry configuration: {} mistakes\n  {}",
                many.len(),
                many.join("\n  ")
            ))),
        }
    }
}

impl Problem {
    fn line(&self) -> String {
        let Self {
            position,
            path,
            message,
        } = self;
        let what = match &**path {
            "" => message.clone(),
            path => format!("{path}: {message}"),
        };
        match position {
            Some(Position { line, column }) => format!("line {line}, column {column}: {what}"),
            None => what,
        }
    }
}
