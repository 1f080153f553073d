use floe_telemetry::FloeAttributes;

mod keys {
    pub const SEVERITY: &str = "alert.severity";
}

/// All forms of a key.
#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
pub struct Alert<'a, T = i64> {
    pub channel: &'a str,
    #[floe(key = "destination")]
    to: String,
    #[floe(key = keys::SEVERITY)]
    severity: Option<T>,
    #[floe(skip)]
    body: Vec<u8>,
    r#type: i64,
}

#[derive(FloeAttributes)]
struct Rows {
    keys: i64,
}

fn main() {
    let expected = ["alert.channel", "destination", "alert.severity", "alert.type"];
    assert_eq!(<Alert<'_, i64> as FloeAttributes>::KEYS, expected);
    assert_eq!(<Alert<'_>>::CHANNEL, "alert.channel");
    assert_eq!(<Alert<'_>>::TYPE, "alert.type");
    assert_eq!(Rows::KEYS, ["keys"]);
    let alert = Alert { channel: "a", to: String::new(), severity: Some(1), body: vec![], r#type: 1 };
    drop((alert.to, alert.body));
    assert_eq!(Rows { keys: 3 }.keys, 3);
}
