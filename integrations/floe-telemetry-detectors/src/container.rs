//! Detects the container ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/container/)).

use floe_telemetry::detection::{DetectedAttributes, Surroundings};

const CGROUP: &str = "/proc/self/cgroup";
pub(crate) const MOUNTS: &str = "/proc/self/mountinfo";

pub(crate) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    // With version 2 of control groups, often only the mounts contain the id of the container.
    let id = surroundings.file(CGROUP).and_then(|text| in_cgroup(&text));
    let id = id.or_else(|| in_mounts(&surroundings.file(MOUNTS)?));
    found.add("container.id", id);
}

/// Returns the id at the end of a path such as `0::/system.slice/docker-{id}.scope`.
fn in_cgroup(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (_, last) = line.rsplit_once('/')?;
        let last = last.strip_suffix(".scope").unwrap_or(last);
        if is_fargate_id(last) {
            return Some(last.to_owned());
        }
        let last = last.rsplit(['-', ':']).next()?;
        is_id(last).then(|| last.to_owned())
    })
}

/// Returns the id in the path of a mounted file such as `/var/lib/docker/containers/{id}/hostname`.
fn in_mounts(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut segments = line.split(['/', ' ']);
        segments.find(|segment| matches!(*segment, "containers" | "overlay-containers"))?;
        let id = segments.next()?;
        is_id(id).then(|| id.to_owned())
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
