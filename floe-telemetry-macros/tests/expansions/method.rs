#[traced]
impl Catalog {
    #[traced(kind = client, attributes(table = name))]
    fn create_table(&mut self, name: &str) {
        self.tables.push(name.to_owned());
    }
}

// becomes

impl Catalog {
    fn create_table(&mut self, name: &str) {
        ::floe_telemetry::__private::call(
            {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.attribute("table", &(name));
                };
                ::floe_telemetry::__private::enter(
                    ::floe_telemetry::__private::callsite!(
                        __FLOE_CALLSITE, "Catalog::create_table",
                        "Catalog::create_table table", ::core::line!(), Client
                    ),
                    ::floe_telemetry::__private::Current,
                    ::core::option::Option::Some(&__floe_fill),
                )
            },
            move || -> () {
                self.tables.push(name.to_owned());
            },
            ::floe_telemetry::__private::outcome::success,
        )
    }
}
