#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct Alert<'a> {
    channel: &'a str,
    #[floe(key = "alert.destination", display)]
    to: Destination,
    #[floe(skip)]
    body: String,
    severity: Option<Severity>,
}

// becomes

#[automatically_derived]
#[allow(deprecated)]
impl<'a> ::floe_telemetry::FloeAttributes for Alert<'a> {
    const KEYS: &'static [&'static ::core::primitive::str] = &[
        "alert.channel",
        "alert.destination",
        "alert.severity",
    ];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Present as _;
        __floe_list.set("alert.channel", &self.channel);
        ::floe_telemetry::__private::display(
            __floe_list,
            "alert.destination",
            ::floe_telemetry::__private::Field(&self.to).__floe_present(),
        );
        __floe_list.set("alert.severity", &self.severity);
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a> Alert<'a> {
    /// The key of `channel`: `alert.channel`.
    const CHANNEL: &'static ::core::primitive::str = "alert.channel";
    /// The key of `to`: `alert.destination`.
    const TO: &'static ::core::primitive::str = "alert.destination";
    /// The key of `severity`: `alert.severity`.
    const SEVERITY: &'static ::core::primitive::str = "alert.severity";
}
