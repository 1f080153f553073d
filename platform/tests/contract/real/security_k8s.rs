//! Validates the manifests against the schemas of Kubernetes.

use std::fs;
use std::path::Path;
use std::process::Command;

use floe_plugin::Handle;
use floe_plugin::security::{Manifest, NetworkPolicyGenerator, RoleGenerator, Workload};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::place;
use crate::samples::WORKLOAD;
use crate::with;

/// Returns whether all manifests are valid, and the output of the command.
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
    let empty = Workload { secrets: &[], egress: &[], ..WORKLOAD };
    let role = |manifest, workload: &Workload<'_>| {
        let run = |it: &Handle<dyn RoleGenerator>| it.generate(manifest, workload);
        with("k8s", json!({}), run).unwrap()
    };
    let network = |workload: &Workload<'_>| {
        with::<dyn NetworkPolicyGenerator, _>("k8s", json!({}), |it| {
            let mut policies = vec![it.generate_network_policy(workload).unwrap()];
            policies.extend(it.generate_default_deny_policies(workload).unwrap());
            policies
        })
    };
    let mut manifests = Vec::new();
    for workload in [&WORKLOAD, &empty] {
        for manifest in
            [Manifest::Namespace, Manifest::ServiceAccount, Manifest::Role, Manifest::RoleBinding]
        {
            manifests.push(role(manifest, workload));
        }
        let context = role(Manifest::PodSecurityContext, workload);
        manifests.push(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": "p" },
            "spec": {
                "securityContext": context["pod"],
                "containers": [{ "name": "c", "image": "i", "securityContext": context["container"] }],
            },
        }));
        manifests.extend(network(workload));
    }
    let (is_valid, text) = validate(&place, &manifests);
    assert!(is_valid, "{text}");
    assert_eq!(text.matches("INFO").count(), manifests.len(), "{text}");
    // The validation refuses fields that the schemas of a Role and of a NetworkPolicy do not contain.
    for (index, part) in [(2, "metadata"), (5, "spec")] {
        let mut manifest = manifests[index].clone();
        manifest[part]["unknown"] = 1.into();
        let (is_valid, text) = validate(&place, &[manifest]);
        assert!(!is_valid, "{text}");
    }
}
