//! Detects the pod ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/k8s/)) by variables, mounts, and
//! files of the [downward API](https://kubernetes.io/docs/concepts/workloads/pods/downward-api/) and the service
//! account.

use floe_telemetry::detection::{DetectedAttributes, Surroundings};

use crate::container::MOUNTS;

/// A variable that Kubernetes sets in every container of a pod.
const SERVICE: &str = "KUBERNETES_SERVICE_HOST";

const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The folder in which Kubernetes' documentation mounts the downward API.
const PODINFO: &str = "/etc/podinfo";

/// The attribute keys, each with the variables and the files in which the downward API usually passes the value.
const KEYS: [(&str, &[&str], &[&str]); 6] = [
    (
        "k8s.namespace.name",
        &["K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE"],
        &["namespace"],
    ),
    ("k8s.pod.name", &["K8S_POD_NAME", "POD_NAME"], &["name", "podname"]),
    ("k8s.pod.uid", &["K8S_POD_UID", "POD_UID"], &["uid"]),
    ("k8s.node.name", &["K8S_NODE_NAME", "NODE_NAME"], &["nodename"]),
    ("k8s.container.name", &["K8S_CONTAINER_NAME", "CONTAINER_NAME"], &[]),
    ("k8s.cluster.name", &["K8S_CLUSTER_NAME", "CLUSTER_NAME"], &[]),
];

pub(crate) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    if surroundings.variable(SERVICE).is_none() {
        return;
    }
    for (key, variables, files) in KEYS {
        let value = surroundings.any_variable(variables).or_else(|| {
            let mut files = files.iter();
            files.find_map(|file| surroundings.value(&format!("{PODINFO}/{file}")))
        });
        found.add(key, value);
    }
    found.add("k8s.namespace.name", surroundings.value(NAMESPACE));
    // `HOSTNAME` is the name of the pod, unless the pod sets another host name.
    found.add("k8s.pod.name", surroundings.variable("HOSTNAME"));
    let uid = surroundings.file(MOUNTS).and_then(|text| pod_uid(&text));
    found.add("k8s.pod.uid", uid);
}

/// Returns the id in the path of a mounted file such as `/var/lib/kubelet/pods/{uid}/etc-hosts`.
fn pod_uid(mounts: &str) -> Option<String> {
    mounts.lines().find_map(|line| {
        let mut segments = line.split(['/', ' ']);
        segments.find(|segment| *segment == "pods")?;
        let uid = segments.next()?;
        let is_uid = uid.len() == 36 && uid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        is_uid.then(|| uid.to_owned())
    })
}
