//! Each recipe of `docs/backends.md`, as variables and as a document, delivers to a local server that takes the path, the
//! header and the protocols which the vendor documents. With a protocol that the vendor does not speak, the error names
//! the other one.

use floe_telemetry::init;
use floe_tests::{Authority, Program, Receiver, TIMEOUT, Vendor, document, program};

use super::pipeline::work;

/// The vendors that have an address of their own, and the status and the type of the page that answers gRPC.
const VENDORS: [(&str, Vendor); 6] = [
    ("Honeycomb", vendor("", "x-honeycomb-team", None)),
    ("Grafana Cloud", vendor("/otlp", "authorization", Some((404, "text/plain")))),
    ("New Relic", vendor("", "api-key", None)),
    ("Axiom", vendor("", "x-axiom-dataset", Some((404, "application/json")))),
    ("Dash0", vendor("", "authorization", None)),
    // The intake, which the recipe of the agent names.
    ("Datadog", vendor("", "dd-api-key", Some((403, "application/json")))),
];

/// The variables that a test adds to those of a recipe.
const TRUST: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

const fn vendor(
    path: &'static str,
    header: &'static str,
    page: Option<(u16, &'static str)>,
) -> Vendor {
    Vendor { path, header, page }
}

type Variables = Vec<(String, String)>;

struct Recipe {
    name: String,
    /// The variables, with their values as a shell passes them.
    variables: Variables,
    /// The variables of the shell that the recipe uses.
    keys: Variables,
    yaml: String,
}

impl Recipe {
    fn all() -> Vec<Self> {
        let page = include_str!("../../../docs/backends.md");
        let (_, section) = page.split_once("\n## Recipes\n").unwrap();
        section.split("\n**").skip(1).map(Self::new).collect()
    }

    fn new(text: &str) -> Self {
        let block = |language: &str| {
            let (_, block) = text.split_once(&format!("```{language}\n")).unwrap();
            block.split_once("```").unwrap().0.to_owned()
        };
        let mut keys = Variables::new();
        let lines: Vec<_> = block("sh").lines().map(str::to_owned).collect();
        let variables = lines.iter().map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            let value = value.split(" #").next().unwrap().trim().trim_matches('"');
            let mut parts = value.split('$');
            let mut filled = parts.next().unwrap().to_owned();
            for part in parts {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (key, rest) = part.split_at(end.unwrap_or(part.len()));
                let secret = format!("a-key-{}", key.to_lowercase());
                filled.extend([&*secret, rest]);
                // A document has a credential as one reference.
                if let Some(vendor) = key.strip_suffix("_TOKEN") {
                    keys.push((format!("{vendor}_BASIC"), format!("Basic {secret}")));
                }
                keys.push((key.to_owned(), secret));
            }
            (name.to_owned(), filled)
        });
        let variables = variables.collect();
        let name = text.split_once("**").unwrap().0.to_owned();
        Self { name, variables, keys, yaml: block("yaml") }
    }

    fn value(&self, name: &str) -> &str {
        &self.variables.iter().find(|(other, _)| other == name).unwrap().1
    }

    /// Returns the address of the recipe, without the path.
    fn origin(&self) -> String {
        let endpoint = self.value("OTEL_EXPORTER_OTLP_ENDPOINT");
        endpoint.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }

    /// Runs the program with the variables, or with the document, against another address.
    fn run(
        &self,
        program: &Program,
        receiver: &Receiver,
        is_document: bool,
        more: &[(&str, &str)],
    ) -> String {
        let at_receiver = |text: &str| text.replace(&self.origin(), &receiver.endpoint());
        let file = document(&at_receiver(&self.yaml));
        let path = file.path().to_str().unwrap();
        let mut all = if is_document {
            [&*self.keys, &[("FLOE_CONFIG_FILE".to_owned(), path.to_owned())]].concat()
        } else {
            self.variables.iter().map(|(k, v)| (k.clone(), at_receiver(v))).collect()
        };
        let is_set = |name: &String| more.iter().any(|(other, _)| name == other);
        all.retain(|(name, _)| !is_set(name));
        let own = all.iter().map(|(name, value)| (&**name, &**value));
        program.run(&own.chain(more.iter().copied()).collect::<Vec<_>>()).1
    }
}

fn deliver() {
    let telemetry = init().unwrap();
    work();
    let _ = telemetry.force_flush(TIMEOUT);
}

/// Both forms of a recipe send the same, and nothing is said about it.
#[test]
fn each_recipe_delivers_in_both_forms() {
    let program = program!({ deliver() });
    let authority = Authority::new();
    let trust = authority.certificate();
    let trust = [(TRUST, trust.to_str().unwrap())];
    let recipes = Recipe::all();
    assert_eq!(recipes.len(), 9);
    for recipe in recipes {
        let is_remote = recipe.origin().starts_with("https://");
        let vendor = VENDORS.iter().find(|(name, _)| is_remote && *name == recipe.name);
        let receiver = match vendor {
            Some((_, vendor)) => Receiver::vendor(*vendor, &authority),
            None if recipe.value(PROTOCOL) == "grpc" => Receiver::grpc(),
            None => Receiver::http(),
        };
        for is_document in [false, true] {
            let stderr = recipe.run(&program, &receiver, is_document, &trust);
            assert_eq!(stderr, "", "{}", recipe.name);
        }
        let requests = receiver.requests();
        assert_eq!((requests.len(), receiver.spans().len()), (2, 2), "{}", recipe.name);
        let sent = requests.iter().map(|request| (&request.path, &request.headers));
        let credentials = sent.map(|(path, headers)| {
            let mut headers = headers.clone();
            headers.remove("content-length");
            (path.clone(), headers)
        });
        let [variables, document] = credentials.collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(variables, document, "{}", recipe.name);
        for (name, key) in recipe.keys.iter().filter(|(name, _)| !name.contains("BASIC")) {
            assert!(requests[0].contains(key), "{name}: {requests:?}");
        }
    }
}

/// A vendor with gRPC accepts both protocols. The others answer gRPC with a page, and a path is an error of the setting.
#[test]
fn the_other_protocol_of_a_vendor_delivers_or_is_named() {
    let program = program!({ deliver() });
    let authority = Authority::new();
    let trust = authority.certificate();
    let traces_alone = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];
    for recipe in Recipe::all() {
        let Some((name, vendor)) = VENDORS.iter().find(|(name, _)| *name == recipe.name) else {
            continue;
        };
        let is_http = vendor.page.is_none() && recipe.value(PROTOCOL) == "grpc";
        let other = if is_http { "http/protobuf" } else { "grpc" };
        let receiver = Receiver::vendor(*vendor, &authority);
        let more = [(TRUST, trust.to_str().unwrap()), (PROTOCOL, other)];
        let stderr = recipe.run(&program, &receiver, false, &[&more[..], &traces_alone].concat());
        let is_spoken = vendor.page.is_none();
        assert_eq!(receiver.spans().len(), usize::from(is_spoken), "{name}: {stderr}");
        let expected = "`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf` (`otlp_protocol`)";
        assert_eq!(stderr.contains(expected), !is_spoken, "{name}: {stderr}");
        assert!(!stderr.contains("a-key-"), "{name}: {stderr}");
    }
}
