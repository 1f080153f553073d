//! The scenarios, by the tables of docs/faults.md. A new one is a row here and there.

mod load;
mod network;
mod process;

use crate::scenario::Scenario;

pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    network::SCENARIOS.iter().chain(&load::SCENARIOS).chain(&process::SCENARIOS)
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::scenario::rows;

    #[test]
    fn each_scenario_of_the_page_exists_and_each_is_on_the_page() {
        let names = rows().flat_map(|(_, names)| names.split('`').skip(1).step_by(2));
        let mut on_page: Vec<_> = names.filter(|name| !name.contains("::")).collect();
        let mut existing: Vec<_> = all().map(|scenario| scenario.name).collect();
        on_page.sort_unstable();
        on_page.dedup();
        existing.sort_unstable();
        assert_eq!(on_page, existing);
    }
}
