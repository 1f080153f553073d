//! Queries of no model, and the product of the current folder.

use crate::product::Product;

#[test]
fn a_query_of_no_model_is_a_warning_with_its_place() {
    let product = Product::shop();
    product.write("models/forgotten.sql", "SELECT 1");
    let warnings = "warning: {dir}/models/forgotten.sql: no model of floe.yaml uses this file, expected a model of its name\n";
    for command in ["compile", "run"] {
        let output = product.floe(command, &[], &[]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert_eq!(output.complaints(), warnings);
    }
}

#[test]
fn the_product_is_that_of_the_current_folder() {
    let product = Product::shop();
    let mut command = crate::product::command(&["run", "-q"], &[]);
    let output = command.current_dir(product.path("")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(product.path(".floe/warehouse.db").exists());
    let mut command = crate::product::command(&["find", "no-such-id"], &[]);
    let output = command.current_dir(product.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
