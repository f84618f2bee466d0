//! The house rules as tests: which crate may import which, how long a file may be, which names say nothing,
//! and that uniffi stays in the bindings. There is no code here beside the tests in `rules.rs`.
#[cfg(test)]
mod rules;
