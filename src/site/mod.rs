//! Archive to website: the plan of pages and URLs, mail text to HTML, templates, output.

pub mod diff;
pub mod escape;
pub mod links;
mod manifest;
pub mod markdown;
#[cfg(test)]
mod markup;
pub mod output;
pub mod text;
