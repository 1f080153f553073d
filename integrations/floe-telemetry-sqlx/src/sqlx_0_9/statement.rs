//! Statements as the traits of sqlx 0.9 have them.

use super::sqlx_core::database::Database;
use super::sqlx_core::error::BoxDynError;
use super::sqlx_core::executor::Execute;
use super::sqlx_core::sql_str::SqlStr;

pub(super) fn split<'q, DB: Database>(mut query: impl Execute<'q, DB>) -> (Statement<DB>, SqlStr) {
    let prepared = query.statement().cloned();
    let arguments = Some(query.take_arguments());
    let is_persistent = query.persistent();
    let sql = query.sql();
    let statement = Statement { sql: sql.clone(), prepared, arguments, is_persistent };
    (statement, sql)
}

/// The parts of a query, taken out before `Execute::sql` consumes the query.
pub(super) struct Statement<DB: Database> {
    sql: SqlStr,
    prepared: Option<DB::Statement>,
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    is_persistent: bool,
}

impl<DB: Database> Execute<'_, DB> for Statement<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.prepared.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.is_persistent
    }
}

/// The methods of `Executor` whose statements have no span.
macro_rules! unrecorded {
    ($executor:lifetime, $database:ty, $inner:ident) => {
        fn prepare_with<'e>(
            self,
            sql: super::sqlx_core::sql_str::SqlStr,
            parameters: &'e [<$database as Database>::TypeInfo],
        ) -> BoxFuture<'e, Result<<$database as Database>::Statement, Error>>
        where
            $executor: 'e,
        {
            self.$inner.prepare_with(sql, parameters)
        }

        fn describe<'e>(
            self,
            sql: super::sqlx_core::sql_str::SqlStr,
        ) -> BoxFuture<'e, Result<super::sqlx_core::describe::Describe<$database>, Error>>
        where
            $executor: 'e,
        {
            self.$inner.describe(sql)
        }
    };
}

pub(super) use unrecorded;
