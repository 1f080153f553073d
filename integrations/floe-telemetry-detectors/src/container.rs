//! Detects the container ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/container/)).

use floe_telemetry::detection::{DetectedAttributes, Surroundings};

const CGROUP: &str = "/proc/self/cgroup";
pub(crate) const MOUNTS: &str = "/proc/self/mountinfo";

/// Files that a runtime mounts into a container. In a pod, they are the files of the container that holds the network.
const OF_CONTAINER_OR_POD: [&str; 3] = ["hostname", "hosts", "resolv.conf"];

/// The file that Podman and CRI-O mount from the folder of the container itself.
const OF_CONTAINER: [&str; 1] = [".containerenv"];

pub(crate) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    // With version 2 of control groups, often only the mounts contain the id of the container.
    let id = surroundings.file(CGROUP).and_then(|text| in_cgroup(&text)).or_else(|| {
        let mounts = surroundings.file(MOUNTS)?;
        let is_in_pod = surroundings.variable("KUBERNETES_SERVICE_HOST").is_some()
            || mounts.contains("/kubelet/pods/");
        let own = in_mounts(&mounts, &OF_CONTAINER);
        own.or_else(|| if is_in_pod { None } else { in_mounts(&mounts, &OF_CONTAINER_OR_POD) })
    });
    found.add("container.id", id);
}

/// Returns the last id of a path such as `0::/system.slice/docker-{id}.scope` or `0::/crio-{id}.scope/container`.
fn in_cgroup(text: &str) -> Option<String> {
    let mut segments = text.lines().flat_map(|line| line.rsplit('/'));
    segments.find_map(|segment| {
        let segment = segment.strip_suffix(".scope").unwrap_or(segment);
        if is_fargate_id(segment) {
            return Some(segment.to_owned());
        }
        let last = segment.rsplit(['-', ':']).next()?;
        is_id(last).then(|| last.to_owned())
    })
}

/// Returns the id in the path of a mounted file: `…/{id}/hostname`, or `…/{id}/userdata/hostname`.
fn in_mounts(text: &str, names: &[&str]) -> Option<String> {
    text.lines().find_map(|line| {
        let (folder, name) = line.split(' ').nth(3)?.rsplit_once('/')?;
        let folder = folder.strip_suffix("/userdata").unwrap_or(folder);
        let (_, id) = folder.rsplit_once('/')?;
        (names.contains(&name) && is_id(id)).then(|| id.to_owned())
    })
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is the id of a container on AWS Fargate: 32 hexadecimal digits, a dash, and a number.
fn is_fargate_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(task, number)| {
        task.len() == 32
            && task.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
