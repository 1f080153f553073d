// #[derive(FloeAttributes)]
// /// An alert.
// ///
// /// And how it was sent.
// #[floe(prefix = "alert")]
// pub struct Alert<'a> {
//     /// Where it went.
//     channel: &'a str,
//     #[floe(key = "alert.destination", examples = ["https://a.b", 1, -2.5, true])]
//     to: Destination,
//     #[floe(skip)]
//     body: String,
//     #[deprecated(since = "1.0", note = "use `channel`")]
//     r#type: i64,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a> ::floe_telemetry::FloeAttributes for Alert<'a> {
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        &[
            ::floe_telemetry::__private::Describe::<&'a str>::VALUE
                .under("alert.channel")
                .with_docs("Where it went.", ""),
            ::floe_telemetry::__private::Describe::<Destination>::VALUE
                .under("alert.destination")
                .with_examples(&["https://a.b", "1", "-2.5", "true"]),
            ::floe_telemetry::__private::Describe::<i64>::VALUE
                .under("alert.type")
                .deprecated("use `channel`"),
        ]
    };
    const GROUP: ::floe_telemetry::attributes::AttributeGroup = ::floe_telemetry::attributes::AttributeGroup::new(
            "alert",
            Self::SCHEMA,
        )
        .with_docs("An alert.", "And how it was sent.");
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("alert.channel", &self.channel);
        __floe_list.set("alert.destination", &self.to);
        __floe_list.set("alert.type", &self.r#type);
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a> Alert<'a> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `channel`: `alert.channel`."] #[doc = ""] #[doc =
        " Where it went."] pub CHANNEL = "alert.channel"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `to`: `alert.destination`."] pub TO = "alert.destination"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `type`: `alert.type`."] #[deprecated(since = "1.0", note =
        "use `channel`")] pub TYPE = "alert.type"
    }
}
