//! The page that stands for the site while it can't be built.

use crate::diagnostic::{Diagnostic, Look, render};
use crate::site::escape::escape;

/// All faults, as the terminal shows them.
pub(super) fn page(faults: &[Diagnostic]) -> String {
    let told: Vec<String> = faults.iter().map(|fault| render(fault, Look::default())).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>The site can't be built</title></head>\
         <body><main><h1>The site can't be built</h1><pre>{}</pre>\
         <p>This page shows the site as soon as this is mended.</p></main></body></html>\n",
        escape(&told.join("\n")).as_str()
    )
}
