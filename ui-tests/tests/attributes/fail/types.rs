use floe_telemetry::FloeAttributes;
use secrecy::SecretString;

struct Url;

const CHANNEL: u8 = 3;

mod keys {}

#[derive(FloeAttributes)]
struct Fields<'a> {
    channel: &'a str,
    no_value: Option<Url>,
    answer: Option<SecretString>,
    #[floe(display)]
    no_text: Option<Url>,
    #[floe(flatten)]
    no_attributes: Vec<String>,
    #[floe(key = CHANNEL)]
    key_of_a_number: u8,
    #[floe(key = keys::CHANNEL)]
    key_of_nothing: u8,
}

#[derive(FloeAttributes)]
#[floe(prefix = "limits")]
pub struct ConstantOfItsOwn {
    pub min: u32,
    /// The largest.
    pub max: u32,
}

impl ConstantOfItsOwn {
    pub const MAX: u32 = 3;
}

fn main() {}
