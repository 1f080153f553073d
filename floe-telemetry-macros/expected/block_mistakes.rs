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
    "`name` is for one function: the methods of a block are called `Type::method`"
}
::core::compile_error! {
    "unknown kind `cleint`, did you mean `client`? (accepted: `internal`, `server`, `client`, `producer`, `consumer`)"
}
