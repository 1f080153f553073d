//! The progress bar. It is drawn on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::report::Step;

#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(assets: usize) -> Self {
        // indicatif draws on standard error, and only if that is a terminal.
        let bar = ProgressBar::new(assets as u64);
        let style = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    pub(super) fn start(&self, key: &str) {
        self.0.set_message(key.to_owned());
    }

    pub(super) fn finish(&self, step: &Step) {
        if step.outcome.is_failed() {
            self.0.println(step.to_string());
        }
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
