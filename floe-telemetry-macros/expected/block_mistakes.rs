// #[traced(name = "a", kind = cleint)]
// impl S {
//     #[traced(skip)]
//     fn f(&self) {
//         body()
//     }
// }

impl S {
    fn f(&self) {
        body()
    }
}
::core::compile_error! {
    "`name` applies to one function: the spans of a block are named `Type::method`"
}
::core::compile_error! {
    "unknown kind `cleint`, expected one of `internal`, `server`, `client`, `producer`, `consumer`; did you mean `client`?"
}
