// #[traced(kind = client)]
// impl S {
//     #[cfg_attr(feature = "spans", traced(name = "loaded", root), must_use)]
//     fn load(&self) -> u8 {
//         1
//     }
//     #[cfg_attr(feature = "quiet", traced(skip))]
//     #[inline]
//     fn save(&self) {}
//     #[traced(root)]
//     #[cfg_attr(feature = "spans", telemetry::traced(attributes(n)))]
//     fn both(&self, n: u8) {}
//     #[cfg_attr(
//         unix,
//         cfg_attr(feature = "spans", traced(name = "deep"), inline),
//         must_use
//     )]
//     fn nested(&self) -> u8 {
//         1
//     }
// }

impl S {
    #[cfg_attr(
        feature = "spans",
        ::floe_telemetry::traced(
            __floe_of_type = "S",
            kind = client,
            name = "loaded",
            root
        )
    )]
    #[cfg_attr(feature = "spans", must_use)]
    #[cfg_attr(
        not(any(feature = "spans")),
        ::floe_telemetry::traced(__floe_of_type = "S", name = "S::load", kind = client)
    )]
    fn load(&self) -> u8 {
        1
    }
    #[cfg_attr(
        not(any(feature = "quiet")),
        ::floe_telemetry::traced(__floe_of_type = "S", name = "S::save", kind = client)
    )]
    #[inline]
    fn save(&self) {}
    #[cfg_attr(
        feature = "spans",
        ::floe_telemetry::traced(
            __floe_of_type = "S",
            name = "S::both",
            kind = client,
            root,
            attributes(n)
        )
    )]
    #[cfg_attr(
        not(any(feature = "spans")),
        ::floe_telemetry::traced(
            __floe_of_type = "S",
            name = "S::both",
            kind = client,
            root
        )
    )]
    fn both(&self, n: u8) {}
    #[cfg_attr(unix, must_use)]
    #[cfg_attr(
        all(unix, feature = "spans"),
        ::floe_telemetry::traced(__floe_of_type = "S", kind = client, name = "deep")
    )]
    #[cfg_attr(all(unix, feature = "spans"), inline)]
    #[cfg_attr(
        not(any(all(unix, feature = "spans"))),
        ::floe_telemetry::traced(__floe_of_type = "S", name = "S::nested", kind = client)
    )]
    fn nested(&self) -> u8 {
        1
    }
}
