//! The life of selected plugins: order, credentials, errors and spans.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::secrets::SecretStore;
use floe_plugin::{
    Credential, Destination, Error, ErrorKind, Lifecycle, PluginType, Plugins, Selection,
};
use floe_telemetry::testing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

/// The events in their order, each with the name of the test that configured the plugin.
static LOG: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn log(test: &str, what: impl Into<String>) {
    LOG.lock().unwrap().push((test.to_owned(), what.into()));
}

fn logged(test: &str) -> Vec<String> {
    let all = LOG.lock().unwrap();
    let of_test = all.iter().filter(|(name, _)| name == test);
    of_test.map(|(_, what)| what.clone()).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vault {
    test: String,
    #[serde(default)]
    secret: String,
}

impl Lifecycle for Vault {
    fn start(&self) -> Result<(), Error> {
        log(&self.test, "vault starts");
        Ok(())
    }
}

impl SecretStore for Vault {
    fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        Ok((key == "pager").then(|| self.secret.as_str().into()))
    }
}

floe_plugin::plugin! {
    kind: SecretStore,
    plugin: Vault,
    name: "vault",
    tracer: "floe.secrets.vault",
    api: "1.0",
    description: "a store of this test",
}

floe_plugin::plugin! {
    kind: SecretStore,
    plugin: Vault,
    name: "safe",
    tracer: "floe.secrets.safe",
    api: "1.0",
    description: "another store of this test",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pager {
    test: String,
    token: Credential,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    breaks: bool,
}

impl Lifecycle for Pager {
    fn start(&self) -> Result<(), Error> {
        log(&self.test, format!("pager starts with {}", self.token.expose()?));
        if self.fails {
            return Err(Error::new(ErrorKind::Unauthorized, "the pager refused token=hunter2XyZ"));
        }
        Ok(())
    }
}

impl AlertChannel for Pager {
    fn destination(&self) -> Destination<'_> {
        Destination::new("team")
    }

    fn send_alert(&self, _: &Message<'_>) -> Result<(), Error> {
        // Panics without calling the panic hook, which would print a message.
        if self.breaks {
            std::panic::resume_unwind(Box::new("the pager broke token=c2VjcmV0"));
        }
        Ok(())
    }
}

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Pager,
    name: "pager",
    tracer: "floe.alert.pager",
    api: "1.0",
    description: "a channel of this test",
}

fn pager(config: Value) -> Selection {
    Selection::new(PluginType::AlertChannel, "pager", config)
}

fn store(name: &str, config: Value) -> Selection {
    Selection::new(PluginType::Secrets, name, config)
}

#[test]
fn a_store_is_started_before_the_plugins_whose_credentials_it_has() {
    let plugins = Plugins::configure(&[
        pager(json!({ "test": "order", "token": "${secret:vault/pager}" })),
        store("vault", json!({ "test": "order", "secret": "c4n4ry" })),
    ])
    .unwrap();
    let spans = testing::capture(|| plugins.start(|_| true).unwrap());
    assert_eq!(logged("order"), ["vault starts", "pager starts with c4n4ry"]);
    assert_eq!(spans.single("secrets.start").scope(), "floe.secrets.vault");
    let resolved = spans.single("secrets.get_secret").assert_ok();
    resolved.assert_child_of("alert.start").assert_attribute("secrets.found", true);
    spans.single("alert.start").assert_ok().assert_attribute("alert.operation", "start");
    assert!(
        !format!("{:?}", spans.iter().map(testing::CapturedSpan::data).collect::<Vec<_>>())
            .contains("c4n4ry")
    );
}

#[test]
fn the_file_of_a_credential_is_below_the_folder_of_the_product() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "c4n4ry\n").unwrap();
    let pager = pager(json!({ "test": "file", "token": "${file:token}" }));
    let plugins = Plugins::configure(&[pager.in_folder(folder.path())]).unwrap();
    plugins.start(|_| true).unwrap();
    assert_eq!(logged("file"), ["pager starts with c4n4ry"]);
}

