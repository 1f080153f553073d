use floe_telemetry::traced;

#[traced]
async fn longer<'a, 'b>(first: &'a str, second: &'b str) -> &'a str {
    if first.is_empty() { first } else { second }
}

#[traced(attributes(text))]
async fn borrowed(text: &str) -> &'static str {
    text
}

#[traced]
async fn stored(list: &mut Vec<&str>, text: &str) {
    list.push(text);
}

fn main() {}
