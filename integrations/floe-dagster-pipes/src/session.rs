//! The session between a process and the step of Dagster that runs it.

use std::fmt;

use serde_json::{Value, json};

use crate::context::{self, Context};
use crate::error::Error;
use crate::message::{Destination, Level, Severity, exception, text};
use crate::metadata::{self, Metadata};
use crate::param::{decode, variable};

const MESSAGES: &str = "DAGSTER_PIPES_MESSAGES";

/// The session between a process and the step of Dagster that runs it.
///
/// It ends with [`close`](Self::close) or [`fail`](Self::fail). Dropping an open session, for example in a panic,
/// reports a failure.
pub struct Session {
    context: Context,
    messages: Destination,
    is_open: bool,
}

impl Session {
    /// Opens the session of this process.
    ///
    /// # Errors
    /// Dagster did not start this process ([`Error::is_not_started_by_dagster`]), its parameters cannot be used, or a
    /// message cannot be written.
    pub fn from_environment() -> Result<Self, Error> {
        Self::open(&variable(context::VARIABLE)?, &variable(MESSAGES)?)
    }

    /// Opens a session with the values of the variables `DAGSTER_PIPES_CONTEXT` and `DAGSTER_PIPES_MESSAGES`.
    ///
    /// # Errors
    /// As for [`from_environment`](Self::from_environment).
    pub fn open(context: &str, messages: &str) -> Result<Self, Error> {
        let messages: Destination = decode(MESSAGES, messages)?;
        if messages == Destination::Unknown {
            let accepted = "`path`, or `stdio` with `stdout` or `stderr`";
            return Err(Error::parameter(MESSAGES, "another destination", accepted));
        }
        let context = Context::decode(context)?;
        let mut session = Self { context, messages, is_open: false };
        session.write("opened", &json!({ "extras": {} }))?;
        session.is_open = true;
        Ok(session)
    }

    /// Returns the context of the step that runs this process.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Writes a record to the log of the run. Credentials are redacted, and the text is truncated to 16,384 characters.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn log(&self, level: Level, message: &str) -> Result<(), Error> {
        let params = json!({ "message": text(message), "level": level });
        self.write("log", &params)
    }

    /// Reports that an asset was built. Dagster accepts one report for each asset of the step.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn report_asset_materialization(
        &self,
        asset_key: &str,
        metadata: &[(&str, Metadata<'_>)],
        data_version: Option<&str>,
    ) -> Result<(), Error> {
        let params = json!({
            "asset_key": asset_key,
            "metadata": metadata::of(metadata),
            "data_version": data_version,
        });
        self.write("report_asset_materialization", &params)
    }

    /// Reports the result of a check that the definition of the asset declares.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn report_asset_check(
        &self,
        asset_key: &str,
        check_name: &str,
        passed: bool,
        severity: Severity,
        metadata: &[(&str, Metadata<'_>)],
    ) -> Result<(), Error> {
        let params = json!({
            "asset_key": asset_key,
            "check_name": check_name,
            "passed": passed,
            "severity": severity,
            "metadata": metadata::of(metadata),
        });
        self.write("report_asset_check", &params)
    }

    /// Reports a value to the code of the step, which gets it from `get_custom_messages`. It is not redacted.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn report_custom_message(&self, payload: &Value) -> Result<(), Error> {
        self.write("report_custom_message", &json!({ "payload": payload }))
    }

    /// Ends the session.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn close(mut self) -> Result<(), Error> {
        self.is_open = false;
        self.write("closed", &json!({}))
    }

    /// Ends the session with the reason of a failure, which Dagster logs: a name, such as the type of an error, and a
    /// message. Credentials and personal data in the message are redacted, and it is truncated to 500 characters. The
    /// step fails if the process ends with an exit code other than 0.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn fail(mut self, name: &str, message: &str) -> Result<(), Error> {
        self.is_open = false;
        self.write("closed", &exception(name, message))
    }

    fn write(&self, method: &str, params: &Value) -> Result<(), Error> {
        self.messages.write(method, params).map_err(Error::message)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_open {
            let message = "the process ended before it reported a result";
            // There is nobody to report an error to.
            let _ = self.write("closed", &exception("Unfinished", message));
        }
    }
}

/// Shows only the run's id of the context, because `extras` may contain credentials.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("run_id", &self.context.run_id)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}
