//! The preview: builds the site, serves it on this machine under its own base path, and
//! builds it again when something it is made of changes.
//!
//! The site is the one that `patchpress build` writes; what the preview adds (the script
//! that reloads the page) is put into the answers and never into the files. While the
//! sources are faulty, every page shows the faults instead, and heals itself.

mod answer;
mod faults;
mod watch;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use tokio::net::TcpListener;
use tokio::sync::watch as generations;

use crate::diagnostic::Diagnostic;

/// What a build came to.
#[derive(Debug, Default)]
pub struct Built {
    /// Where the site is.
    pub output: PathBuf,
    /// The path of the site's base URL, with a slash at both ends.
    pub base_path: String,
    /// Files and directories that the site is made of.
    pub watched: Vec<PathBuf>,
    /// What is wrong, if it could not be built.
    pub faults: Vec<Diagnostic>,
}

/// What the preview is to do.
pub struct Preview {
    /// Port on the loopback address; 0 takes a free one.
    pub port: u16,
    /// Builds the site. Called at the start, and after each change.
    pub build: Box<dyn Fn() -> Built + Send + Sync>,
    /// Told the address once the preview answers.
    pub ready: Box<dyn FnOnce(&str) + Send>,
}

/// What is shown now.
struct Shown {
    built: RwLock<Built>,
    /// Counts the builds; pages reload when it rises.
    generation: generations::Sender<u64>,
}

impl Shown {
    fn replace(&self, built: Built) {
        *self.built.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = built;
        self.generation.send_modify(|generation| *generation += 1);
    }

    fn with<T>(&self, look: impl FnOnce(&Built) -> T) -> T {
        look(&self.built.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// Runs the preview until it is interrupted.
///
/// # Errors
///
/// Where the port is taken or watching is not possible.
pub fn run(preview: Preview) -> Result<(), Diagnostic> {
    let Preview { port, build, ready } = preview;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| failed("can't start the preview", &e))?;
    let listener = runtime.block_on(listen(port))?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    let (generation, _) = generations::channel(0);
    let shown = Arc::new(Shown { built: RwLock::new(Built::default()), generation });
    shown.replace(build());
    let address =
        format!("http://{}:{port}{}", Ipv4Addr::LOCALHOST, shown.with(|b| b.base_path.clone()));
    watch::start(Arc::clone(&shown), build).map_err(|e| {
        failed("can't watch the site for changes", &e)
            .hint("the system may allow more watches: on Linux, see fs.inotify.max_user_watches")
    })?;
    ready(&address);
    let served = runtime.block_on(async {
        let app = answer::router(shown);
        axum::serve(listener, app).with_graceful_shutdown(interrupted()).await
    });
    served.map_err(|e| failed("the preview ended", &e))
}

async fn listen(port: u16) -> Result<TcpListener, Diagnostic> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|error| {
        let next = port.checked_add(1).unwrap_or(port - 1);
        failed(&format!("can't listen on {address}"), &error)
            .hint(format!("`--port {next}` takes another port, `--port 0` any that is free"))
    })
}

fn failed(what: &str, error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic::error(format!("{what}: {error}"))
}

async fn interrupted() {
    // Without a signal handler, the default action ends the process just as well.
    if tokio::signal::ctrl_c().await.is_ok() {
        // Browsers hold the event stream open; waiting for them would hang.
        std::process::exit(0);
    }
}
