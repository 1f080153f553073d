#[automatically_derived]
#[allow(deprecated)]
impl<'a> ::floe_telemetry::FloeAttributes for Alert<'a> {
    const KEYS: &'static [&'static ::core::primitive::str] = &[
        "alert.channel",
        "alert.destination",
        keys::SEVERITY,
        "alert.type",
    ];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("alert.channel", &self.channel);
        __floe_list.set("alert.destination", &self.to);
        __floe_list.set(keys::SEVERITY, &self.severity);
        __floe_list.set("alert.type", &self.r#type);
    }
}
#[automatically_derived]
#[allow(dead_code)]
impl<'a> Alert<'a> {
    /// The key of `channel`: `alert.channel`.
    pub const CHANNEL: &'static ::core::primitive::str = "alert.channel";
    /// The key of `to`: `alert.destination`.
    pub const TO: &'static ::core::primitive::str = "alert.destination";
    /// The key of `severity`.
    pub const SEVERITY: &'static ::core::primitive::str = keys::SEVERITY;
    /// The key of `type`: `alert.type`.
    pub const TYPE: &'static ::core::primitive::str = "alert.type";
}
