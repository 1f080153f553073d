//! Collects everything that is wrong with a configuration, so that one error reports all of it.

use crate::error::Error;

/// A place in a document, counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Finds the value of a path in the document that is checked.
type Locate = Box<dyn Fn(&str) -> Place>;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems {
    locate: Option<Locate>,
    found: Vec<Problem>,
}

struct Problem {
    place: Option<Place>,
    /// The keys that lead to the value, with dots between.
    path: String,
    message: String,
}

impl Problems {
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Problems that are added from now on get their place from `locate`.
    pub(super) fn locate_with(&mut self, locate: impl Fn(&str) -> Place + 'static) {
        self.locate = Some(Box::new(locate));
    }

    /// Adds a problem, unless the value or one that contains it has a problem already: that one was
    /// replaced by a stand-in, of which nothing can be said.
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
            place: self.locate.as_ref().map(|locate| locate(path)),
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(super) fn add_at(&mut self, place: Place, path: String, message: String) {
        self.found.push(Problem {
            place: Some(place),
            path,
            message,
        });
    }

    /// # Errors
    ///
    /// Something was found: one problem a line, in the order of the document.
    pub(super) fn into_result(mut self) -> Result<(), Error> {
        self.found
            .sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
        let lines: Vec<_> = self.found.iter().map(Problem::line).collect();
        match &*lines {
            [] => Ok(()),
            [one] if self.found[0].place.is_none() => Err(Error::config(one)),
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
            place,
            path,
            message,
        } = self;
        let what = match &**path {
            "" => message.clone(),
            path => format!("{path}: {message}"),
        };
        match place {
            Some(Place { line, column }) => format!("line {line}, column {column}: {what}"),
            None => what,
        }
    }
}
