//! The summary at the end of a run, for people: results, their places, and possible next steps.

use std::fmt;
use std::iter;
use std::path::Path;

use super::command_line;
use crate::pipeline::Report;

/// The summary of a run that has started to build assets.
pub(super) struct Summary<'a> {
    pub(super) report: &'a Report,
    pub(super) folder: &'a Path,
    /// The place of the trace, or the reason why there is none.
    pub(super) trace: Option<String>,
    /// The page of the trace.
    pub(super) page: Option<&'a Path>,
    /// Whether drawing the trace is proposed as a next step, because the trace was neither drawn nor exported.
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
    /// Possible next steps, each with its command line.
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
