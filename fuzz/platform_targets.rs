//! The fuzz targets of the platform. Each is a function of bytes that panics when a property does not hold.

use std::path::Path;

use floe::Error;
use floe::artifacts::CompiledArtifacts;
use floe::compile::reference;
use floe::manifest::Manifest;
use floe::product::Product;
use floe::word::{Endpoint, Identifier, InnerPath, Name, Version};
use floe_plugin::{CleanUrl, Destination};
use floe_plugins::files::yaml;

/// A secret that occurs nowhere else.
const SECRET: &str = "Zq7vXk29PmLw";

/// Asserts that the message of an error neither contains the secret nor controls the terminal, and that it has at most
/// 100 lines of at most 600 characters.
fn assert_safe(error: &Error) {
    let message = error.redacted();
    assert!(!message.contains(SECRET), "{message}");
    assert!(message.lines().count() <= 100, "{message}");
    let is_bounded = |line: &str| line.chars().count() <= 600;
    assert!(message.lines().all(is_bounded), "{message}");
    let is_control = |sign: char| sign.is_control() && sign != '\n';
    assert!(!message.contains(is_control), "{message:?}");
}

/// Asserts that each line of the message begins with the name of the file.
fn assert_lines(error: &Error, file: &str) {
    let is_mistake = |line: &str| line.starts_with(&format!("{file}:"));
    assert!(error.redacted().lines().all(is_mistake), "{error}");
}

const TELEMETRY: &str =
    "telemetry:\n  authentication: {auth_type: bearer, bearer_token: Zq7vXk29PmLw}\n";

/// Reads `manifest.yaml`: no secret is shown, and each line of an error names the file.
pub(crate) fn manifest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in [&*text, &format!("{text}\n{TELEMETRY}")] {
        match Manifest::parse(Path::new("manifest.yaml"), text) {
            Ok(manifest) => assert!(!format!("{manifest:?}").contains(SECRET)),
            Err(error) => {
                assert_safe(&error);
                assert_lines(&error, "manifest.yaml");
            }
        }
    }
}

/// Reads `floe.yaml`: no secret is shown, and each line of an error names the file.
pub(crate) fn product(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in [&*text, &format!("{text}\npassword: {SECRET}\n")] {
        if let Err(error) = yaml::parse::<Product>(Path::new("floe.yaml"), text) {
            assert_safe(&error);
            assert_lines(&error, "floe.yaml");
        }
    }
}

/// Reads `compiled_artifacts.json`: an accepted file can be written and read again, unless it contains a credential,
/// which is not written.
pub(crate) fn artifacts(data: &[u8]) {
    let parse = |text: &str| CompiledArtifacts::parse(Path::new("compiled_artifacts.json"), text);
    match parse(&String::from_utf8_lossy(data)) {
        Ok(artifacts) => {
            let written = serde_json::to_string(&artifacts).unwrap();
            match parse(&written) {
                Ok(again) => assert_eq!(serde_json::to_string(&again).unwrap(), written),
                Err(error) => {
                    assert!(error.redacted().contains("credential"), "{error}: {written}");
                }
            }
        }
        Err(error) => assert_safe(&error),
    }
}

/// Renders the query of a model: no reference is left after the replacement.
pub(crate) fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let find = |text: &str| reference::find(Path::new("model.sql"), text);
    match find(&text) {
        Ok(references) => {
            let rendered = reference::render(&text, &references);
            for reference in references {
                assert!(rendered.contains(&format!("\"{}\"", reference.name)), "{rendered}");
            }
            let again = find(&rendered).map_err(|error| error.redacted()).unwrap();
            assert_eq!((&*again, reference::render(&rendered, &again)), (&[][..], rendered));
        }
        Err(error) => assert_safe(&error),
    }
}

/// Reads names, versions, paths and endpoints: an accepted text is written as it was, and no path leaves its folder.
pub(crate) fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let accepted = [
        Name::try_from(text.clone()).map(|word| word.to_string()),
        Identifier::try_from(text.clone()).map(|word| word.to_string()),
        Version::try_from(text.clone()).map(|word| word.to_string()),
        Endpoint::try_from(text.clone()).map(|word| word.to_string()),
    ];
    for word in accepted.into_iter().flatten() {
        assert_eq!(word, text);
        let is_blank = |sign: char| sign.is_whitespace() || sign.is_control();
        assert!(!word.contains(is_blank), "{word:?}");
    }
    if let Ok(path) = InnerPath::try_from(text.clone()) {
        assert!(Path::new("/folder").join(&*path).starts_with("/folder/"));
        assert!(!path.to_string().split('/').any(|part| part == ".."));
    }
    assert!(Endpoint::try_from(format!("https://user:{SECRET}@{text}")).is_err());
}

/// Shows addresses: no shown form contains the credential of a URL.
pub(crate) fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let url = format!("https://user:{SECRET}@example.org/{text}");
    for shown in [CleanUrl::new(&url).to_string(), Destination::new(&url).to_string()] {
        assert!(!shown.contains(SECRET), "{url:?} became {shown:?}");
    }
    let query = format!("https://example.org/?token={SECRET}&{text}");
    let shown = CleanUrl::new(&query).to_string();
    assert!(!shown.contains(SECRET), "{query:?} became {shown:?}");
}
