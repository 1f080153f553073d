// #[derive(FloeAttributes)]
// /// An alert.
// ///
// /// And how it was sent.
// #[floe(prefix = "alert")]
// pub struct Alert<'a> {
//     /// Where it went.
//     channel: &'a str,
//     #[floe(key = "alert.destination")]
//     to: Destination,
//     #[floe(skip)]
//     body: String,
//     #[deprecated(since = "1.0", note = "use `channel`")]
//     r#type: i64,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a> ::floe_telemetry::FloeAttributes for Alert<'a> {
    const KEYS: &'static [&'static ::core::primitive::str] = &[
        "alert.channel",
        "alert.destination",
        "alert.type",
    ];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("alert.channel", &self.channel);
        __floe_list.set("alert.destination", &self.to);
        __floe_list.set("alert.type", &self.r#type);
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a> Alert<'a> {
    /// The key of `channel`: `alert.channel`.
    pub const CHANNEL: &'static ::core::primitive::str = "alert.channel";
    /// The key of `to`: `alert.destination`.
    pub const TO: &'static ::core::primitive::str = "alert.destination";
    /// The key of `type`: `alert.type`.
    pub const TYPE: &'static ::core::primitive::str = "alert.type";
}