#[test]
fn a_plugin_that_panics_is_an_error_of_the_operation() {
    let plugins = Plugins::configure(&[pager(
        json!({ "test": "panic", "token": "${env:PATH}", "breaks": true }),
    )])
    .unwrap();
    plugins.start(|_| true).unwrap();
    let channel = plugins.one::<dyn AlertChannel>().unwrap();
    let mut sent = Ok(());
    let spans = testing::capture(|| sent = channel.send_alert(&Message::new("FloeTest", "a test")));
    let error = sent.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    assert_eq!(error.to_string(), "the plugin panicked: the pager broke token=<REDACTED>");
    spans
        .single("alert.send_alert")
        .assert_error("the plugin panicked: the pager broke token=<REDACTED>")
        .assert_attribute("alert.channel", "pager");
}

#[test]
fn a_plugin_that_does_not_start_is_an_error_and_the_others_start() {
    let plugins = Plugins::configure(&[
        store("vault", json!({ "test": "failing", "secret": "x" })),
        pager(json!({ "test": "failing", "token": "${secret:vault/pager}", "fails": true })),
        pager(json!({ "test": "failing", "token": "${secret:vault/pager}" })),
    ])
    .unwrap();
    let mut error = None;
    let spans = testing::capture(|| error = plugins.start(|_| true).err());
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        error.to_string(),
        "the alert_channel plugin `pager` did not start: the pager refused token=<REDACTED>"
    );
    let started: Vec<_> = spans.named("alert.start").collect();
    started[0].assert_error("the pager refused token=<REDACTED>");
    started[1].assert_ok();
    assert_eq!(logged("failing"), ["vault starts", "pager starts with x", "pager starts with x"]);
}

#[test]
fn a_credential_that_cannot_be_read_names_its_reference() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("${{file:{}}}", folder.path().join(name).display());
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::fs::File::create(folder.path().join("large")).unwrap().set_len((1 << 20) + 1).unwrap();
    let other = "it is not a regular file of at most 1 MiB";
    for (token, why) in [
        ("${env:FLOE_NO_SUCH_VARIABLE}", "the variable is not set, or is not UTF-8 text"),
        ("${secret:vault/other}", "the store has no such secret"),
        ("${secret:vault/pager}", "it is empty"),
        // Reading this device would not end.
        ("${file:/dev/zero}", other),
        (&file("folder"), other),
        (&file("large"), other),
        (&file("missing"), "No such file or directory (os error 2)"),
    ] {
        let plugins = Plugins::configure(&[
            store("vault", json!({ "test": "credential" })),
            pager(json!({ "test": "credential", "token": token })),
        ]);
        let error = plugins.unwrap().start(|_| true).unwrap_err().to_string();
        let expected = format!(
            "the alert_channel plugin `pager` did not start: the credential {token} cannot be read: {why}"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn plugins_are_started_with_those_that_they_depend_on_and_no_others() {
    let plugins = Plugins::configure(&[
        store("safe", json!({ "test": "used", "secret": "x" })),
        pager(json!({ "test": "used", "token": "${secret:vault/pager}" })),
        store("vault", json!({ "test": "used", "secret": "x" })),
    ])
    .unwrap();
    plugins.start(|kind| kind == PluginType::AlertChannel).unwrap();
    assert_eq!(logged("used"), ["vault starts", "pager starts with x"]);
}

#[test]
fn a_handle_is_found_by_kind_and_name() {
    let plugins = Plugins::configure(&[
        store("safe", json!({ "test": "handles", "secret": "a" })),
        store("vault", json!({ "test": "handles", "secret": "b" })),
    ])
    .unwrap();
    let names: Vec<&str> = plugins.all::<dyn SecretStore>().map(|it| it.name()).collect();
    assert_eq!(names, ["safe", "vault"]);
    let vault = plugins.named::<dyn SecretStore>("vault").unwrap();
    let secret = vault.get_secret("pager").unwrap().unwrap();
    assert_eq!(secret.expose_secret(), "b");
    assert!(plugins.one::<dyn AlertChannel>().is_none());
}
