//! The contract of the plugin `k8s` (network security).

use floe_plugin::security::{NetworkPolicyGenerator, Workload};
use floe_plugin::{Error, ErrorKind, Handle, PluginType, Plugins, Selection};
use serde_json::{Value, json};

use crate::samples::WORKLOAD;
use crate::{Contract, plugins};

fn with<T>(run: impl FnOnce(&Handle<dyn NetworkPolicyGenerator>) -> T) -> T {
    let config =
        json!({ "addresses": { "smtp.example.org": ["192.0.2.0/24", "198.51.100.0/24"] } });
    let plugins = plugins(PluginType::NetworkSecurity, "k8s", config);
    run(&plugins.one::<dyn NetworkPolicyGenerator>().unwrap())
}

fn generate(workload: &Workload<'_>) -> Result<Value, Error> {
    with(|generator| generator.generate_network_policy(workload))
}

const OF_POLICY: &[&str] = &["security.policy_type=NetworkPolicy", "security.namespace=sales"];

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::NetworkSecurity, "k8s", "kubernetes-validate")
        .operation(
            "generate_network_policy",
            OF_POLICY,
            || {
                let policy = generate(&WORKLOAD)?;
                assert_eq!(
                    policy,
                    json!({
                        "apiVersion": "networking.k8s.io/v1",
                        "kind": "NetworkPolicy",
                        "metadata": {
                            "name": "customer-360-egress",
                            "namespace": "sales",
                            "labels": {
                                "app.kubernetes.io/name": "customer-360",
                                "app.kubernetes.io/managed-by": "floe",
                            },
                        },
                        "spec": {
                            "podSelector": { "matchLabels": { "app.kubernetes.io/name": "customer-360" } },
                            "policyTypes": ["Egress"],
                            "egress": [
                                {
                                    "to": [{
                                        "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
                                        "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
                                    }],
                                    "ports": [
                                        { "protocol": "UDP", "port": 53 },
                                        { "protocol": "TCP", "port": 53 },
                                    ],
                                },
                                {
                                    "to": [{ "ipBlock": { "cidr": "10.0.0.7/32" } }],
                                    "ports": [{ "protocol": "TCP", "port": 5432 }],
                                },
                                {
                                    "to": [{ "ipBlock": { "cidr": "2001:db8::1/128" } }],
                                    "ports": [{ "protocol": "TCP", "port": 443 }],
                                },
                                {
                                    "to": [
                                        { "ipBlock": { "cidr": "0.0.0.0/0" } },
                                        { "ipBlock": { "cidr": "::/0" } },
                                    ],
                                    "ports": [{ "protocol": "TCP", "port": 443 }],
                                },
                                {
                                    "to": [{ "podSelector": {} }],
                                    "ports": [{ "protocol": "TCP", "port": 5000 }],
                                },
                                {
                                    "to": [{
                                        "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "lake" } },
                                    }],
                                    "ports": [{ "protocol": "TCP", "port": 9000 }],
                                },
                                {
                                    "to": [
                                        { "ipBlock": { "cidr": "192.0.2.0/24" } },
                                        { "ipBlock": { "cidr": "198.51.100.0/24" } },
                                    ],
                                    "ports": [{ "protocol": "TCP", "port": 587 }],
                                },
                            ],
                        },
                    })
                );
                Ok(())
            },
            || generate(&Workload { egress: &[("10.0.0.0/8", 5432)], ..WORKLOAD }).map(drop),
        )
        .operation(
            "generate_default_deny_policies",
            OF_POLICY,
            || {
                let policies =
                    with(|generator| generator.generate_default_deny_policies(&WORKLOAD))?;
                let specs: Vec<&Value> = policies.iter().map(|policy| &policy["spec"]).collect();
                // Every pod, and no rule that allows something.
                assert_eq!(
                    specs,
                    [
                        &json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
                        &json!({ "podSelector": {}, "policyTypes": ["Egress"] }),
                    ]
                );
                for (policy, name) in policies.iter().zip(["ingress", "egress"]) {
                    assert_eq!(policy["metadata"]["name"], format!("default-deny-{name}"));
                    assert_eq!(policy["metadata"]["namespace"], "sales");
                }
                Ok(())
            },
            || {
                let workload = Workload { namespace: "Sales", ..WORKLOAD };
                with(|generator| generator.generate_default_deny_policies(&workload)).map(drop)
            },
        )
}

#[test]
fn a_host_that_a_cluster_refuses_is_an_error() {
    for (egress, found) in [
        (&[("ex ample.org", 443)][..], "found `ex ample.org`"),
        (&[("10.0.0.0/33", 443)], "found `10.0.0.0/33`"),
        (&[("10.0.0.7", 0)], "found `port 0`"),
    ] {
        let error = generate(&Workload { egress, ..WORKLOAD }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[test]
fn ranges_that_a_cluster_refuses_are_an_error_of_the_start() {
    for (ranges, found) in [
        (json!([]), "addresses of db.example.org: expected at least one range, found `[]`"),
        (json!(["10.0.0.1/8"]), "for example `10.0.0.0/8`, found `10.0.0.1/8`"),
    ] {
        let config = json!({ "addresses": { "db.example.org": ranges } });
        let selection = Selection::new(PluginType::NetworkSecurity, "k8s", config);
        let plugins = Plugins::configure(&[selection]).unwrap();
        let error = plugins.start(|_| true).unwrap_err();
        assert!(error.to_string().contains(found), "{error}");
    }
}
