//! Tests each detector with files and variables of the test.

use std::fs;
use std::path::Path;

use floe_telemetry::detection::{DetectedAttributes, Surroundings};
use opentelemetry::KeyValue;
use tempfile::TempDir;

use super::*;

const ID: &str = "1f0e3dad99908345f7439f8ffabdffc41f0e3dad99908345f7439f8ffabdffc4";
const UID: &str = "0b4b4e1c-6b1c-4b4b-9b4b-0b4b4b4b4b4b";

/// Creates a temporary folder with these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

type Detect = fn(&mut Surroundings<'_>, &mut DetectedAttributes);

fn found(
    root: &Path,
    variables: &[(&str, &str)],
    detect: Detect,
) -> (Vec<KeyValue>, Option<String>) {
    let variable = |name: &str| {
        let mut variables = variables.iter();
        let (_, value) = variables.find(|(key, _)| *key == name)?;
        Some((*value).to_owned())
    };
    let mut surroundings = Surroundings::new(&variable, root);
    let mut attributes = DetectedAttributes::default();
    detect(&mut surroundings, &mut attributes);
    (attributes.into_vec(), surroundings.unreadable())
}

fn cloud(variables: &[(&str, &str)]) -> Vec<KeyValue> {
    found(Path::new("/nowhere"), variables, cloud::detect).0
}

#[test]
fn containers_have_ids_in_groups_or_mounts() {
    let fargate = "0123456789abcdef0123456789abcdef-1234567890";
    for (name, file, content, expected) in [
        ("v1", "cgroup", format!("12:cpu:/docker/{ID}"), ID),
        ("systemd", "cgroup", format!("0::/system.slice/docker-{ID}.scope"), ID),
        (
            "cri",
            "cgroup",
            format!("1:a:/kubepods/besteffort/pod{UID}/cri-containerd-{ID}.scope"),
            ID,
        ),
        ("colon", "cgroup", format!("1:a:/x/kubepods-podx.slice:cri-containerd:{ID}"), ID),
        ("fargate", "cgroup", format!("1:a:/ecs/task/{fargate}"), fargate),
        (
            "mounts",
            "mountinfo",
            format!(
                "1 2 8:1 / / rw - ext4 x\n3 4 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw"
            ),
            ID,
        ),
    ] {
        let root = root(&[(&format!("proc/self/{file}"), &content)]);
        let (attributes, _) = found(root.path(), &[], container::detect);
        assert_eq!(attributes, [KeyValue::new("container.id", expected.to_owned())], "{name}");
    }
    let root = root(&[("proc/self/cgroup", "0::/\n"), ("proc/self/mountinfo", "\u{0}")]);
    let (attributes, warning) = found(root.path(), &[], container::detect);
    assert_eq!((attributes, warning), (Vec::new(), None));
}

#[test]
fn a_name_that_only_resembles_an_id_is_no_container() {
    let task = "0123456789abcdef0123456789abcdef";
    for name in [
        task.to_owned(),
        format!("{task}-"),
        format!("{task}-12x"),
        format!("{}-12", &task[1..]),
        format!("{task}0-12"),
        format!("{}-12", task.replace('f', "g")),
        ID[1..].to_owned(),
        format!("{ID}0"),
        ID.replace('f', "g"),
    ] {
        let root = root(&[("proc/self/cgroup", &format!("1:a:/ecs/task/{name}"))]);
        let (attributes, _) = found(root.path(), &[], container::detect);
        assert_eq!(attributes, [], "{name}");
    }
}

/// The lines of `/proc/self/mountinfo` for these files.
fn mounts(files: &[String]) -> String {
    let line = |file: &String| format!("3 4 8:1 {file} /etc/x rw - ext4 /dev/sda rw");
    files.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The mounted `hostname` of a pod belongs to the container that holds the network of the pod.
#[test]
fn the_id_of_another_container_is_not_found() {
    let other = ID.replace('1', "2");
    let docker = format!("/var/lib/docker/containers/{other}/hostname");
    let kubelet = format!("/var/lib/kubelet/pods/{UID}/etc-hosts");
    let storage = "/containers/storage/overlay-containers";
    let crio = format!("/var/lib{storage}/{other}/userdata/resolv.conf");
    let own = format!("/run{storage}/{ID}/userdata/.containerenv");
    let rootless = format!("/run/user/1000/containers/overlay-containers/{ID}/userdata/hostname");
    let cgroup = format!("0::/kubepods.slice/kubepods-pod{UID}.slice/crio-{ID}.scope/container");
    let podman = format!("0::/user.slice/libpod-{ID}.scope/container");
    let pod = [("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
    let alone: &[(&str, &str)] = &[];
    for (name, cgroup, files, variables, expected) in [
        ("Docker in a pod", "0::/", vec![docker.clone(), kubelet.clone()], alone, None),
        ("Docker in a pod, by its variable", "0::/", vec![docker.clone()], &pod, None),
        ("CRI-O", "0::/", vec![crio.clone(), own.clone()], &pod, Some(ID)),
        ("CRI-O without a file of its own", "0::/", vec![crio.clone()], &pod, None),
        ("CRI-O by groups", &cgroup, vec![crio.clone()], &pod, Some(ID)),
        ("Podman", "0::/", vec![rootless], alone, Some(ID)),
        ("Podman in a pod", "0::/", vec![crio, own], alone, Some(ID)),
        ("Podman by groups", &podman, Vec::new(), alone, Some(ID)),
        ("a folder of other containers", "0::/", vec![format!("{docker}/shm")], alone, None),
    ] {
        let root = root(&[("proc/self/cgroup", cgroup), ("proc/self/mountinfo", &mounts(&files))]);
        let (attributes, _) = found(root.path(), variables, container::detect);
        let id = attributes.first().map(|attribute| attribute.value.as_str());
        assert_eq!(id.as_deref(), expected, "{name}");
    }
}

#[test]
fn pods_are_described_by_variables_and_files() {
    let mounts = format!("1 2 8:1 /var/lib/kubelet/pods/{UID}/etc-hosts /etc/hosts rw");
    let root = root(&[
        ("var/run/secrets/kubernetes.io/serviceaccount/namespace", "shop"),
        ("etc/podinfo/nodename", "node-1"),
        ("proc/self/mountinfo", &mounts),
    ]);
    let variables = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("HOSTNAME", "orders-7d4f")];
    let (mut attributes, _) = found(root.path(), &variables, kubernetes::detect);
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(
        attributes,
        [
            KeyValue::new("k8s.namespace.name", "shop"),
            KeyValue::new("k8s.node.name", "node-1"),
            KeyValue::new("k8s.pod.name", "orders-7d4f"),
            KeyValue::new("k8s.pod.uid", UID),
        ]
    );
    let named = [variables[0], variables[1], ("POD_NAME", "own"), ("K8S_CONTAINER_NAME", "web")];
    let (attributes, _) = found(root.path(), &named, kubernetes::detect);
    assert!(attributes.contains(&KeyValue::new("k8s.pod.name", "own")));
    assert!(attributes.contains(&KeyValue::new("k8s.container.name", "web")));
    assert!(found(root.path(), &variables[1..], kubernetes::detect).0.is_empty());
}

#[test]
fn clouds_are_described_by_their_variables() {
    for (variables, [provider, platform], mut expected) in [
        (
            &[
                ("AWS_LAMBDA_FUNCTION_NAME", "load"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_REGION", "eu-west-1"),
            ][..],
            ["aws", "aws_lambda"],
            vec![
                KeyValue::new("faas.name", "load"),
                KeyValue::new("faas.max_memory", 134_217_728),
                KeyValue::new("cloud.region", "eu-west-1"),
            ],
        ),
        (
            &[("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/x")],
            ["aws", "aws_ecs"],
            vec![],
        ),
        (
            &[("K_SERVICE", "web"), ("K_REVISION", "web-3"), ("FUNCTION_TARGET", "main")],
            ["gcp", "gcp_cloud_functions"],
            vec![KeyValue::new("faas.name", "web"), KeyValue::new("faas.version", "web-3")],
        ),
        (
            &[("CLOUD_RUN_JOB", "import"), ("CLOUD_RUN_TASK_INDEX", "2")],
            ["gcp", "gcp_cloud_run"],
            vec![
                KeyValue::new("faas.name", "import"),
                KeyValue::new("gcp.cloud_run.job.task_index", 2),
            ],
        ),
        (
            &[
                ("WEBSITE_SITE_NAME", "shop"),
                ("WEBSITE_OWNER_NAME", "8f3a+shop-westeuropewebspace"),
            ],
            ["azure", "azure.app_service"],
            vec![KeyValue::new("cloud.account.id", "8f3a")],
        ),
        (
            &[
                ("WEBSITE_SITE_NAME", "shop"),
                ("REGION_NAME", "West Europe"),
                ("FUNCTIONS_EXTENSION_VERSION", "~4"),
            ],
            ["azure", "azure.functions"],
            vec![KeyValue::new("cloud.region", "West Europe"), KeyValue::new("faas.name", "shop")],
        ),
        (&[("AWS_REGION", "eu-west-1"), ("K_SERVICE", " ")], ["", ""], Vec::new()),
    ] {
        for (key, value) in [("cloud.provider", provider), ("cloud.platform", platform)] {
            expected.extend((!value.is_empty()).then(|| KeyValue::new(key, value)));
        }
        assert_eq!(cloud(variables), expected, "{variables:?}");
    }
}
