// #[derive(FloeAttributes)]
// #[floe(crate = crate::telemetry)]
// struct Rows {
//     keys: u64,
//     rows: u64,
// }

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
#[allow(dead_code, deprecated)]
impl Rows {
    crate::telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `rows`: `rows`."] ROWS = "rows"
    }
}
