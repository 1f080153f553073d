use floe_telemetry::traced;

#[traced(semconv = strict, attributes("http.response.status_code" = code, "url.full" = url, "server.port" = port))]
fn types(code: &str, url: String, port: Option<u16>) {}

#[traced(semconv = strict, attributes("process.command_args" = arguments, "url.path" = arguments))]
async fn arrays(arguments: Vec<String>) {}

fn main() {}
