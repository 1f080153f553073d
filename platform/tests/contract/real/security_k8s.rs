//! The manifests against the schemas of Kubernetes.

use std::fs;
use std::path::Path;
use std::process::Command;

use floe as _;
use floe_plugin::PluginType;
use floe_plugin::security::{NetworkPolicyGenerator, RoleGenerator, Workload};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::place;
use crate::plugins;
use crate::samples::WORKLOAD;

/// Whether all manifests are valid, and the output of the command.
fn validate(place: &Path, manifests: &[Value]) -> (bool, String) {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(place.join("venv/bin/kubernetes-validate"));
    command.arg("--strict");
    for (index, manifest) in manifests.iter().enumerate() {
        let file = folder.path().join(format!("{index}.yaml"));
        fs::write(&file, manifest.to_string()).unwrap();
        command.arg(file);
    }
    let output = command.output().unwrap();
    (output.status.success(), format!("{output:?}"))
}

#[test]
fn manifests_are_those_of_kubernetes() {
    let place = place();
    let empty = Workload { secrets: &[], egress: &[], pss_level: "baseline", ..WORKLOAD };
    let plugins = [
        plugins(PluginType::Rbac, "k8s", json!({})),
        plugins(PluginType::NetworkSecurity, "k8s", json!({})),
    ];
    let roles = plugins[0].one::<dyn RoleGenerator>().unwrap();
    let network = plugins[1].one::<dyn NetworkPolicyGenerator>().unwrap();
    let mut manifests = Vec::new();
    for workload in [&WORKLOAD, &empty] {
        manifests.push(roles.generate_namespace(workload).unwrap());
        manifests.push(roles.generate_service_account(workload).unwrap());
        manifests.push(roles.generate_role(workload).unwrap());
        manifests.push(roles.generate_role_binding(workload).unwrap());
        let context = roles.generate_pod_security_context(workload).unwrap();
        manifests.push(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": "p" },
            "spec": {
                "securityContext": context["pod"],
                "containers": [{ "name": "c", "image": "i", "securityContext": context["container"] }],
            },
        }));
        manifests.push(network.generate_network_policy(workload).unwrap());
        manifests.extend(network.generate_default_deny_policies(workload).unwrap());
    }
    let (is_valid, text) = validate(&place, &manifests);
    assert!(is_valid, "{text}");
    assert_eq!(text.matches("INFO").count(), manifests.len(), "{text}");
    // The validation refuses what is not in the schema: of a Role and of a NetworkPolicy.
    for (index, part) in [(2, "metadata"), (5, "spec")] {
        let mut manifest = manifests[index].clone();
        manifest[part]["unknown"] = 1.into();
        let (is_valid, text) = validate(&place, &[manifest]);
        assert!(!is_valid, "{text}");
    }
}
