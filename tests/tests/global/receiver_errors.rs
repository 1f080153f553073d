//! A refusal, or a response that cannot be understood, is reported by one message with the URL, the reason, the text of
//! the receiver and, for a wrong protocol, the change that helps.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, init, init_with};
use floe_tests::{
    Authority, ClientCertificate, Receiver, Response, Script, TIMEOUT, Written, before, document,
    program,
};
use tonic::Code;

use super::pipeline::{BOTH, receiver, secure, start, traces_alone, work};

static LOG: LazyLock<Written> = LazyLock::new(|| {
    let log = Written::default();
    tracing_subscriber::fmt().with_writer(log.writer()).with_ansi(false).init();
    log
});

/// Returns the error of flushing one span, and checks that the only log line has the same reason.
fn error(protocol: OtlpProtocol, endpoint: &str) -> String {
    error_with(protocol, endpoint, |_| ())
}

fn error_with(
    protocol: OtlpProtocol,
    endpoint: &str,
    set: impl FnOnce(&mut TelemetryConfig),
) -> String {
    let mut config = traces_alone(protocol, endpoint);
    config.otlp.all.timeout_millis = Some(1_000);
    set(&mut config);
    LazyLock::force(&LOG);
    let telemetry = start(config);
    work();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    telemetry.shutdown(TIMEOUT).unwrap();
    let message = LOG.take();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("spans could not be exported"), "{message}");
    assert!(error.contains(endpoint), "{error}");
    let (_, reason) = error.split_once(" failed: ").unwrap();
    // The subscriber writes a text field in quotation marks.
    let quoted = format!("{reason:?}");
    assert!(message.contains(&quoted), "{message}\n{quoted}");
    error
}

/// Returns the endpoint of a server that sends one of these answers on each connection, and repeats the last one.
fn answering<const N: usize>(answers: [String; N]) -> String {
    let server = Script::new(move |number, stream| {
        let mut request = vec![0; 64 * 1024];
        let _read = stream.read(&mut request)?;
        stream.write_all(answers[number.min(N - 1)].as_bytes())?;
        // Waits until the client closes the connection, so that it is not reset.
        stream.read(&mut request).map(drop)
    });
    server.endpoint()
}

