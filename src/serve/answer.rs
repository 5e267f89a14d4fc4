//! Answers requests: the site's files, or the faults that keep it from being built.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{any, get};
use axum::{Router, middleware};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};
use tower_http::services::ServeDir;

use super::{Shown, faults};

/// Reloads the page when a newer build is told of. Loaded from a path that no site has.
const RELOAD: &str = r#"(function () {
  "use strict";
  var shown = document.currentScript.dataset.generation;
  new EventSource("/-/builds").onmessage = function (e) {
    if (e.data !== shown) location.reload();
  };
}());
"#;

/// The largest page that the reload script is put into.
const MAX_PAGE: usize = 256 << 20;

pub(super) fn router(shown: Arc<Shown>) -> Router {
    Router::new()
        .route("/-/builds", get(builds))
        .route(
            "/-/reload.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], RELOAD) }),
        )
        .fallback(any(page))
        .layer(middleware::from_fn(local_only))
        .with_state(shown)
}

/// Tells the number of each build, the current one at once.
async fn builds(
    State(shown): State<Arc<Shown>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let numbers = WatchStream::new(shown.generation.subscribe());
    let events = numbers.map(|number| Ok(Event::default().data(number.to_string())));
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn page(State(shown): State<Arc<Shown>>, request: Request) -> Response<Body> {
    let generation = *shown.generation.borrow();
    let (base, output, faults) = shown.with(|built| {
        let faults = (!built.faults.is_empty()).then(|| faults::page(&built.faults));
        (built.base_path.clone(), built.output.clone(), faults)
    });
    if let Some(faults) = faults {
        let wants_page = request.headers().get(header::ACCEPT).is_none_or(|accept| {
            accept.to_str().is_ok_and(|text| text.contains("text/html") || text.contains("*/*"))
        });
        let page = if wants_page { with_reload(&faults, generation) } else { faults };
        return (StatusCode::INTERNAL_SERVER_ERROR, html(), page).into_response();
    }
    let Some(inner) = below(request.uri(), &base) else {
        return match is_entrance(request.uri().path(), &base) {
            true => see_other(&base),
            false => not_found(&output, generation).await,
        };
    };
    let mut files = ServeDir::new(&output);
    let request =
        match Request::builder().method(request.method().clone()).uri(inner).body(Body::empty()) {
            Ok(plain) => plain,
            Err(_) => return StatusCode::BAD_REQUEST.into_response(),
        };
    match files.try_call(request).await {
        Ok(answer) if answer.status() == StatusCode::NOT_FOUND => {
            not_found(&output, generation).await
        }
        Ok(answer) => finish(answer.map(Body::new), &base, generation).await,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A page on the internet must not read the preview through a name that it points here.
async fn local_only(request: Request, next: Next) -> Response<Body> {
    let host = request.headers().get(header::HOST);
    match host.is_none_or(|host| host.to_str().is_ok_and(is_local)) {
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

/// The path within the site; none for one outside its base path.
fn below(uri: &Uri, base: &str) -> Option<Uri> {
    let rest = uri.path().strip_prefix(base.trim_end_matches('/'))?;
    if !rest.starts_with('/') {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{rest}{query}").parse().ok()
}

fn see_other(base: &str) -> Response<Body> {
    match HeaderValue::from_str(base) {
        Ok(base) => (StatusCode::SEE_OTHER, [(header::LOCATION, base)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn not_found(output: &std::path::Path, generation: u64) -> Response<Body> {
    let page = tokio::fs::read_to_string(output.join("404.html")).await;
    let page = page.unwrap_or_else(|_| "<!DOCTYPE html><title>404</title><p>Not found".to_owned());
    (StatusCode::NOT_FOUND, html(), with_reload(&page, generation)).into_response()
}

/// Puts the reload script into pages, the base path before redirects, and forbids caching.
async fn finish(answer: Response<Body>, base: &str, generation: u64) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    head.headers.remove(header::LAST_MODIFIED);
    if let Some(to) = head.headers.get(header::LOCATION).and_then(|to| to.to_str().ok())
        && let Ok(to) = HeaderValue::from_str(&format!("{}{to}", base.trim_end_matches('/')))
    {
        head.headers.insert(header::LOCATION, to);
    }
    let is_page = head
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    if !is_page {
        return Response::from_parts(head, body);
    }
    match to_bytes(body, MAX_PAGE).await {
        Ok(bytes) => {
            let page = with_reload(&String::from_utf8_lossy(&bytes), generation);
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, Body::from(page))
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn html() -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")]
}

/// The page with the script before the end of its head, and leave for it to listen.
fn with_reload(page: &str, generation: u64) -> String {
    let script = format!(r#"<script src="/-/reload.js" data-generation="{generation}"></script>"#);
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
        let below =
            |path: &str, base| below(&path.parse().expect("a path"), base).map(|u| u.to_string());
        assert_eq!(below("/kvm/a/?x=1", "/kvm/"), Some("/a/?x=1".into()));
        assert_eq!(below("/kvm/", "/kvm/"), Some("/".into()));
        assert_eq!(below("/kvm", "/kvm/"), None);
        assert_eq!(below("/kvmx/", "/kvm/"), None);
        assert_eq!(below("/a/", "/"), Some("/a/".into()));
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
        let shown = with_reload(page, 7);
        assert!(shown.contains("default-src 'none'; connect-src 'self'; x"));
        assert!(shown.contains("data-generation=\"7\"></script></head><body>default-src 'none';"));
    }
}
