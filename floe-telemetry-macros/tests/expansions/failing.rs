#[traced(name = "config.load")]
fn load(path: &Path) -> Result<Config, ConfigError> {
    parse(&read(path)?)
}

// becomes

fn load(path: &Path) -> Result<Config, ConfigError> {
    if false {
        ::floe_telemetry::__private::EndsWithTheCall::__floe_is_value(
            ::floe_telemetry::__private::Kind::<Config>::OF_TYPE.__floe_kind(),
        );
    }
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            ::floe_telemetry::__private::callsite!(
                __FLOE_CALLSITE, "config.load", "load", ::core::line!(), Internal
            ),
            ::floe_telemetry::__private::Current,
            ::core::option::Option::None,
        ),
        #[allow(clippy::result_large_err)]
        move || -> Result<Config, ConfigError> { parse(&read(path)?) },
        ::floe_telemetry::__private::outcome::probe_result::<
            Result<Config, ConfigError>,
        >()
            .__floe_classify(),
    )
}
