//! Data quality checks.

use floe_telemetry::{FloeAttributes, printable, sanitize_credentials, sanitize_error_message};

pub use crate::check::{Check, CheckError, CheckResult, identifiers};
use crate::compute::Session;
use crate::error::{Error, ErrorKind};
use crate::failure;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
pub use crate::operation::operation_span as quality_span;
use crate::operation::{Operation as _, operation};

/// A check or a suite of checks.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
pub struct Quality<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The tool that runs the checks.
    pub provider: Option<&'a str>,
    /// The name of the suite.
    pub suite_name: Option<&'a str>,
    /// The name of a single check.
    pub check_name: Option<&'a str>,
    /// The data that is checked.
    pub data_source: Option<&'a str>,
    /// The number of checks.
    pub checks_count: Option<u64>,
}

/// The result of checks.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
pub struct QualityOutcome {
    /// The number of checks that passed.
    pub pass_count: u64,
    /// The number of checks that failed.
    pub fail_count: u64,
    /// The number of rows that were checked.
    pub rows_checked: Option<u64>,
    /// The number of rows that violate a single check.
    pub failed_rows: Option<u64>,
}

/// The key of a failed check's query, from OpenTelemetry's conventions.
const DB_QUERY_TEXT: &str = "db.query.text";

const LONGEST_QUERY: usize = 16 * 1024;

operation!("quality", Quality.operation);

/// A tool that checks the quality of data.
pub trait QualityProvider: Lifecycle {
    /// Checks that the tool supports these checks, before any data exists. Called when a product is compiled. Default:
    /// only a check of a column without a name is an error.
    ///
    /// # Errors
    ///
    /// The first unsupported check.
    fn validate_expectations(&self, suite: &Suite<'_>) -> Result<(), Error> {
        let Some(check) = suite.checks.iter().find(|check| check.column() == Some("")) else {
            return Ok(());
        };
        let check = check.name();
        let table = suite.table;
        let message = format!("{check} of {table}: expected a column, found an empty name");
        Err(Error::new(ErrorKind::InvalidInput, message))
    }

    /// Runs the checks, and returns a result for each check, in the same order.
    ///
    /// # Errors
    ///
    /// The tool could not run. A failed check is a result, and so is a check with a wrong query
    /// ([`CheckResult::error`]).
    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error>;
}

/// The checks of a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suite<'a> {
    /// The name.
    pub name: &'a str,
    /// The table.
    pub table: &'a str,
    /// The checks.
    pub checks: &'a [Check],
}

impl Suite<'_> {
    /// Describes the failed checks in one text. Returns `None` if all checks passed.
    ///
    /// ```
    /// use floe_plugin::quality::{Check, CheckResult, Suite};
    ///
    /// let checks = [Check::Unique("id".to_owned()), Check::RowCount(3)];
    /// let suite = Suite { name: "shop.orders", table: "orders", checks: &checks };
    /// let failed = |failed_rows| CheckResult { failed_rows, rows: Some(2), ..CheckResult::default() };
    /// assert_eq!(
    ///     suite.failures(&[failed(Some(1)), failed(None)]).unwrap(),
    ///     "2 of 2 checks of `orders` failed: `unique_id`: 1 row; `row_count`: found 2 rows, expected at least 3",
    /// );
    /// ```
    #[must_use]
    pub fn failures(&self, results: &[CheckResult]) -> Option<String> {
        let names = identifiers(self.checks);
        let all = names.iter().zip(self.checks).zip(results);
        let failed: Vec<_> = all.filter(|(_, result)| !result.passed).collect();
        match &*failed {
            [] => None,
            [((name, check), result)] => Some(self.failure(name, check, result)),
            several => {
                let count = several.len();
                let all = self.checks.len();
                let details = several
                    .iter()
                    .map(|((name, check), result)| format!("`{name}`{}", check.detail(result)))
                    .collect::<Vec<_>>()
                    .join("; ");
                let table = self.table;
                Some(format!("{count} of {all} checks of `{table}` failed: {details}"))
            }
        }
    }

    /// Describes a failed check. `name` comes from [`identifiers`].
    #[must_use]
    pub fn failure(&self, name: &str, check: &Check, result: &CheckResult) -> String {
        let table = self.table;
        let detail = check.detail(result);
        let failed = if result.error.is_some() { "could not run" } else { "failed" };
        format!("the check `{name}` of `{table}` {failed}{detail}")
    }
}

