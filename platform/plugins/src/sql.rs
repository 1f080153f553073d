//! Names and texts in SQL statements.

/// Returns the name of a table or a column in double quotes.
pub fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns a text in single quotes.
pub fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Converts a name into letters, digits and underscores, with no digit at the start, as dbt and Dagster require.
pub fn identifier(name: &str) -> String {
    let identifier = name.replace(|sign: char| !sign.is_ascii_alphanumeric(), "_");
    match identifier.chars().next() {
        Some(first) if !first.is_ascii_digit() => identifier,
        _ => format!("_{identifier}"),
    }
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn a_product_has_a_name_that_dbt_and_dagster_accept() {
        assert_eq!(identifier("customer-360"), "customer_360");
        assert_eq!(identifier("360-view"), "_360_view");
    }
}
