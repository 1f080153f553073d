// #[derive(FloeAttributes)]
// struct Query<'a> {
//     #[floe(key = attribute::DB_NAMESPACE)]
//     database: &'a str,
//     #[floe(key = Self::ROWS_KEY)]
//     rows: u64,
//     #[floe(key = SCHEMA_KEY)]
//     schema: &'a str,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a> ::floe_telemetry::FloeAttributes for Query<'a> {
    const KEYS: &'static [&'static ::core::primitive::str] = const {
        &{
            let __floe_list = ::floe_telemetry::__private::KeyList::<3usize>::new();
            let __floe_list = __floe_list.key(Self::DATABASE);
            let __floe_list = __floe_list.key(Self::ROWS);
            let __floe_list = __floe_list.key(Self::SCHEMA);
            __floe_list
        }
    }
        .as_slice();
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set(Self::DATABASE, &self.database);
        __floe_list.set(Self::ROWS, &self.rows);
        __floe_list.set(Self::SCHEMA, &self.schema);
    }
}
const _: &[&::core::primitive::str] = <Query<
    '_,
> as ::floe_telemetry::FloeAttributes>::KEYS;
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a> Query<'a> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `database`."] DATABASE = attribute::DB_NAMESPACE
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `rows`."] ROWS = Self::ROWS_KEY
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `schema`."] SCHEMA = SCHEMA_KEY
    }
}
