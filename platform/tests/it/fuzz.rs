//! The targets of `fuzz/platform_targets.rs` with their seeds and mutated seeds.

#[path = "../../../fuzz/platform_targets.rs"]
mod targets;

use floe_tests::fuzz;

#[test]
fn each_mistake_in_a_manifest_is_one_line_without_credentials() {
    fuzz(targets::manifest, "manifest", 2_000);
}

#[test]
fn each_mistake_in_a_product_is_one_line_without_credentials() {
    fuzz(targets::product, "product", 2_000);
}

#[test]
fn artifacts_can_be_written_and_read_again() {
    fuzz(targets::artifacts, "artifacts", 2_000);
}

#[test]
fn no_reference_is_left_in_a_query() {
    fuzz(targets::query, "query", 20_000);
}

#[test]
fn words_are_what_they_were_and_paths_stay_inside() {
    fuzz(targets::words, "words", 20_000);
}

#[test]
fn no_address_shows_a_credential() {
    fuzz(targets::address, "endpoints", 2_000);
}
