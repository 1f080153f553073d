//! The program as its users meet it: called on folders, judged by what it prints and leaves.

mod bad_input;
mod customer_360;
mod failing_model;
mod product;
mod repeat;
mod trace;
