//! OTLP through a proxy from the environment, over real sockets. Each case runs in its own process.

use floe_telemetry::{TelemetryConfig, create_span};
use floe_tests::{
    Authority, ClientCertificate, Program, Proxy, Receiver, ReservedPort, Script, TIMEOUT, program,
    relay,
};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use super::pipeline::start;

/// The encoded form of `floe:hunter2`.
const CREDENTIALS: &str = "Basic ZmxvZTpodW50ZXIy";

fn child() {
    let config = TelemetryConfig::from_env().unwrap();
    let telemetry = start(config);
    drop(create_span("through"));
    match telemetry.force_flush(TIMEOUT) {
        Ok(()) => println!("child: delivered"),
        Err(error) => println!("child: {error}"),
    }

    telemetry.shutdown(TIMEOUT).unwrap();
}

fn run(program: &Program, variables: &[(&str, &str)]) -> String {
    let (stdout, stderr) = program.run(&[&[("OTEL_METRICS_EXPORTER", "none")], variables].concat());
    assert!(!stderr.contains("hunter2"), "{stderr}");
    let output = stdout.split_once("child: ").unwrap_or_else(|| panic!("{stdout}{stderr}")).1;
    output.lines().next().unwrap().to_owned()
}

#[test]
fn the_proxy_is_used_for_other_hosts() {
    let program = program!({ child() });
    let authority = Authority::new();
    let file = authority.certificate();
    let certificate = ("OTEL_EXPORTER_OTLP_CERTIFICATE", file.to_str().unwrap());
    let client = ClientCertificate::NotRequested;
    // Only the proxy can resolve this host.
    let plain = "http://collector.test:4317";
    let secure = "https://collector.test:4317";
    let without_port = "http://collector.test";
    for (receiver, endpoint, port, protocol, variable) in [
        (Receiver::grpc(), plain, 4317, "grpc", "HTTP_PROXY"),
        (Receiver::grpc(), without_port, 80, "grpc", "HTTP_PROXY"),
        (Receiver::http(), plain, 4317, "http/protobuf", "http_proxy"),
        (Receiver::http(), without_port, 80, "http/protobuf", "http_proxy"),
        (Receiver::grpc_with_tls(&authority, client), secure, 4317, "grpc", "HTTPS_PROXY"),
        (Receiver::http_with_tls(&authority, client), secure, 4317, "http/protobuf", "ALL_PROXY"),
    ] {
        for credentials in [None, Some(CREDENTIALS)] {
            let proxy = Proxy::to(receiver.port(), credentials);
            let url = match credentials {
                None => format!("http://127.0.0.1:{}", proxy.port()),
                Some(_) => format!("http://floe:hunter2@127.0.0.1:{}", proxy.port()),
            };

            let variables = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                certificate,
                (variable, &*url),
            ];
            let before = receiver.spans().len();
            assert_eq!(run(&program, &variables), "delivered", "{protocol} {endpoint}");
            assert_eq!(receiver.spans().len(), before + 1);
            let is_forwarded = protocol != "grpc" && endpoint != secure;
            let expected = if is_forwarded {
                format!("POST {endpoint}/v1/traces HTTP/1.1")
            } else {
                format!("CONNECT collector.test:{port} HTTP/1.1")
            };

            assert_eq!(proxy.request_lines(), [expected]);
        }
    }
}

#[test]
fn the_proxy_is_not_used_for_exceptions() {
    let program = program!({ child() });
    for (receiver, protocol) in [(Receiver::grpc(), "grpc"), (Receiver::http(), "http/protobuf")] {
        let proxy = Proxy::to(receiver.port(), None);
        let url = format!("http://127.0.0.1:{}", proxy.port());
        let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        // Loopback addresses do not use the proxy.
        let endpoint = receiver.endpoint();
        let own = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint);
        assert_eq!(run(&program, &[protocol, own, ("ALL_PROXY", &url)]), "delivered");
        // Hosts of `NO_PROXY` do not use the proxy, either; this one cannot be resolved.
        let far = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4317");
        let soon = ("OTEL_EXPORTER_OTLP_TIMEOUT", "300");
        for hosts in ["example.com,.test", "example.com,*.test"] {
            let without = ("NO_PROXY", hosts);
            let output = run(&program, &[protocol, far, soon, ("ALL_PROXY", &url), without]);
            assert!(output.starts_with("exporter `otlp`: "), "{output}");
        }

        assert_eq!((receiver.spans().len(), proxy.request_lines().len()), (1, 0));
    }
}

