//! Looks up the values of a header.

/// Returns the values of a header, ignoring the case of its name, or `None` if it does not occur.
pub(crate) fn values<'a>(
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    name: &str,
) -> Option<Vec<&'a str>> {
    let named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let values: Vec<_> = named.map(|(_, value)| value).collect();
    (!values.is_empty()).then_some(values)
}
