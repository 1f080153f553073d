//! Network policies of Kubernetes (`networking.k8s.io/v1`).

use floe_plugin::security::{NetworkPolicyGenerator, Workload};
use floe_plugin::{Error, Lifecycle};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::kubernetes::{check, check_range, labels, refused};

floe_plugin::plugin! {
    kind: NetworkPolicyGenerator,
    plugin: Kubernetes,
    name: "k8s",
    tracer: "floe.security.network",
    api: "1.0",
    description: "generates network policies of Kubernetes",
}

/// Network policies of Kubernetes: everything is denied but names (DNS) and what a product connects to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Kubernetes {
    /// The namespace of the cluster's DNS.
    dns_namespace: String,
    /// The label `k8s-app` of the pods of the cluster's DNS.
    dns_app: String,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            dns_namespace: "kube-system".to_owned(),
            dns_app: "kube-dns".to_owned(),
        }
    }
}

impl Lifecycle for Kubernetes {}

impl NetworkPolicyGenerator for Kubernetes {
    fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        let dns = json!({
            "to": [{
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": self.dns_namespace } },
                "podSelector": { "matchLabels": { "k8s-app": self.dns_app } },
            }],
            "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
        });
        let mut egress = vec![dns];
        for (range, port) in workload.egress {
            check_range(range)?;
            if *port == 0 {
                return Err(refused("egress", "port 0", "a port from 1 to 65535"));
            }
            egress.push(json!({
                "to": [{ "ipBlock": { "cidr": range } }],
                "ports": [{ "protocol": "TCP", "port": port }],
            }));
        }
        let pods = json!({ "matchLabels": { "app.kubernetes.io/name": workload.name } });
        let spec = json!({ "podSelector": pods, "policyTypes": ["Egress"], "egress": egress });
        Ok(policy(
            &format!("{}-egress", workload.name),
            workload,
            &spec,
        ))
    }

    fn generate_default_deny_policies(&self, workload: &Workload<'_>) -> Result<Vec<Value>, Error> {
        check(workload)?;
        // The empty selector is every pod of the namespace; a type without rules allows nothing.
        let deny = |direction: &str| {
            let name = format!("default-deny-{}", direction.to_lowercase());
            let spec = json!({ "podSelector": {}, "policyTypes": [direction] });
            policy(&name, workload, &spec)
        };
        Ok(vec![deny("Ingress"), deny("Egress")])
    }
}

fn policy(name: &str, workload: &Workload<'_>, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": name, "namespace": workload.namespace, "labels": labels(workload) },
        "spec": spec,
    })
}
