//! OTLP over TLS and compressed, over real sockets.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use floe_telemetry::config::{Compression, OtlpProtocol, TelemetryAuth};
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider, init, traced};
use floe_tests::{Authority, ClientCertificate, Receiver, TIMEOUT, Written, program};

use super::pipeline::{BOTH, config, receiver, secure, start, traces_alone};

/// A text that is worth compressing once it is repeated.
const NOTE: &str = "a note that repeats the same text; ";

#[traced(attributes(note))]
fn work(note: &str) -> usize {
    note.len()
}

/// Sets a short timeout, because failed connections are retried until it has passed.
fn to_be_refused(mut config: TelemetryConfig) -> TelemetryConfig {
    config.otlp.all.timeout_millis = Some(3_000);
    config
}

fn trusting(protocol: OtlpProtocol, receiver: &Receiver, authority: &Path) -> TelemetryConfig {
    // Metrics and logs would use the same transport, and fail, too.
    let mut config = traces_alone(protocol, receiver.endpoint());
    config.otlp.all.certificate = Some(authority.to_owned());
    config
}

fn send(config: TelemetryConfig) -> Result<(), Error> {
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    assert_eq!(work(&NOTE.repeat(20)), 20 * NOTE.len());
    let flushed = telemetry.force_flush(TIMEOUT);
    let statistics = telemetry.statistics();
    assert_eq!(
        (statistics.exported, statistics.failed),
        if flushed.is_ok() { (1, 0) } else { (0, 1) }
    );

    telemetry.shutdown(TIMEOUT)?;
    flushed
}

#[alone]
fn only_a_configured_authority_is_trusted() {
    let ours = Authority::new();
    let theirs = Authority::new();
    for (protocol, receiver) in secure(&ours, ClientCertificate::NotRequested) {
        let config = to_be_refused(trusting(protocol, &receiver, &theirs.certificate()));
        let error = send(config).unwrap_err();
        assert!(error.is_export());
        assert!(error.to_string().contains("invalid peer certificate"), "{error}");
        let setting = "certificate in `OTEL_EXPORTER_OTLP_CERTIFICATE` (`otlp.all.certificate`)";
        assert!(error.to_string().ends_with(setting), "{error}");
        assert_eq!(receiver.requests(), []);
        let mut config = trusting(protocol, &receiver, &ours.certificate());
        config.authentication = Some(TelemetryAuth::bearer("hunter2"));
        send(config).unwrap();
        assert_eq!(receiver.spans()[0].name, "work");
        // HTTP/2 requires lower-case names.
        assert_eq!(receiver.requests()[0].headers["authorization"], "Bearer hunter2");
    }
}

#[alone]
fn a_client_certificate_is_sent_when_required() {
    let authority = Authority::new();
    let stranger = Authority::new();
    for (protocol, receiver) in secure(&authority, ClientCertificate::Required) {
        let without = trusting(protocol, &receiver, &authority.certificate());
        for (client, refusal) in [
            (None, Some("alert: CertificateRequired; ")),
            // The other authority has the same name, and another key.
            (Some(stranger.client()), Some("alert: DecryptError; ")),
            (Some(authority.client()), None),
        ] {
            let mut config = without.clone();
            if let Some((certificate, key)) = client {
                config.otlp.traces.client_certificate = Some(certificate);
                config.otlp.traces.client_key = Some(key);
            }

            let config = if refusal.is_none() { config } else { to_be_refused(config) };
            let error = send(config).err().map(|error| error.to_string());
            assert_eq!(error.is_some(), refusal.is_some(), "{error:?}");
            if let (Some(error), Some(refusal)) = (&error, refusal) {
                assert!(error.contains(refusal), "{error}");
                assert!(error.contains("_CLIENT_CERTIFICATE`"), "{error}");
            }
            assert_eq!(receiver.requests().len(), usize::from(refusal.is_none()));
        }
    }
}

/// Replaces a file by another one in one step, as a rename or a new symbolic link does.
fn replace(file: &Path, with: &Path) {
    let next = file.with_extension("next");
    fs::copy(with, &next).unwrap();
    fs::rename(next, file).unwrap();
}

