//! Runs the targets of `fuzz/platform_targets.rs` with their seeds and with mutated seeds.

#[path = "../../../fuzz/platform_targets.rs"]
mod targets;

floe_tests::fuzz_tests! {
    fn each_mistake_in_a_manifest_is_one_line_without_credentials(targets::manifest, "manifest", 2_000);
    fn each_mistake_in_a_product_is_one_line_without_credentials(targets::product, "product", 2_000);
    fn artifacts_can_be_written_and_read_again(targets::artifacts, "artifacts", 2_000);
    fn no_reference_is_left_in_a_query(targets::query, "query", 20_000);
    fn words_are_what_they_were_and_paths_stay_inside(targets::words, "words", 20_000);
    fn no_address_shows_a_credential(targets::address, "endpoints", 2_000);
}