#[test]
fn a_proxy_that_rejects_is_an_unreachable_receiver() {
    let program = program!({ child() });
    let receiver = Receiver::grpc();
    let proxy = Proxy::to(receiver.port(), Some(CREDENTIALS));
    let far = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4317");
    let wrong = format!("http://floe:hunter2XyZ@127.0.0.1:{}", proxy.port());
    let reserved = ReservedPort::new();
    let closed = format!("http://floe:hunter2@127.0.0.1:{}", reserved.number());
    let named = format!("the proxy `127.0.0.1:{}`: ", reserved.number());
    for (protocol, url, expected) in [
        (
            "grpc",
            &*wrong,
            "answered 407 Proxy Authentication Required to CONNECT collector.test:4317; the proxy must",
        ),
        ("grpc", &*wrong, "a credential before the host in `ALL_PROXY`; receivers in `NO_PROXY`"),
        ("grpc", &closed, &named),
        ("grpc", &closed, "the proxy is set in `ALL_PROXY`; receivers in `NO_PROXY` are reached"),
        ("http/protobuf", &closed, &format!("{named}Connection refused")),
        ("grpc", "socks5://floe:hunter2@127.0.0.1:1", "expected `http://host:port`"),
        ("http/protobuf", "socks5://floe:hunter2@127.0.0.1:1", "expected `http://host:port`"),
        ("http/protobuf", "http://floe:hunter2%ff@127.0.0.1:1", "expected `http://host:port`"),
    ] {
        let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let soon = ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
        let output = run(&program, &[protocol, far, soon, ("ALL_PROXY", url)]);
        assert!(output.contains(expected), "{output}");
        assert!(!output.contains("hunter2"), "{output}");
    }

    assert_eq!(receiver.requests(), []);
}

/// The connection of a proxy says nothing about the protocol of the receiver.
#[test]
fn a_proxy_that_closes_or_speaks_otherwise_is_named() {
    const SAYS: [&[u8]; 3] = [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n"];

    let program = program!({ child() });
    let proxies = SAYS.map(|answer| {
        Script::new(move |_, stream| {
            let _read = stream.read(&mut [0; 16 * 1024])?;
            stream.write_all(answer)
        })
    });
    for (protocol, endpoint) in [
        ("grpc", "http://collector.test:4317"),
        ("http/protobuf", "https://collector.test:4318"),
        ("http/protobuf", "http://collector.test:4318"),
    ] {
        for proxy in &proxies {
            let variables = [
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
                ("ALL_PROXY", &proxy.endpoint()),
            ];
            let output = run(&program, &variables);
            let named = format!("the proxy `127.0.0.1:{}`", proxy.port());
            assert!(output.contains(&named), "{output}");
            let setting = "in `ALL_PROXY`; receivers in `NO_PROXY` are reached without it";
            assert_eq!(output.matches(setting).count(), 1, "{output}");
            assert!(!output.contains("OTEL_EXPORTER_OTLP_PROTOCOL"), "{output}");
        }
    }
}

/// A proxy answers for a receiver that it cannot reach.
#[test]
fn an_answer_that_may_be_the_one_of_a_proxy_names_it() {
    let program = program!({ child() });
    for status in [403, 407, 502, 503, 504] {
        let proxy = Script::new(move |_, stream| {
            let _read = stream.read(&mut [0; 16 * 1024])?;
            let answer = format!("HTTP/1.1 {status} Refused\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes())
        });
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4318"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "50"),
            ("HTTP_PROXY", &proxy.endpoint()),
        ];
        let output = run(&program, &variables);
        let or_receiver = if status == 407 { "" } else { ", or the receiver behind it," };
        let named =
            format!("the proxy `127.0.0.1:{}`{or_receiver} answered {status}", proxy.port());
        assert!(output.contains(&named), "{output}");
        let setting = "in `HTTP_PROXY`; receivers in `NO_PROXY` are reached without it";
        assert!(output.contains(setting), "{output}");
    }
}

/// A line may end without a carriage return ([parsing](https://www.rfc-editor.org/rfc/rfc9112#section-2.2-3)).
#[test]
fn the_head_of_a_proxy_may_have_bare_line_feeds() {
    let program = program!({ child() });
    let receiver = Receiver::grpc();
    let port = receiver.port();
    let proxy = Script::new(move |_, client| {
        let _read = client.read(&mut [0; 16 * 1024])?;
        client.write_all(b"HTTP/1.1 200 OK\nserver: small\n\n")?;
        let server = TcpStream::connect(("127.0.0.1", port))?;
        relay(client, &server)
    });
    let variables = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4317"),
        ("HTTP_PROXY", &proxy.endpoint()),
    ];
    assert_eq!(run(&program, &variables), "delivered");
}

