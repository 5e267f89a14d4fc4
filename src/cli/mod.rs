//! The commands: each resolves its arguments into options and calls the library.
