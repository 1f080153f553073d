// #[traced(nmae = 1, kind = cleint, name)]
// fn f() {
//     body()
// }

fn f() {
    body()
}
::core::compile_error! {
    "unknown argument `nmae`, expected one of `name`, `tracer`, `level`, `kind`, `attributes`, `attributes_fn`, `floe_attributes`, `parent`, `root`, `links`, `error_if`, `metrics`, `boxed`, `call_only`, `crate`; did you mean `name`?"
}
::core::compile_error! {
    "`name` is written `name = \"span.name\"`"
}
::core::compile_error! {
    "unknown kind `cleint`, expected one of `internal`, `server`, `client`, `producer`, `consumer`; did you mean `client`?"
}