/// A byte now and then does not prolong the wait for the answer of a proxy.
#[test]
fn a_proxy_that_answers_bit_by_bit_does_not_suspend_the_timeout() {
    let program = program!({ child() });
    let proxy = Script::new(|_, stream| {
        stream.set_read_timeout(Some(Duration::from_millis(20)))?;
        loop {
            stream.write_all(b"H")?;
            // The client closes the connection, or sends nothing for a moment.
            if stream.read(&mut [0; 1024]).is_ok_and(|read| read == 0) {
                return Ok(());
            }
        }
    });

    for protocol in ["grpc", "http/protobuf"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.test:4317"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
            ("HTTPS_PROXY", &proxy.endpoint()),
        ];
        let output = run(&program, &variables);
        assert!(output.contains("not delivered within 500ms"), "{output}");
    }
}

/// The message of a refusal may quote the credential, in the status or in a page.
#[test]
fn the_credential_that_a_proxy_quotes_is_removed() {
    let program = program!({ child() });
    let proxy = Script::new(|_, stream| {
        stream.read_exact(&mut [0; 4])?;
        let refusal = format!(
            "HTTP/1.1 407 {CREDENTIALS} is floe:hunter2\r\ncontent-length: 50\r\n\r\n{CREDENTIALS} is floe:hunter2, and no more is known",
        );
        stream.write_all(refusal.as_bytes())?;
        io::copy(stream, &mut io::sink()).map(drop)
    });
    for (protocol, endpoint) in [
        ("grpc", "http://collector.test:4317"),
        ("http/protobuf", "http://collector.test:4318"),
        ("http/protobuf", "https://collector.test:4318"),
    ] {
        let url = proxy.endpoint().replace("//", "//floe:hunter2@");
        let variables = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
            ("ALL_PROXY", &url),
        ];
        let output = run(&program, &variables);
        assert!(output.contains("407"), "{output}");
        for secret in ["hunter2", "ZmxvZTpodW50ZXIy"] {
            assert!(!output.contains(secret), "{output}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_proxy_that_is_not_text_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let program = program!({ child() });
    let mut command = program.command();
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4317")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "500")
        .env("HTTP_PROXY", OsStr::from_bytes(b"http://proxy\xff:3128"));
    let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(stdout.contains("`HTTP_PROXY` names a proxy that is not"), "{stdout}");
}

/// The system interrupts a read when it continues a process that was stopped.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_was_stopped_reads_the_answer_of_a_proxy() {
    let program = program!({ child() });
    let receiver = Receiver::grpc();
    let proxy = Proxy::to(receiver.port(), None).port();
    let (started, process) = mpsc::channel::<u32>();
    let process = Mutex::new(process);
    let slow = Script::new(move |_, client| {
        let mut first = [0; 4];
        client.read_exact(&mut first)?;
        let process = process.lock().unwrap().recv().unwrap().to_string();
        for signal in ["-STOP", "-CONT"].repeat(20) {
            Command::new("kill").args([signal, &process]).status()?;
        }
        let mut server = TcpStream::connect(("127.0.0.1", proxy))?;
        server.write_all(&first)?;
        relay(client, &server)
    });
    let child = program
        .command()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4317")
        .env("OTEL_METRICS_EXPORTER", "none")
        .env("HTTP_PROXY", slow.endpoint())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    started.send(child.id()).unwrap();
    drop(started);
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(output.contains("child: delivered"), "{output}");
    assert_eq!(slow.connections(), 1);
}
