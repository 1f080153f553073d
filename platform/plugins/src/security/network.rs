//! Network policies of Kubernetes (`networking.k8s.io/v1`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use floe_plugin::security::{NetworkPolicyGenerator, Workload};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::kubernetes::{check, check_name, check_range, labels, refused};

floe_plugin::plugin! {
    kind: NetworkPolicyGenerator,
    plugin: Kubernetes,
    name: "k8s",
    tracer: "floe.security.network",
    api: "1.0",
    description: "generates network policies of Kubernetes",
}

/// Network policies of Kubernetes that deny everything except DNS and the hosts that a product connects to. A host of
/// one label is a service in the product's namespace; `NAME.NAMESPACE.svc` is one in another namespace. Policies cannot
/// contain other names, so their ports are allowed for the ranges in `addresses`, or else for every address.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Kubernetes {
    /// The ranges of addresses of hosts, by name, for example `{ "smtp.example.org": ["192.0.2.0/24"] }`.
    addresses: BTreeMap<String, Vec<String>>,
}

impl Lifecycle for Kubernetes {
    fn start(&self) -> Result<(), Error> {
        for (host, ranges) in &self.addresses {
            if ranges.is_empty() {
                return Err(refused(&format!("addresses of {host}"), "[]", "at least one range"));
            }
            for range in ranges {
                check_range(&format!("addresses of {host}"), range)?;
            }
        }
        Ok(())
    }
}

/// All addresses of IPv4 and IPv6.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

impl Kubernetes {
    /// Returns the peers of a rule for a host; none if the host is this pod itself.
    fn peers(&self, host: &str) -> Result<Vec<Value>, Error> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if let Some(ranges) = self.addresses.get(&host) {
            return Ok(blocks(ranges));
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            let width = if address.is_ipv4() { 32 } else { 128 };
            let ranges = [format!("{address}/{width}")];
            return Ok(if address.is_loopback() { Vec::new() } else { blocks(&ranges) });
        }
        check_name("egress", &host)?;
        let labels: Vec<&str> = host.split('.').collect();
        Ok(match labels[..] {
            ["localhost"] => Vec::new(),
            [_] => vec![json!({ "podSelector": {} })],
            // The API server is not a pod, so no selector finds it.
            ["kubernetes", "default", "svc", ..] => blocks(&EVERYWHERE),
            [_, namespace, "svc", ..] => vec![json!({
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
            })],
            _ => blocks(&EVERYWHERE),
        })
    }
}

fn blocks(ranges: &[impl AsRef<str>]) -> Vec<Value> {
    let block = |range: &_| json!({ "ipBlock": { "cidr": AsRef::<str>::as_ref(range) } });
    ranges.iter().map(block).collect()
}

impl NetworkPolicyGenerator for Kubernetes {
    fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        let dns = json!({
            "to": [{
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
                "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
            }],
            "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
        });
        let mut egress = vec![dns];
        for (host, port) in workload.egress {
            if *port == 0 {
                return Err(refused("egress", "port 0", "a port from 1 to 65535"));
            }
            let peers = self.peers(host)?;
            if !peers.is_empty() {
                let ports = json!([{ "protocol": "TCP", "port": port }]);
                egress.push(json!({ "to": peers, "ports": ports }));
            }
        }
        let pods = json!({ "matchLabels": { "app.kubernetes.io/name": workload.name } });
        let spec = json!({ "podSelector": pods, "policyTypes": ["Egress"], "egress": egress });
        Ok(policy(&format!("{}-egress", workload.name), workload, &spec))
    }

    fn generate_default_deny_policies(&self, workload: &Workload<'_>) -> Result<Vec<Value>, Error> {
        check(workload)?;
        // The empty selector selects every pod of the namespace. A policy type without rules allows nothing.
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
