//! The scenarios. docs/faults.md must name each of them.

mod exits;
mod host;
mod load;
mod names;
mod network;
mod process;

use crate::scenario::Scenario;

pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    let network = names::SCENARIOS.iter().chain(&network::SCENARIOS);
    let host = load::SCENARIOS.iter().chain(&host::SCENARIOS);
    network.chain(host).chain(&process::SCENARIOS).chain(&exits::SCENARIOS)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::all;
    use crate::scenario::rows;

    #[test]
    fn each_scenario_and_test_of_the_page_exists_and_each_scenario_is_on_the_page() {
        let names = rows().flat_map(|(_, names)| names.split('`').skip(1).step_by(2));
        let (tests, mut on_page): (Vec<_>, Vec<_>) = names.partition(|name| name.contains("::"));
        // `tests/house/tests/tidy.rs` finds tests in other files.
        let (_, tests): (Vec<_>, Vec<_>) =
            tests.into_iter().partition(|name| name.contains(".rs::"));
        for (file, test) in tests.iter().filter_map(|name| name.split_once("::")) {
            let path = format!("{}/../tests/global/{file}.rs", env!("CARGO_MANIFEST_DIR"));
            assert!(fs::read_to_string(path).unwrap().contains(&format!("fn {test}(")), "{test}");
        }

        let mut existing: Vec<_> = all().map(|scenario| scenario.name).collect();
        on_page.sort_unstable();
        on_page.dedup();
        existing.sort_unstable();
        assert_eq!(on_page, existing);
    }
}
