//! The contract of the plugin `k8s` (network security).

use std::path::Path;

use floe_plugin::security::{NetworkPolicyGenerator, Workload};
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::{Value, json};

use crate::samples::WORKLOAD;
use crate::{Contract, assert_failed, refused, with};

fn on<T>(run: impl FnOnce(&Handle<dyn NetworkPolicyGenerator>) -> T) -> T {
    let ranges = json!({ "smtp.example.org": ["192.0.2.0/24", "198.51.100.0/24"] });
    with("k8s", json!({ "addresses": ranges }), run)
}

fn generate(workload: &Workload<'_>) -> Result<Value, Error> {
    on(|generator| generator.generate_network_policy(workload))
}

const OF_POLICY: [&str; 3] =
    ["security.area=network", "security.policy_type=NetworkPolicy", "security.namespace=sales"];
const OF_ONE: &[&str] = &[OF_POLICY[0], OF_POLICY[1], OF_POLICY[2], "security.resource_count=1"];
const OF_TWO: &[&str] = &[OF_POLICY[0], OF_POLICY[1], OF_POLICY[2], "security.resource_count=2"];

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    Contract::new::<dyn NetworkPolicyGenerator>("k8s", "kubernetes-validate")
        .operation(
            "generate_network_policy",
            OF_ONE,
            || {
                let policy = generate(&WORKLOAD)?;
                assert_eq!(policy["apiVersion"], "networking.k8s.io/v1");
                assert_eq!(policy["kind"], "NetworkPolicy");
                let labels = json!({
                    "app.kubernetes.io/name": "customer-360",
                    "app.kubernetes.io/managed-by": "floe",
                });
                let metadata =
                    json!({ "name": "customer-360-egress", "namespace": "sales", "labels": labels });
                assert_eq!(policy["metadata"], metadata);
                let block = |range: &str| json!({ "ipBlock": { "cidr": range } });
                let namespace = |name: &str| {
                    json!({ "matchLabels": { "kubernetes.io/metadata.name": name } })
                };
                let tcp = |port: u16| json!([{ "protocol": "TCP", "port": port }]);
                let dns = json!([{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }]);
                let dns_pods = json!({ "matchLabels": { "k8s-app": "kube-dns" } });
                let dns_pods =
                    json!({ "namespaceSelector": namespace("kube-system"), "podSelector": dns_pods });
                let rules = [
                    (json!([dns_pods]), dns),
                    (json!([block("10.0.0.7/32")]), tcp(5432)),
                    (json!([block("2001:db8::1/128")]), tcp(443)),
                    (json!([block("0.0.0.0/0"), block("::/0")]), tcp(443)),
                    (json!([{ "podSelector": {} }]), tcp(5000)),
                    (json!([{ "namespaceSelector": namespace("lake") }]), tcp(9000)),
                    (json!([block("192.0.2.0/24"), block("198.51.100.0/24")]), tcp(587)),
                ].map(|(to, ports)| json!({ "to": to, "ports": ports }));
                let pods = json!({ "matchLabels": { "app.kubernetes.io/name": "customer-360" } });
                let spec = json!({ "podSelector": pods, "policyTypes": ["Egress"], "egress": rules });
                assert_eq!(policy["spec"], spec);
                Ok(())
            },
            || generate(&Workload { egress: &[("10.0.0.0/8", 5432)], ..WORKLOAD }).map(drop),
        )
        .operation(
            "generate_default_deny_policies",
            OF_TWO,
            || {
                let policies =
                    on(|generator| generator.generate_default_deny_policies(&WORKLOAD))?;
                let specs: Vec<&Value> = policies.iter().map(|policy| &policy["spec"]).collect();
                // The policies select every pod, and contain no rule that allows something.
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
                on(|generator| generator.generate_default_deny_policies(&workload)).map(drop)
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
        assert_failed(&error, ErrorKind::InvalidInput, found);
    }
}

#[test]
fn ranges_that_a_cluster_refuses_are_an_error_of_the_start() {
    for (ranges, found) in [
        (json!([]), "addresses of db.example.org: expected at least one range, found `[]`"),
        (json!(["10.0.0.1/8"]), "for example `10.0.0.0/8`, found `10.0.0.1/8`"),
    ] {
        let config = json!({ "addresses": { "db.example.org": ranges } });
        let error = refused::<dyn NetworkPolicyGenerator>(Path::new(""), "k8s", config);
        assert!(error.contains(found), "{error}");
    }
}
