//! What a run prints last, for people: what was done and where it is, and what to try next.

use std::fmt;
use std::iter;
use std::path::Path;

use super::command_line;
use crate::pipeline::Report;

/// The summary of a run that has begun to build assets.
pub(super) struct Summary<'a> {
    pub(super) report: &'a Report,
    /// The folder of the product.
    pub(super) folder: &'a Path,
    /// Where the trace is, or why it is nowhere.
    pub(super) trace: Option<String>,
    /// The page of the trace.
    pub(super) page: Option<&'a Path>,
    /// Whether to draw the trace is a next step: it was not, and it was not exported.
    pub(super) proposes_trace: bool,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        if let Some(trace) = &self.trace {
            write!(f, "\ntrace    {trace}")?;
        }
        if let Some(page) = self.page {
            write!(f, "\npage     {}", page.display())?;
        }
        let labels = iter::once("next").chain(iter::repeat(""));
        for (label, (step, command_line)) in labels.zip(self.next()) {
            write!(f, "\n{label:<8} {step:<15} {command_line}")?;
        }
        Ok(())
    }
}

impl Summary<'_> {
    /// What to try next, with the command line for it.
    fn next(&self) -> Vec<(&'static str, String)> {
        let mut steps = Vec::new();
        if self.proposes_trace {
            steps.push(("draw the trace", command_line::again(&["--trace"])));
            steps.push(("or as a page", command_line::again(&["--trace", "html"])));
        }
        let run_id = self.report.run_id().as_str();
        let find = ["find".as_ref(), self.folder.as_os_str(), run_id.as_ref()];
        steps.push(("find its ids", command_line::call(find)));
        steps
    }
}
