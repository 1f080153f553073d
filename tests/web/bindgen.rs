//! Connects a compiled page with JavaScript, as the program `wasm-bindgen` does: `bindgen PAGE.wasm FOLDER`.

use std::env;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [page, folder] = &arguments[..] else {
        eprintln!("expected PAGE.wasm FOLDER, found {} arguments", arguments.len());
        return ExitCode::FAILURE;
    };
    let mut bindgen = Bindgen::new();
    let made = bindgen.input_path(page).web(true);
    match made.and_then(|bindgen| bindgen.typescript(false).out_name("page").generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
