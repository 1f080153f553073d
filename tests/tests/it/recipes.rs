//! The recipes of `docs/backends.md` work unchanged, and both forms of a recipe have the same
//! effect.

use std::collections::BTreeMap;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::OtlpProtocol;

const BACKENDS: &str = include_str!("../../../docs/backends.md");
const CONFIGURATION: &str = include_str!("../../../docs/configuration.md");
const SERVICE: &str = include_str!("../../../docs/service.md");
const TASKS: &str = include_str!("../../../docs/tasks.md");
const MANIFEST: &str = include_str!("../../../Cargo.toml");
const LOCK: &str = include_str!("../../../Cargo.lock");

struct Recipe<'a> {
    backend: &'a str,
    variables: BTreeMap<&'a str, &'a str>,
    yaml: &'a str,
}

/// The first code block of a language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let begin = format!("```{language}\n");
    let (_, rest) = text.split_once(&begin).unwrap();
    rest.split_once("```").unwrap().0
}

fn recipes() -> Vec<Recipe<'static>> {
    let (_, section) = BACKENDS.split_once("\n## Recipes\n").unwrap();
    let recipes = section.split("\n**").skip(1).map(|text| Recipe {
        backend: text.split_once("**").unwrap().0,
        variables: block(text, "sh")
            .lines()
            .map(|line| line.strip_prefix("export ").unwrap())
            .map(|line| line.split_once('=').unwrap())
            .collect(),
        yaml: block(text, "yaml"),
    });
    recipes.collect()
}

fn config(yaml: &str) -> TelemetryConfig {
    TelemetryConfig::from_yaml(yaml).unwrap()
}

#[test]
fn each_backend_has_a_recipe() {
    let backends: Vec<_> = recipes().iter().map(|recipe| recipe.backend).collect();
    let expected = ["Jaeger", "Grafana LGTM", "Phoenix", "Honeycomb", "Datadog"];
    assert_eq!(backends, expected);
}

#[test]
fn the_variables_are_those_of_the_documentation() {
    for recipe in recipes() {
        for variable in recipe.variables.keys() {
            let row = format!("| `{variable}` |");
            assert!(CONFIGURATION.contains(&row), "{}: {row}", recipe.backend);
        }
    }
}

#[test]
fn both_forms_have_the_same_destination() {
    for Recipe { backend, variables, yaml } in recipes() {
        let config = config(yaml);
        assert_eq!(config.backend, "otlp", "{backend}");
        let endpoint = variables["OTEL_EXPORTER_OTLP_ENDPOINT"];
        assert_eq!(config.otlp_endpoint.as_deref(), Some(endpoint), "{backend}");
        let protocol = match config.otlp_protocol {
            Some(OtlpProtocol::Http) => "http/protobuf",
            _ => "grpc",
        };
        let variable = variables["OTEL_EXPORTER_OTLP_PROTOCOL"];
        assert_eq!(variable, protocol, "{backend}");
    }
}

/// Without its feature, a recipe is an error of `init`.
#[test]
fn the_service_has_the_features_of_the_recipes_over_grpc() {
    let (_, rest) = SERVICE.split_once("cargo add floe-telemetry ").unwrap();
    let (_, features) = rest.split_once("--features ").unwrap();
    let features: Vec<_> = features.lines().next().unwrap().split(',').collect();
    for Recipe { backend, variables, .. } in recipes() {
        let is_secure = variables["OTEL_EXPORTER_OTLP_ENDPOINT"].starts_with("https://");
        let is_grpc = variables["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc";
        assert!(!is_grpc || features.contains(&"otlp-grpc"), "{backend}");
        assert!(!is_secure || features.contains(&"otlp-tls"), "{backend}");
    }
}

#[test]
fn both_forms_send_the_same_header() {
    for Recipe { backend, variables, yaml } in recipes() {
        let header = variables
            .get("OTEL_EXPORTER_OTLP_HEADERS")
            .map(|value| value.trim_matches('"').split_once('=').unwrap());
        let authentication = config(yaml).authentication;
        let name = authentication.map(|it| it.header_name.to_lowercase());
        let header_name = header.map(|(name, _)| name.to_owned());
        assert_eq!(header_name, name, "{backend}");
        if let Some((_, value)) = header {
            let (_, variable) = value.split_once('$').unwrap();
            let reference = format!("${{env:{variable}}}");
            assert!(yaml.contains(&reference), "{backend}: {reference}");
        }
    }
}

#[test]
fn the_document_of_the_tasks_is_valid() {
    let config = config(block(TASKS, "yaml"));
    assert_eq!(config.otlp_endpoint.as_deref(), Some("http://localhost:4317"));
    let pod = &config.resource_attributes.additional["k8s.pod.name"];
    assert_eq!(pod, "none");
    config.validate().unwrap();
}

#[test]
fn each_document_of_the_manual_can_be_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let mut documents = 0;
    for block in CONFIGURATION.split("```yaml\n").skip(1) {
        documents += 1;
        let (yaml, _) = block.split_once("```").unwrap();
        let read = if yaml.starts_with("file_format:") {
            let path = folder.path().join("otel.yaml");
            std::fs::write(&path, yaml).unwrap();
            TelemetryConfig::from_config_file(&path)
        } else {
            TelemetryConfig::from_yaml(yaml)
        };
        let problem = read.and_then(|config| config.validate()).err();
        assert!(problem.is_none(), "{yaml}{problem:?}");
    }
    assert_eq!(documents, CONFIGURATION.matches("\n```yaml").count());
    assert!(documents >= 14, "{documents}");
}

#[test]
fn the_tasks_name_the_versions_that_are_used() {
    let (_, table) = TASKS.split_once("| crate | version | for |\n|---|---|---|\n").unwrap();
    let mut rows = 0;
    for row in table.lines().take_while(|line| line.starts_with("| ")) {
        rows += 1;
        let mut cells = row.split(" | ");
        let name = cells.next().unwrap().trim_matches(['|', ' ', '`']);
        let version = cells.next().unwrap();
        // The manifest may ask for a newer one of them.
        let is_used = ["", "{ version = "].iter().any(|form| {
            ["\"", "."]
                .iter()
                .any(|end| MANIFEST.contains(&format!("\n{name} = {form}\"{version}{end}")))
        });
        assert!(is_used, "{row}");
        if name == "reqwest-middleware" {
            assert!(LOCK.contains("name = \"reqwest\"\nversion = \"0.13."));
        }
    }
    assert_eq!(rows, 8);
}
