// #[traced(
//     attributes(
//         table,
//         %path,
//         ?mode,
//         self.id,
//         self.owner.name,
//         options.limit,
//         rows = rows.len(),
//         table.rows = a+b,
//         "db.system.name" = "sqlite",
//         error.r#type = %kind,
//         keys::TABLE = table,
//         LIMIT = ?limit,
//     )
// )]
// fn create(&self, table: &str, path: Path, mode: Mode, options: Options) {}

fn create(&self, table: &str, path: Path, mode: Mode, options: Options) {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "create",
        "create table path mode id owner.name options.limit rows table.rows db.system.name error.type {keys::TABLE} {LIMIT}",
        ::core::line!(), Internal, with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.attribute("table", &(table));
                __floe.display("path", &(path));
                __floe.debug("mode", &(mode));
                __floe.attribute("id", &(self.id));
                __floe.attribute("owner.name", &(self.owner.name));
                __floe.attribute("options.limit", &(options.limit));
                __floe.attribute_from("rows", rows.len());
                __floe.attribute_from("table.rows", a + b);
                __floe.attribute_static("db.system.name", "sqlite");
                __floe.display("error.type", &(kind));
                __floe.attribute(keys::TABLE, &(table));
                __floe.debug(LIMIT, &(limit));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {
            #[allow(clippy::shadow_same)]
            let path = path;
            let _ = &path;
            #[allow(clippy::shadow_same)]
            let mode = mode;
            let _ = &mode;
            #[allow(clippy::shadow_same)]
            let options = options;
            let _ = &options;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
