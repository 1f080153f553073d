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
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        const {
            &{
                let __floe_list = ::floe_telemetry::__private::SchemaList::<
                    3usize,
                >::new();
                let __floe_list = __floe_list
                    .attribute(
                        ::floe_telemetry::__private::Describe::<&'a str>::VALUE
                            .under(Self::DATABASE),
                    );
                let __floe_list = __floe_list
                    .attribute(
                        ::floe_telemetry::__private::Describe::<u64>::VALUE
                            .under(Self::ROWS),
                    );
                let __floe_list = __floe_list
                    .attribute(
                        ::floe_telemetry::__private::Describe::<&'a str>::VALUE
                            .under(SCHEMA_KEY),
                    );
                __floe_list
            }
        }
            .as_slice()
    };
    const GROUP: ::floe_telemetry::attributes::AttributeGroup = ::floe_telemetry::attributes::AttributeGroup::new(
        "query",
        Self::SCHEMA,
    );
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set(Self::DATABASE, &self.database);
        __floe_list.set(Self::ROWS, &self.rows);
        __floe_list.set(SCHEMA_KEY, &self.schema);
    }
}
const _: &[::floe_telemetry::attributes::AttributeSchema] = <Query<
    '_,
> as ::floe_telemetry::FloeAttributes>::SCHEMA;
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a> Query<'a> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `database`."] DATABASE = attribute::DB_NAMESPACE
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `rows`."] ROWS = Self::ROWS_KEY
    }
}
