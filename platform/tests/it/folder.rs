//! The default product is the one in the current folder.

use crate::product::Product;

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
