// #[traced(
//     floe_attributes = (&Load{rows}, data::Table::new(rows), made(rows), rows.all())
// )]
// fn f(rows: u64) {}

fn f(rows: u64) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f {Load} {data::Table} * *", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.floe_attributes(&(&Load { rows }));
                __floe.floe_attributes(&(data::Table::new(rows)));
                __floe.floe_attributes(&(made(rows)));
                __floe.floe_attributes(&(rows.all()));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