impl Handle<dyn QualityProvider> {
    /// Checks that the tool supports these checks, in the span `quality.validate_expectations`.
    ///
    /// # Errors
    ///
    /// As for [`QualityProvider::validate_expectations`].
    pub fn validate_expectations(&self, suite: &Suite<'_>) -> Result<(), Error> {
        self.observe(&self.request("validate_expectations", suite), |tool, _| {
            tool.validate_expectations(suite)
        })
    }

    /// Runs the checks, in the span `quality.run_checks`, and records each result in a child span `quality.check`. A
    /// failed check is an error of both spans, although the tool has worked, because they explain why the model failed.
    ///
    /// # Errors
    ///
    /// As for [`QualityProvider::run_checks`]; or the number of results is wrong.
    pub fn run_checks(
        &self,
        suite: &Suite<'_>,
        data: &mut Session,
    ) -> Result<Vec<CheckResult>, Error> {
        self.observe(&self.request("run_checks", suite), |tool, span| {
            let mut results = tool.run_checks(suite, data)?;
            results.iter_mut().for_each(make_safe);
            let found = results.len();
            let wanted = suite.checks.len();
            if found != wanted {
                let message = format!("found {found} results for {wanted} checks");
                return Err(Error::new(ErrorKind::InvalidResponse, message));
            }
            let passed = results.iter().filter(|result| result.passed).count() as u64;
            span.set_attributes(&QualityOutcome {
                pass_count: passed,
                fail_count: wanted as u64 - passed,
                rows_checked: results.iter().filter_map(|result| result.rows).max(),
                failed_rows: None,
            });
            let names = identifiers(suite.checks);
            for ((name, check), result) in names.iter().zip(suite.checks).zip(&results) {
                self.record(suite, name, check, result);
            }
            if let Some(message) = suite.failures(&results) {
                failure::record(span, &failed(&message));
            }
            Ok(results)
        })
    }

    /// Records the result of a check in a span, whose duration means nothing, because tools report all checks together.
    fn record(&self, suite: &Suite<'_>, name: &str, check: &Check, result: &CheckResult) {
        let request =
            Quality { check_name: Some(name), checks_count: None, ..self.request("check", suite) };
        // The error is dropped, because the span records it and the result contains it.
        let _ = self.observe(&request, |_, span| {
            span.set_attributes(&QualityOutcome {
                pass_count: u64::from(result.passed),
                fail_count: u64::from(!result.passed),
                rows_checked: result.rows,
                failed_rows: result.failed_rows,
            });
            if result.passed {
                return Ok(());
            }
            if let Some(query) = &result.query {
                span.set_attribute(DB_QUERY_TEXT, query.clone());
            }
            Err(failed(&suite.failure(name, check, result)))
        });
    }

    fn request<'a>(&'a self, operation: &'a str, suite: &Suite<'a>) -> Quality<'a> {
        Quality {
            operation,
            provider: Some(self.name()),
            suite_name: Some(suite.name),
            check_name: None,
            data_source: Some(suite.table),
            checks_count: Some(suite.checks.len() as u64),
        }
    }
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::CheckFailed, message).in_domain(Quality::DOMAIN)
}

/// Removes credentials from the query and the error of a result, whatever the tool returns, and shortens them.
fn make_safe(result: &mut CheckResult) {
    if let Some(query) = &mut result.query {
        let safe = sanitize_credentials(query).into_owned();
        *query = safe.chars().take(LONGEST_QUERY).collect();
    }
    if let Some(error) = &mut result.error {
        error.message = printable(&sanitize_error_message(&error.message)).into_owned();
    }
}
