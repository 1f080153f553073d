//! Collects the problems of a configuration, so that one error reports all of them.

use crate::error::Error;
use crate::redaction::sanitize_error;

/// The maximum number of kept problems. Others are counted.
const MAX_PROBLEMS: usize = 100;

/// A line and a column of a document.
type Position = (usize, usize);

/// Returns the position of the value with a path.
type Locate = Box<dyn Fn(&str) -> Position>;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems {
    locate: Option<Locate>,
    /// In the order of the document.
    found: Vec<Problem>,
    /// The number of problems that are not in `found`.
    omitted: usize,
}

struct Problem {
    position: Option<Position>,
    /// The keys from the root to the value, separated by dots.
    path: String,
    message: String,
}

impl Problems {
    /// Sets the function that determines the positions of problems that are added later.
    pub(super) fn locate_with(&mut self, locate: impl Fn(&str) -> Position + 'static) {
        self.locate = Some(Box::new(locate));
    }

    /// Adds a problem, unless the value or an enclosing value has one. Such a value was replaced by a placeholder,
    /// which has no problems.
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        if self.cover(path) {
            return;
        }
        let position = self.locate.as_ref().map(|locate| locate(path));
        self.push(position, path.to_owned(), message.into());
    }

    /// Adds the problem of a check, if it failed.
    pub(super) fn check(&mut self, path: &str, result: Result<(), impl Into<String>>) {
        if let Err(message) = result {
            self.add(path, message);
        }
    }

    /// Returns whether the value or an enclosing value has a problem.
    pub(super) fn cover(&self, path: &str) -> bool {
        self.found.iter().any(|known| {
            known.path.is_empty()
                || path
                    .strip_prefix(&*known.path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    pub(super) fn add_at(&mut self, at: impl Into<Position>, path: String, message: String) {
        self.push(Some(at.into()), path, message);
    }

    fn push(&mut self, position: Option<Position>, path: String, message: String) {
        if self.found.len() == MAX_PROBLEMS {
            self.omitted += 1;
            return;
        }
        let at = self.found.partition_point(|problem| problem.position <= position);
        self.found.insert(at, Problem { position, path, message });
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Fails if there are problems, or if there is no value.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Error> {
        self.into_result()?;
        value.ok_or_else(|| Error::config("telemetry configuration: it cannot be read"))
    }

    /// # Errors
    ///
    /// Fails if there are problems. The error has one line for each, in the order of the document.
    pub(super) fn into_result(self) -> Result<(), Error> {
        let count = self.found.len() + self.omitted;
        let has_document = self.found.iter().any(|problem| problem.position.is_some());
        let lines = self.into_lines();
        match &*lines {
            [] => Ok(()),
            [one] if !has_document => Err(Error::config(one)),
            [one] => Err(Error::config(format!("telemetry configuration: {one}"))),
            many => {
                let heading = format!("telemetry configuration: {count} mistakes");
                let lines = many.iter().map(String::as_str);
                Err(Error::mistakes([&*heading].into_iter().chain(lines)))
            }
        }
    }

    /// Returns a sanitized line for each problem, in the order of the document.
    pub(super) fn into_lines(self) -> Vec<String> {
        let mut lines: Vec<_> = self.found.iter().map(Problem::line).collect();
        if self.omitted > 0 {
            lines.push(format!("and {} more", self.omitted));
        }
        lines
    }
}

impl Problem {
    fn line(&self) -> String {
        let Self { position, path, message } = self;
        // A key is shown like a quote, so it is sanitized like one.
        let path = sanitize_error(&format!("`{path}`")).into_owned();
        let path = path.trim_matches('`');
        let what = match (path, &**message) {
            ("", message) => message.to_owned(),
            (path, "") => path.to_owned(),
            (path, message) => format!("{path}: {message}"),
        };
        let line = match position {
            Some((line, column)) => format!("line {line}, column {column}: {what}"),
            None => what,
        };
        sanitize_error(&line).into_owned()
    }
}

pub(super) fn below(path: &str, key: &str) -> String {
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, "") => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}
