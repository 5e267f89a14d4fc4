//! What is shown while the site can't be built: in the place of a page, or over one that is
//! open.

use crate::diagnostic::{Diagnostic, Look, render};
use crate::site::escape::escape;

/// All faults, as the terminal shows them.
pub(super) fn text(faults: &[Diagnostic]) -> String {
    let told: Vec<String> = faults.iter().map(|fault| render(fault, Look::default())).collect();
    told.join("\n")
}

/// The page with them.
pub(super) fn page(faults: &[Diagnostic]) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>The site can't be built</title>\
         <link rel=\"stylesheet\" href=\"/-/preview.css\"></head>\
         <body><main class=\"patchpress-faults\"><h1>The site can't be built</h1>\
         <pre tabindex=\"0\">{}</pre>\
         <p>This page shows the site as soon as this is mended.</p></main></body></html>\n",
        escape(&text(faults)).as_str()
    )
}
