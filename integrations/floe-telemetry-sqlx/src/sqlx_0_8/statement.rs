//! Statements as the traits of sqlx 0.8 have them.

use super::sqlx_core::database::Database;
use super::sqlx_core::executor::Execute;

pub(super) fn split<'q, DB: Database, E: Execute<'q, DB>>(query: E) -> (E, &'q str) {
    let sql = query.sql();
    (query, sql)
}

/// The methods of `Executor` whose statements have no span.
macro_rules! unrecorded {
    ($executor:lifetime, $database:ty, $inner:ident) => {
        fn prepare_with<'e, 'q: 'e>(
            self,
            sql: &'q str,
            parameters: &'e [<$database as Database>::TypeInfo],
        ) -> BoxFuture<'e, Result<<$database as Database>::Statement<'q>, Error>>
        where
            $executor: 'e,
        {
            self.$inner.prepare_with(sql, parameters)
        }

        fn describe<'e, 'q: 'e>(
            self,
            sql: &'q str,
        ) -> BoxFuture<'e, Result<super::sqlx_core::describe::Describe<$database>, Error>>
        where
            $executor: 'e,
        {
            self.$inner.describe(sql)
        }
    };
}

pub(super) use unrecorded;
