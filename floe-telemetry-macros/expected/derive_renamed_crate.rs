#[automatically_derived]
#[allow(deprecated)]
impl crate::telemetry::FloeAttributes for Rows {
    const KEYS: &'static [&'static ::core::primitive::str] = &["keys", "rows"];
    fn record(&self, __floe_list: &mut crate::telemetry::attributes::AttributeList) {
        __floe_list.set("keys", &self.keys);
        __floe_list.set("rows", &self.rows);
    }
}
#[automatically_derived]
#[allow(dead_code)]
impl Rows {
    /// The key of `rows`: `rows`.
    const ROWS: &'static ::core::primitive::str = "rows";
}