#[alone]
fn renewed_certificates_are_used() {
    let old = Authority::new();
    let new = Authority::new();
    for (protocol, receiver) in secure(&old, ClientCertificate::Required) {
        let authorities = old.certificate().with_file_name("renewed.pem");
        fs::copy(old.certificate(), &authorities).unwrap();
        let (certificate, key) = old.client();
        let mut config = to_be_refused(trusting(protocol, &receiver, &authorities));
        config.otlp.all.client_certificate = Some(certificate.clone());
        config.otlp.all.client_key = Some(key.clone());
        let telemetry = start(config);
        let delivered = || {
            work(NOTE);
            telemetry.force_flush(TIMEOUT).is_ok()
        };

        assert!(delivered());
        // The receiver changes to a certificate of another authority, at the same address.
        let receiver = receiver.renewed(&new, ClientCertificate::Required);
        // A file without a certificate is ignored.
        replace(&authorities, &key);
        assert!(!delivered());
        replace(&authorities, &new.certificate());
        assert!(!delivered(), "the client's certificate is still the old one");
        let (new_certificate, new_key) = new.client();
        replace(&key, &new_key);
        replace(&certificate, &new_certificate);
        assert!(delivered());
        assert_eq!(receiver.spans().len(), 1);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// The other certificates of a file are used, and the user learns about the one that is not.
#[alone]
fn an_authority_that_cannot_be_decoded_is_named() {
    let log = Written::default();
    tracing_subscriber::fmt().with_writer(log.writer()).with_ansi(false).init();
    let authority = Authority::new();
    let bundle = authority.certificate().with_file_name("bundle.pem");
    let good = fs::read_to_string(authority.certificate()).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&bundle, format!("{broken}{good}{broken}")).unwrap();
    for (protocol, receiver) in secure(&authority, ClientCertificate::NotRequested) {
        send(trusting(protocol, &receiver, &bundle)).unwrap();
        let log = log.take();
        let expected = "bundle.pem` has 2 certificates that cannot be decoded, of 3";
        assert_eq!(log.matches(expected).count(), 1, "{log}");
    }
}

/// A self-signed certificate is trusted for itself, and for nothing but its names.
#[alone]
fn a_self_signed_certificate_is_trusted_for_itself() {
    let ours = Authority::self_signed();
    let theirs = Authority::self_signed();
    for (protocol, receiver) in secure(&ours, ClientCertificate::NotRequested) {
        send(trusting(protocol, &receiver, &ours.certificate())).unwrap();
        assert_eq!(receiver.spans().len(), 1);
        let config = to_be_refused(trusting(protocol, &receiver, &theirs.certificate()));
        let error = send(config).unwrap_err();
        assert!(error.to_string().contains("exactly this certificate in `OTEL_"), "{error}");
        let other_name = receiver.endpoint().replace("127.0.0.1", "localhost");
        let mut config = traces_alone(protocol, other_name);
        config.otlp.all.certificate = Some(ours.certificate());
        let error = send(to_be_refused(config)).unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
        assert_eq!(receiver.spans().len(), 1);
    }
}

#[alone]
fn compressed_requests_are_decoded() {
    for (compression, name) in [(Compression::None, None), (Compression::Gzip, Some("gzip"))] {
        for (protocol, header) in BOTH.into_iter().zip(["grpc-encoding", "content-encoding"]) {
            let receiver = receiver(protocol);
            let mut config = config(protocol, receiver.endpoint());
            config.otlp.all.compression = Some(compression);
            send(config).unwrap();
            let request = &receiver.requests()[0];
            assert_eq!(request.headers.get(header).map(String::as_str), name);
            assert_eq!(receiver.spans()[0].attributes["note"], NOTE.repeat(20));
            // The compressed body, which was sent, is shorter than the decoded one.
            if let Some(length) = request.headers.get("content-length") {
                let length: usize = length.parse().unwrap();
                assert_eq!(length < request.body.len(), name.is_some());
            }
        }
    }
}

#[track_caller]
fn assert_refused(config: TelemetryConfig, expected: &str) {
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config(), "{error}");
    assert!(error.to_string().contains(expected), "{error}");
}

