//! A place in a file, as `file:line:column`, to which editors and terminals link.

use std::fmt;
use std::path::{Path, PathBuf};

use floe_telemetry::config::yaml::Position;
use floe_telemetry::sanitize_error_message;

/// A place in a file. Lines and columns start at 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: PathBuf,
    line: Option<u64>,
    column: Option<u64>,
}

impl Place {
    /// Creates a place without a line: the whole file.
    pub fn file(file: &Path) -> Self {
        Self { file: file.to_path_buf(), line: None, column: None }
    }

    /// Adds a line, if it is known.
    #[must_use]
    pub fn line(self, line: impl Into<Option<u64>>) -> Self {
        Self { line: line.into(), ..self }
    }

    /// Creates the place of a YAML value; without a position, that of the whole file.
    pub fn yaml(file: &Path, position: impl Into<Option<Position>>) -> Self {
        let position = position.into();
        Self {
            file: file.to_path_buf(),
            line: position.map(|it| it.line as u64),
            column: position.map(|it| it.column as u64),
        }
    }

    /// Creates the place of a byte offset in the text of a file.
    pub fn offset(file: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { column: Some(column as u64), ..Self::file(file).line(line as u64) }
    }
}

impl Place {
    /// Returns the place as text, without credentials in the path.
    pub fn redacted(&self) -> String {
        let file = self.file.to_string_lossy();
        let file = sanitize_error_message(&file);
        let place = Self { file: PathBuf::from(file.as_ref()), ..self.clone() };
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_becomes_a_line_and_a_column_of_characters() {
        let place = Place::offset(Path::new("a.sql"), "select\n 'é', x", 12);
        assert_eq!(place.to_string(), "a.sql:2:5");
    }
}
