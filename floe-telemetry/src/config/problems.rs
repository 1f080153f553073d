//! Everything that is wrong with a configuration, told at once.

use super::document::{Document, Place};
use crate::error::Error;

/// Collects what is wrong, and where.
#[derive(Debug, Default)]
pub(super) struct Problems {
    document: Option<Document>,
    found: Vec<Problem>,
}

#[derive(Debug)]
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

    /// From now on, values stand in this document.
    pub(super) fn are_in(&mut self, document: Document) {
        self.document = Some(document);
    }

    /// A value is not accepted. Said once: about a value that was replaced by a stand-in, nothing
    /// more can be known.
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
            place: self.document.as_ref().map(|document| document.place(path)),
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// An error that begins with the path of the value.
    pub(super) fn add_error(&mut self, result: Result<(), Error>) {
        let Err(error) = result else { return };
        let text = error.to_string();
        let (path, message) = text.split_once(": ").unwrap_or(("", &text));
        self.add(&path.replace('[', ".").replace(']', ""), message);
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
    /// Something was found: one mistake a line, in the order of the document.
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
