// #[traced(name = "iceberg.create_table", kind = client)]
// fn r#create() {}

fn r#create() {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "iceberg.create_table", "create", ::core::line!(), Client
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