/// A file with a certificate or a token must be regular and short. The sparse file takes no space on the disk, but would
/// take a terabyte of memory.
#[alone]
fn an_unsuitable_file_is_an_error() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let (certificate, key) = authority.client();
    let place = |name: &str| certificate.with_file_name(name);
    let [pipe, sparse, broken] = ["pipe", "sparse", "broken.pem"].map(place);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for protocol in BOTH {
        let plain = || config(protocol, "https://127.0.0.1:1");
        for (file, expected, is_of_certificates) in [
            (&*pipe, "is not a regular file", false),
            ("/dev/zero".as_ref(), "is not a regular file", false),
            ("/dev".as_ref(), "is not a regular file", false),
            (&*sparse, "is longer than ", false),
            (
                &*place("nowhere.pem"),
                "nowhere.pem` cannot be read: No such file or directory (os error 2)",
                false,
            ),
            (&*key, "client.key` has no certificate in PEM format", true),
            (&*broken, "broken.pem` has no certificate that can be decoded", true),
        ] {
            let mut with_certificate = plain();
            with_certificate.otlp.all.certificate = Some(file.to_owned());
            assert_refused(with_certificate, expected);
            if !is_of_certificates {
                let mut with_token = plain();
                let token = format!("${{file:{}}}", file.display());
                with_token.authentication = Some(TelemetryAuth::bearer(token));
                assert_refused(with_token, expected);
            }
        }

        let mut without_key = plain();
        without_key.otlp.all.client_certificate = Some(certificate.clone());
        without_key.otlp.all.client_key = Some(certificate.clone());
        assert_refused(without_key, "client.pem` has no unencrypted private key in PEM format");
        let mut other_key = plain();
        other_key.otlp.all.client_certificate = Some(certificate.clone());
        other_key.otlp.all.client_key = Some(stranger.client().1);
        let expected = "client.key` is not the key of the certificate in `";
        assert_refused(other_key, expected);
        let mut broken_certificate = plain();
        broken_certificate.otlp.all.client_certificate = Some(broken.clone());
        broken_certificate.otlp.all.client_key = Some(key.clone());
        assert_refused(broken_certificate, "broken.pem` has no certificate that can be decoded");
    }
}

/// Each error of TLS is the one of a setting.
#[test]
fn a_mistake_of_tls_names_its_variable() {
    let program = program!({
        drop(init().unwrap());
    });
    let ours = Authority::new();
    let theirs = Authority::new();
    let (certificate, key) = ours.client();
    let (other, _) = theirs.client();
    let bad_host = "https://collector..test:4317";
    let host = "https://127.0.0.1:4317";
    for (endpoint, certificate, expected) in [
        (bad_host, &certificate, "change `OTEL_EXPORTER_OTLP_ENDPOINT`"),
        (host, &other, "change `OTEL_EXPORTER_OTLP_CLIENT_KEY`"),
        (host, &key, "change `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`"),
    ] {
        for protocol in ["grpc", "http/protobuf"] {
            let (_, stderr) = program.run(&[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate.to_str().unwrap()),
                ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.to_str().unwrap()),
                ("OTEL_METRICS_EXPORTER", "none"),
                ("OTEL_LOGS_EXPORTER", "none"),
            ]);
            assert!(stderr.contains(expected), "{protocol}: {stderr}");
        }
    }
}

#[alone]
fn references_are_resolved_when_exporting_starts() {
    let receiver = Receiver::http();
    let folder = Authority::new();
    let file = folder.certificate().with_file_name("token");
    fs::write(&file, "hunter2\n").unwrap();
    let mut config = config(OtlpProtocol::Http, receiver.endpoint());
    config.authentication =
        Some(TelemetryAuth::api_key("X-Key", format!("${{file:{}}}", file.display())));
    config.otlp.all.headers.insert("x-path".to_owned(), "${env:PATH}".into());
    send(config.clone()).unwrap();
    let request = &receiver.requests()[0];
    assert_eq!(request.headers["x-key"], "hunter2");
    assert_eq!(request.headers["x-path"], std::env::var("PATH").unwrap());

    let mut without = config.clone();
    without.otlp.all.headers.insert("x-key".to_owned(), "${env:FLOE_TEST_NOT_SET}".into());
    let error = send(without).unwrap_err().to_string();
    assert!(error.ends_with("the variable `FLOE_TEST_NOT_SET` is not set, or blank"), "{error}");
    config.authentication = Some(TelemetryAuth::bearer("${env:FLOE_TEST_NOT_SET}"));
    assert_eq!(
        send(config).unwrap_err().to_string(),
        "authentication: the variable `FLOE_TEST_NOT_SET` is not set, or blank"
    );
}
