//! The values of a header.

/// `None` without values. The name of a header is the same in upper and in lower case.
pub(crate) fn values<'a>(
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    name: &str,
) -> Option<Vec<&'a str>> {
    let named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let values: Vec<_> = named.map(|(_, value)| value).collect();
    (!values.is_empty()).then_some(values)
}