fn http(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[alone]
fn the_message_has_the_text_of_the_receiver() {
    for (status, kind, body, expected) in [
        (
            "401 Unauthorized",
            "application/json",
            r#"{"code":16,"message":"unknown key, see \u001b[31mhttps://acme.example\r\n"}"#,
            r#"401 Unauthorized: {"code":16,"message":"unknown key, see \u001b[31mhttps://acme.example\r\n"}; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)"#,
        ),
        (
            "404 Not Found",
            "text/plain; charset=utf-8",
            "404 page\0\u{7f}\u{9b}\u{202e}\u{2028} not found\n",
            r"404 Not Found: 404 page\u{0}\u{7f}\u{9b}\u{202e}\u{2028} not found; expected the address of a running receiver in `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`), to which `/v1/traces` is appended",
        ),
        (
            "400 Bad Request",
            "application/x-protobuf",
            "\u{8}\u{3}\u{12}\u{17}password=hunter2-canary",
            "400 Bad Request: password=<REDACTED>",
        ),
        (
            "403 Forbidden",
            "text/html",
            "<html>please log in</html>",
            "403 Forbidden: a web page; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)",
        ),
        (
            "302 Found\r\nlocation: https://key:hunter2@login.example/otlp?token=hunter2",
            "text/plain",
            "",
            "302 Found with a redirect to `https://<REDACTED>@login.example/otlp`, and redirects are not followed; expected the address of a running receiver in `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`)",
        ),
        (
            "200 OK",
            "text/html",
            "<html>welcome</html>",
            "200 OK with a web page; expected the address of a running receiver in `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`)",
        ),
        (
            "413 Payload Too Large",
            "text/plain",
            "",
            "413 Payload Too Large; to send fewer items in a request, lower \
             `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` (`batch_processor.max_export_batch_size`)",
        ),
    ] {
        let endpoint = answering([http(status, kind, body)]);
        let error = error(OtlpProtocol::Http, &endpoint);
        let expected = format!("`{endpoint}/v1/traces`: the receiver answered {expected}");
        assert!(error.ends_with(&expected), "{error}\n{expected}");
    }
    // The exporter waits for the end of an incomplete body only for a part of the timeout.
    let answer = "HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\nno service.name";
    let unfinished = error(OtlpProtocol::Http, &answering([answer.to_owned()]));
    assert!(unfinished.ends_with("400 Bad Request: no service.name"), "{unfinished}");
    // The message contains the path of an endpoint, and not its query.
    let endpoint = answering([http("404 Not Found", "text/plain", "no route")]);
    let error = error(OtlpProtocol::Http, &format!("{endpoint}/otlp"));
    let expected =
        format!("`{endpoint}/otlp/v1/traces`: the receiver answered 404 Not Found: no route; ");
    assert!(error.contains(&expected), "{error}");
}

/// The advice names the keys of the file, with their lines, because the variables have no effect then.
#[test]
fn advice_about_a_configuration_file_names_its_keys() {
    let program = program!({
        let mut config = TelemetryConfig::from_env().unwrap();
        config.otlp.traces.timeout_millis = Some(1000);
        let telemetry = init_with(config).unwrap();
        work();
        let error = telemetry.force_flush(TIMEOUT).unwrap_err();
        println!("child: {error}");
    });
    let refused = answering([http("401 Unauthorized", "text/plain", "unknown key")]);
    let unknown = answering(["220 mail.example ESMTP\r\n".to_owned()]);
    let missing = answering([http("404 Not Found", "text/plain", "no route")]);
    for (endpoint, expected) in [
        (missing, " a running receiver in `endpoint` (line 2, column 75 of `"),
        (refused, "; set a valid credential in `headers`"),
        (unknown, " needs `otlp_grpc`, and a receiver with TLS needs an endpoint with `https://`"),
    ] {
        let exporter =
            format!("{{otlp_http: {{endpoint: '{endpoint}/v1/traces', timeout: 1000}}}}");
        let processors = format!("[{{simple: {{exporter: {exporter}}}}}]");
        let file = document(&format!(
            "file_format: '1.1'\ntracer_provider: {{processors: {processors}}}\n"
        ));
        let path = file.path().to_str().unwrap();

        let (stdout, stderr) = program.run(&[("OTEL_CONFIG_FILE", path)]);
        assert!(stdout.contains(expected), "{stdout}{stderr}");
        assert!(!stdout.contains("OTEL_"), "{stdout}");
    }

    let missing = answering([http("404 Not Found", "text/plain", "no route")]);
    let file = document(&format!(
        "resource_attributes: {{service_name: orders}}\notlp_endpoint: {missing}\notlp_protocol: http\n"
    ));
    let path = file.path().to_str().unwrap();
    let (stdout, stderr) = program.run(&[("FLOE_CONFIG_FILE", path)]);
    let expected =
        format!(" a running receiver in `otlp_endpoint` (line 2, column 16 of `{path}`)");
    assert!(stdout.contains(&expected), "{stdout}{stderr}");
}

/// gRPC sends the values of such headers in base64.
#[test]
fn a_header_that_grpc_reserves_names_its_variable() {
    let program = program!({
        drop(init().unwrap());
    });
    let (_, stderr) = program.run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-bin=a"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    let line = "error: an exporter of traces is left out: otlp: gRPC reserves `*-bin` for bytes, found the header `x-bin`; change `OTEL_EXPORTER_OTLP_HEADERS`\n";
    assert_eq!(stderr, line);
}

/// The endpoint of one signal is used unchanged.
#[alone]
fn an_endpoint_without_the_path_of_its_signal_is_named() {
    let setting = "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (`otlp.traces.endpoint`)";
    let rule = ", which is used unchanged: its path is usually `/v1/traces`";
    for (path, rule) in [("", rule), ("/otlp", rule), ("/otlp/v1/traces", "")] {
        let endpoint = answering([http("404 Not Found", "text/plain", "no route")]);
        let error = error_with(OtlpProtocol::Http, &endpoint, |config| {
            config.otlp.traces.endpoint = Some(format!("{endpoint}{path}"));
        });

        let expected = format!("expected the address of a running receiver in {setting}{rule}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

/// Another service of gRPC runs at the address.
#[alone]
fn a_receiver_without_the_method_names_the_endpoint() {
    let receiver = Receiver::grpc();
    receiver.respond(Response::Grpc { code: Code::Unimplemented, message: String::new() });
    let error = error(OtlpProtocol::Grpc, &receiver.endpoint());
    assert!(error.contains("in `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`)"), "{error}");
}

/// A receiver that never answers is at another address, and one that has answered needs more time.
#[alone]
fn a_receiver_that_does_not_answer_names_its_setting() {
    for protocol in BOTH {
        let receiver = receiver(protocol);
        receiver.respond(Response::Hang);
        let unknown = error(protocol, &receiver.endpoint());
        let address = "no response; expected the address of a running receiver in \
                       `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`)";
        assert!(unknown.ends_with(address), "{unknown}");
        let set_seconds = |config: &mut TelemetryConfig| config.otlp.all.timeout_millis = Some(10);
        let short = error_with(protocol, &receiver.endpoint(), set_seconds);
        let general = "needs a longer `OTEL_EXPORTER_OTLP_TIMEOUT` (`otlp.all.timeout_millis`)";
        assert!(short.ends_with(general), "{short}");

        receiver.respond(Response::Ok);
        let mut config = traces_alone(protocol, receiver.endpoint());
        config.otlp.traces.timeout_millis = Some(1_000);
        let telemetry = start(config);
        work();
        telemetry.force_flush(TIMEOUT).unwrap();
        receiver.respond(Response::Hang);
        work();
        let slow = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
        let timeout = "no response; a slow receiver needs a longer \
                       `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` (`otlp.traces.timeout_millis`)";
        assert!(slow.ends_with(timeout), "{slow}");
        telemetry.shutdown(TIMEOUT).unwrap();
        let _lines = LOG.take();
    }
}

#[alone]
fn a_stalled_explanation_leaves_time_for_a_retry() {
    let stalled = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 99\r\n\r\nfull".to_owned();
    let answers = [stalled, http("200 OK", "application/x-protobuf", "")];
    let mut config = traces_alone(OtlpProtocol::Http, answering(answers));
    config.otlp.all.timeout_millis = Some(8_000);
    let telemetry = start(config);
    work();
    telemetry.force_flush(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics().exported, 1);
}

#[alone]
fn another_protocol_is_named() {
    let grpc = Receiver::grpc();
    let http = Receiver::http();
    let error_of_http = error(OtlpProtocol::Http, &grpc.endpoint());
    assert!(error_of_http.contains("`OTEL_EXPORTER_OTLP_PROTOCOL=grpc`"), "{error_of_http}");
    let error_of_grpc = error(OtlpProtocol::Grpc, &http.endpoint());
    assert!(
        error_of_grpc.contains("`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`"),
        "{error_of_grpc}"
    );

    assert_eq!((grpc.requests().len(), http.requests().len()), (0, 0));
    for protocol in BOTH {
        error(protocol, &answering(["SSH-2.0-OpenSSH_9.2\r\n".to_owned()]));
    }
}

fn page(status: u16, kind: &str) -> Response {
    Response::Http { status, headers: vec![("content-type".to_owned(), kind.to_owned())] }
}

/// A receiver of OTLP over HTTP may speak HTTP/2, and so may a gateway before a receiver of gRPC.
#[alone]
fn an_answer_that_is_not_grpc_names_the_protocol() {
    let protocol = "`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf` (`otlp_protocol`)";
    let certain = format!("; this receiver speaks OTLP over HTTP, which needs {protocol}");
    let perhaps = format!("; a receiver that speaks OTLP over HTTP needs {protocol}");
    let credential = "; set a valid credential in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)";
    let size = "; to send fewer items in a request, lower `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` \
                (`batch_processor.max_export_batch_size`)";
    let receiver = Receiver::grpc();
    for (status, kind, expected) in [
        (200, "text/html", format!("200 OK in place of gRPC{certain}")),
        (401, "text/plain", format!("401 Unauthorized in place of gRPC{perhaps}{credential}")),
        (403, "text/html", format!("403 Forbidden in place of gRPC{perhaps}{credential}")),
        (404, "application/json", format!("404 Not Found in place of gRPC{certain}")),
        (405, "text/plain", format!("405 Method Not Allowed in place of gRPC{certain}")),
        (413, "text/html", format!("413 Payload Too Large in place of gRPC{size}{perhaps}")),
        (415, "", format!("415 Unsupported Media Type in place of gRPC{certain}")),
        (502, "text/html", format!("502 Bad Gateway in place of gRPC{perhaps}")),
    ] {
        receiver.respond(page(status, kind));
        let error = error(OtlpProtocol::Grpc, &receiver.endpoint());
        let expected = format!("the receiver answered {expected}");
        assert!(error.ends_with(&expected), "{error}\n{expected}");
    }
}

/// A receiver that has answered over gRPC speaks no other protocol.
#[alone]
fn a_page_before_a_receiver_of_grpc_is_one_of_a_gateway() {
    let receiver = Receiver::grpc();
    let telemetry = start(traces_alone(OtlpProtocol::Grpc, receiver.endpoint()));
    work();
    telemetry.force_flush(TIMEOUT).unwrap();
    receiver.respond(page(413, "text/html"));
    work();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    let size = "413 Payload Too Large in place of gRPC; to send fewer items in a request, lower \
                `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` (`batch_processor.max_export_batch_size`)";
    assert!(error.ends_with(size), "{error}");
}

/// An answer with a status of gRPC is one of gRPC, even if it has only trailers and no type.
#[alone]
fn an_answer_with_trailers_alone_is_grpc() {
    let receiver = Receiver::grpc();
    for kind in [None, Some("application/grpc")] {
        let kind = kind.map(|kind| ("content-type", kind));
        let headers = [("grpc-status", "16"), ("grpc-message", "unknown key")];
        let headers = headers.into_iter().chain(kind);
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        receiver.respond(Response::Http { status: 200, headers: headers.collect() });
        let error = error(OtlpProtocol::Grpc, &receiver.endpoint());
        let expected = "the receiver answered Unauthenticated: unknown key; set a valid credential in \
                        `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)";
        assert!(error.ends_with(expected), "{error}");
    }
}

/// The receiver is one in Go, whose limit is smaller than the requests.
#[alone]
fn a_receiver_of_grpc_that_finds_a_request_too_large_names_the_setting() {
    let receiver = Receiver::grpc();
    let message = "grpc: received message larger than max (5000000 vs. 4194304)".to_owned();
    receiver.respond(Response::Grpc { code: Code::ResourceExhausted, message });
    let error = error(OtlpProtocol::Grpc, &receiver.endpoint());
    assert!(error.contains("in a request, lower `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`"), "{error}");
}

/// An answer that breaks the rules is no failed connection, and not always another protocol.
#[alone]
fn an_answer_that_is_not_http_is_called_that() {
    let banner = error(OtlpProtocol::Http, &answering(["SSH-2.0-OpenSSH_9.2\r\n".to_owned()]));
    assert!(banner.contains("the receiver's answer does not follow `http/protobuf`: "), "{banner}");
    let answer = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    let long = error(OtlpProtocol::Http, &answering([answer]));
    let expected = "does not follow `http/protobuf`: its headers are longer than 65536 bytes";
    assert!(long.ends_with(expected), "{long}");
}

/// A receiver without TLS may wait for the end of a line, or close the connection.
#[alone]
fn a_handshake_without_an_answer_is_named() {
    let closing = || Script::new(|_, stream| stream.read(&mut [0; 16 * 1024]).map(drop));
    for protocol in BOTH {
        for server in [Script::silent(), closing()] {
            let error = error(protocol, &server.endpoint().replace("http://", "https://"));
            assert!(error.contains("perhaps does not use TLS"), "{error}");
        }
    }
}

#[alone]
fn tls_on_one_side_only_is_named() {
    let authority = Authority::new();
    for (protocol, secure) in secure(&authority, ClientCertificate::NotRequested) {
        let plain = receiver(protocol);
        let wrong = plain.endpoint().replace("http://", "https://");
        let error_of_plain = error(protocol, &wrong);
        assert!(error_of_plain.contains("does not use TLS"), "{error_of_plain}");
        let wrong = secure.endpoint().replace("https://", "http://");
        let error_of_secure = error(protocol, &wrong);
        assert!(error_of_secure.contains("`https://`"), "{error_of_secure}");
        if protocol == OtlpProtocol::Http {
            // The handshake refuses the protocol.
            let other = error_with(OtlpProtocol::Grpc, &secure.endpoint(), |config| {
                config.otlp.all.certificate = Some(authority.certificate());
            });
            assert!(other.contains("`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`"), "{other}");
        }
    }
}

/// Only some alerts are about the certificate of a client.
#[alone]
fn an_alert_of_tls_is_no_missing_certificate() {
    const CLIENT: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";

    for (alert, expected, is_of_client) in [
        // `unexpected_message`, `decode_error` and `internal_error` tell no cause.
        (10, "", false),
        (50, "", false),
        (80, "", false),
        (40, "no version or cipher suite of TLS in common", true),
        (70, "needs TLS 1.2 or 1.3", false),
        (112, "no certificate for the host of the endpoint", false),
        (42, "", true),
        (43, "", true),
        (44, "", true),
        (45, "", true),
        (46, "", true),
        (48, "", true),
        (49, "", true),
        (51, "", true),
        (116, "", true),
    ] {
        let server = Script::new(move |_, stream| {
            let _read = stream.read(&mut [0; 16 * 1024])?;
            // A record with a fatal alert.
            stream.write_all(&[21, 3, 3, 0, 2, 2, alert])
        });
        for protocol in BOTH {
            let error = error(protocol, &server.endpoint().replace("http:", "https:"));
            assert!(error.contains("received fatal alert: "), "{error}");
            assert!(error.contains(expected), "{alert}: {error}");
            assert_eq!(error.contains(CLIENT), is_of_client, "{alert}: {error}");
            assert!(!error.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{alert}: {error}");
        }
    }
}

/// The end of a connection has plain words, whether TLS announces it or not.
#[alone]
fn a_connection_that_ends_without_an_announcement_is_closed() {
    let authority = Authority::new();
    for (protocol, receiver) in secure(&authority, ClientCertificate::NotRequested) {
        let port = receiver.port();
        let server = Script::new(move |_, client| {
            let mut receiver = TcpStream::connect(("127.0.0.1", port))?;
            let mut hello = [0; 16 * 1024];
            let length = client.read(&mut hello)?;
            receiver.write_all(&hello[..length])?;
            let answered = receiver.read(&mut hello)?;
            client.write_all(&hello[..answered])?;
            client.shutdown(Shutdown::Write)?;
            io::copy(client, &mut io::sink()).map(drop)
        });
        let endpoint = server.endpoint().replace("http:", "https:");
        let error = error_with(protocol, &endpoint, |config| {
            config.otlp.all.certificate = Some(authority.certificate());
        });
        assert!(error.contains("closed"), "{error}");
        assert!(!error.contains("docs.rs"), "{error}");
    }
}

/// The host, and not the address of the receiver, has used up its descriptors.
#[cfg(unix)]
#[test]
fn a_process_without_descriptors_is_named() {
    let program = program!({
        let telemetry = init().unwrap();
        let files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        work();
        let error = telemetry.force_flush(TIMEOUT).unwrap_err();
        drop(files);
        println!("child: {error}");
    });
    for (protocol, endpoint) in [
        ("grpc", "http://127.0.0.1:4317"),
        ("http/protobuf", "http://127.0.0.1:4318"),
        ("http/protobuf", "http://collector.test:4318"),
    ] {
        let limited = ["sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""];
        let mut command = before(&limited, &program.command());
        command
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
            .env("OTEL_METRICS_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none");
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let error = output.split_once("child: ").unwrap().1;
        assert!(error.contains("raise the limit of open files (`ulimit -n`)"), "{error}");
        assert!(!error.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{error}");
    }
}
