//! Answers requests: the site's files, or the faults that keep it from being built.

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Router, middleware};
use tower_http::services::ServeFile;

use super::place::{self, Place};
use super::{Shown, faults, news};

/// Keeps open pages as new as their files. Loaded from a path that no site has.
const SCRIPT: &str = include_str!("preview.js");
/// How faults look.
const STYLE: &str = include_str!("preview.css");

/// The page for addresses that lead nowhere, in the output.
pub(super) const NOT_FOUND: &str = "404.html";

/// The largest page that the script is put into.
const MAX_PAGE: usize = 256 << 20;

pub(super) fn router(shown: Arc<Shown>) -> Router {
    let fixed =
        |kind: &'static str, text: &'static str| get(move || async move { (content(kind), text) });
    Router::new()
        .route("/-/news", get(news::stream))
        .route("/-/faults", get(told_faults))
        .route("/-/preview.js", fixed("text/javascript", SCRIPT))
        .route("/-/preview.css", fixed("text/css", STYLE))
        .fallback(any(page))
        .layer(middleware::from_fn(local_only))
        .with_state(shown)
}

/// The faults of the last build as plain text; nothing if it had none.
async fn told_faults(State(shown): State<Arc<Shown>>) -> impl IntoResponse {
    let text = shown.with(|built| faults::text(&built.faults));
    (content("text/plain; charset=utf-8"), text)
}

async fn page(State(shown): State<Arc<Shown>>, request: Request) -> Response<Body> {
    let build = *shown.generation.borrow();
    let (base, output, faults) = shown.with(|built| {
        let faults = (!built.faults.is_empty()).then(|| faults::page(&built.faults));
        (built.base_path.clone(), built.output.clone(), faults)
    });
    let path = request.uri().path();
    let inner = below(path, &base);
    let found = inner.map_or(Place::Nothing, |inner| place::find(&output, inner));
    if let Some(faults) = faults
        && !matches!(&found, Place::File(file) if !is_page(file))
    {
        let page = with_script(&faults, "", build);
        return (StatusCode::INTERNAL_SERVER_ERROR, content(HTML), page).into_response();
    }
    match found {
        Place::File(file) => serve(&file, request.method(), build).await,
        Place::Directory => to(StatusCode::TEMPORARY_REDIRECT, &format!("{path}/")),
        Place::Nothing if inner.is_none() && is_entrance(path, &base) => {
            to(StatusCode::SEE_OTHER, &base)
        }
        Place::Nothing => not_found(&output, build).await,
    }
}

/// A file of the site; a page with the script.
async fn serve(file: &Path, method: &Method, build: u64) -> Response<Body> {
    // Without the headers of the request: what the preview answers is never to be kept.
    let request = match Request::builder().method(method.clone()).body(Body::empty()) {
        Ok(request) => request,
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    match ServeFile::new(file).try_call(request).await {
        Ok(answer) => finish(answer.map(Body::new), is_page(file), build).await,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn is_page(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "html")
}

/// A page on the internet must not read the preview through a name that it points here.
async fn local_only(request: Request, next: Next) -> Response<Body> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match hosts.all(|host| host.to_str().is_ok_and(is_local)) {
        true => next.run(request).await,
        false => {
            let refusal = "the preview answers to localhost and 127.0.0.1 only\n";
            (StatusCode::FORBIDDEN, refusal).into_response()
        }
    }
}

/// Whether a Host header, with or without a port, names this machine.
fn is_local(host: &str) -> bool {
    let port = |rest: &str| rest.is_empty() || rest.starts_with(':');
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let (start, rest) = host.split_at_checked(name.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(name) && port(rest)
    })
}

/// Whether somebody who has not got the whole address is shown the way: the root, and the
/// base path without its slash. Elsewhere a wrong link is to be seen as wrong.
fn is_entrance(path: &str, base: &str) -> bool {
    path == "/" || path == base.trim_end_matches('/')
}

/// The path within the site, from its slash on; none for one outside its base path.
pub(super) fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(base.trim_end_matches('/'))?;
    rest.starts_with('/').then_some(rest)
}

fn to(status: StatusCode, path: &str) -> Response<Body> {
    match HeaderValue::from_str(path) {
        Ok(path) => (status, [(header::LOCATION, path)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn not_found(output: &Path, build: u64) -> Response<Body> {
    let page = tokio::fs::read(output.join(NOT_FOUND)).await;
    let page = page.unwrap_or_else(|_| b"<!DOCTYPE html><title>404</title><p>Not found".to_vec());
    let page = with_script(&String::from_utf8_lossy(&page), &news::print(&page), build);
    (StatusCode::NOT_FOUND, content(HTML), page).into_response()
}

/// Puts the script into pages, and forbids keeping any file.
async fn finish(answer: Response<Body>, is_page: bool, build: u64) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    head.headers.remove(header::LAST_MODIFIED);
    if !is_page {
        return Response::from_parts(head, body);
    }
    match to_bytes(body, MAX_PAGE).await {
        Ok(bytes) => {
            let page = String::from_utf8_lossy(&bytes);
            let page = with_script(&page, &news::print(&bytes), build);
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, Body::from(page))
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

const HTML: &str = "text/html; charset=utf-8";

fn content(kind: &'static str) -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")]
}

/// The page with the script before the end of its head, and leave for it to listen. `print` is
/// that of the page without it.
fn with_script(page: &str, print: &str, build: u64) -> String {
    let script = format!(
        r#"<script src="/-/preview.js" data-print="{print}" data-build="{build}"></script>"#
    );
    let page = match page.contains("connect-src") {
        true => page.to_owned(),
        false => page.replacen("default-src 'none';", "default-src 'none'; connect-src 'self';", 1),
    };
    match page.find("</head>") {
        Some(at) => format!("{}{script}{}", &page[..at], &page[at..]),
        None => format!("{page}{script}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_below_the_base_only() {
        assert_eq!(below("/kvm/a/", "/kvm/"), Some("/a/"));
        assert_eq!(below("/kvm/", "/kvm/"), Some("/"));
        assert_eq!(below("/kvm", "/kvm/"), None);
        assert_eq!(below("/kvmx/", "/kvm/"), None);
        assert_eq!(below("/a/", "/"), Some("/a/"));
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["localhost", "127.0.0.1:8000", "LocalHost:1", "[::1]", "[::1]:8000"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", "example.org", "localhost.example.org", "127.0.0.1.example.org:80", "é"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn the_way_is_shown_at_the_entrance_only() {
        let entrances = ["/", "/kvm", "/kvmx", "/favicon.ico"].map(|p| is_entrance(p, "/kvm/"));
        assert_eq!(entrances, [true, true, false, false]);
    }

    #[test]
    fn the_script_goes_into_the_head_and_may_listen() {
        let page = "<head><meta content=\"default-src 'none'; x\"></head><body>default-src 'none';";
        let shown = with_script(page, "ab", 7);
        assert!(shown.contains("default-src 'none'; connect-src 'self'; x"));
        assert!(shown.contains(
            "data-print=\"ab\" data-build=\"7\"></script></head><body>default-src 'none';"
        ));
    }
}
