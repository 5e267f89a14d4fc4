//! patchpress turns the mail of patch mailing lists into a website of digests.
//!
//! Data flows one way, and each module imports only modules to its left:
//!
//! ```text
//! source → mail → archive → digest → site → output
//! ```
//!
//! [`check`] looks at what came out. [`config`] and [`diagnostic`] serve all of them; [`cli`] wires them; the preview
//! server drives the same build as the command line. `docs/ARCHITECTURE.md` says what
//! must stay true.

#![deny(unsafe_code)]

pub mod archive;
pub mod check;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod digest;
pub mod generate;
pub mod mail;
pub mod progress;
#[cfg(feature = "serve")]
pub mod serve;
pub mod site;
pub mod source;
