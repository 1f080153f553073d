//! Headers that are recorded as attributes.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{Array, Key, StringValue, Value};

use crate::http_semantics::bounded;

const MAX_VALUES: usize = 8;

#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedHeaders(Arc<[(HeaderName, Key)]>);

impl RecordedHeaders {
    /// Lists the headers to record. An attribute's key is the prefix, such as `http.request.header.`, and the name.
    pub(crate) fn new(prefix: &str, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let with_key = |name: HeaderName| {
            let key = Key::from(Arc::from(format!("{prefix}{name}")));
            (name, key)
        };
        Self(names.into_iter().map(with_key).collect())
    }

    /// Passes each listed header to `record`, with its values as a list of texts, as the conventions require.
    pub(crate) fn each(&self, headers: &HeaderMap, mut record: impl FnMut(Key, Value)) {
        for (name, key) in &*self.0 {
            let values: Vec<StringValue> =
                headers.get_all(name).iter().take(MAX_VALUES).map(text).collect();
            if !values.is_empty() {
                record(key.clone(), Value::Array(Array::String(values)));
            }
        }
    }
}

/// Returns a header's value as truncated text. Invalid UTF-8, and a value that is marked as sensitive, are replaced.
fn text(value: &HeaderValue) -> StringValue {
    if value.is_sensitive() {
        return "<REDACTED>".into();
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    bounded(&text).to_owned().into()
}
