//! The table that a source reads in another database, against what the source says of it.

use floe_plugin::compute::TableCopy;
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind};
use floe_suggest::{all_of, did_you_mean, nearest};

use crate::sql::quoted_name;

/// The most names that an error has.
const MOST_NAMES: usize = 10;

/// What a query selects: the columns that the source lists, or all.
pub(super) fn selected(copy: &TableCopy<'_>) -> String {
    if copy.columns.is_empty() {
        return "*".to_owned();
    }
    let names = copy.columns.iter().map(|column| quoted_name(column.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The table in an error.
fn table(copy: &TableCopy<'_>) -> String {
    match copy.schema {
        Some(schema) => format!("{schema}.{}", copy.table),
        None => copy.table.to_owned(),
    }
}

/// The error of a table that does not exist, where there are others.
pub(super) fn no_table(copy: &TableCopy<'_>, others: &[String]) -> Error {
    let hint = among(copy.table, others);
    let message = format!("there is no table `{}`{hint}", table(copy));
    Error::new(ErrorKind::UnknownName, message)
}

/// The column of this name. Some engines tell capital letters from small ones, and some do not.
fn find<'a, T>(found: &'a [(String, T)], name: &str) -> Option<&'a (String, T)> {
    let exact = found.iter().find(|(it, _)| it == name);
    exact.or_else(|| found.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)))
}

/// Checks that a table has the columns that the source lists.
pub(super) fn check_names<T>(copy: &TableCopy<'_>, found: &[(String, T)]) -> Result<(), Error> {
    let mut listed = copy.columns.iter();
    let Some(missing) = listed.find(|column| find(found, column.name).is_none()) else {
        return Ok(());
    };
    let is_read = |name: &str| copy.columns.iter().any(|it| it.name == name);
    let others = found.iter().map(|(name, _)| name.clone());
    let others: Vec<String> = others.filter(|name| !is_read(name)).collect();
    let (table, name) = (table(copy), missing.name);
    let hint = among(name, &others);
    let message = format!("`{table}` has no column `{name}`{hint}");
    Err(Error::new(ErrorKind::UnknownName, message))
}

/// Checks that a table has the columns that the source lists, of their types.
pub(super) fn check_types(
    copy: &TableCopy<'_>,
    found: &[(String, ColumnType)],
) -> Result<(), Error> {
    check_names(copy, found)?;
    let mut listed = copy.columns.iter();
    let wrong = listed.find_map(|column| {
        let (_, kind) = find(found, column.name)?;
        (*kind != column.kind).then(|| wrong_type(copy, column, type_name(*kind)))
    });
    wrong.map_or(Ok(()), Err)
}

/// The error of a column with values of another type.
pub(super) fn wrong_type(copy: &TableCopy<'_>, column: &Column<'_>, found: &str) -> Error {
    let (table, name, accepted) = (table(copy), column.name, type_name(column.kind));
    let message = format!("column `{name}` of `{table}`: expected {accepted}, found {found}");
    Error::new(ErrorKind::Type, message)
}

/// The type as `floe.yaml` has it.
fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "integer",
        ColumnType::Real => "real",
        ColumnType::Date => "date",
        _ => "text",
    }
}

/// The name that may be meant, or else some of those that there are.
fn among(name: &str, others: &[String]) -> String {
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    match &*did_you_mean(nearest(name, &others)) {
        "" if others.is_empty() => ", and no other".to_owned(),
        "" => {
            let more = if others.len() > MOST_NAMES { " …" } else { "" };
            let names = all_of(&others[..others.len().min(MOST_NAMES)]);
            format!(", found {names}{more}")
        }
        hint => hint.to_owned(),
    }
}
