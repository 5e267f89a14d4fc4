//! The preview: builds the site, serves it on this machine under its own base path, and
//! builds it again when something it is made of changes.
//!
//! The site is the one that `patchpress build` writes; what the preview adds (the script
//! that keeps an open page as new as its file) is put into the answers and never into the
//! files. While the sources are faulty, the faults lie over open pages and stand in the place
//! of others, and go by themselves.

mod answer;
mod faults;
mod news;
mod place;
mod watch;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use tokio::net::TcpListener;
use tokio::sync::watch as generations;

use crate::diagnostic::Diagnostic;
use crate::site::resident::Onlooker;

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
    /// Whether any file of the site is another one since.
    pub changed: bool,
}

/// Builds the site; none if the build was superseded.
pub type Build = Box<dyn Fn(&Onlooker<'_>) -> Option<Built> + Send + Sync>;

/// Which port the preview takes, on the loopback address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one and no other; 0 stands for any that is free.
    Given(u16),
    /// This one or, where it is taken, the next one that is free.
    From(u16),
}

/// Where the preview is.
#[derive(Debug)]
pub struct Ready {
    /// The address of the start page.
    pub address: String,
    /// The port that would have been taken, where it wasn't free.
    pub taken: Option<u16>,
}

/// What the preview is to do.
pub struct Preview {
    /// Where it listens.
    pub port: Port,
    /// Builds the site. Called at the start, and after each change.
    pub build: Build,
    /// Told the address once the preview answers.
    pub ready: Box<dyn FnOnce(&Ready) + Send>,
}

/// What is shown now.
struct Shown {
    built: RwLock<Built>,
    /// Counts what open pages were told of.
    generation: generations::Sender<u64>,
    /// The pages that are open.
    open: news::Open,
}

impl Shown {
    /// Shows what a build came to, and tells open pages if that is anything new.
    fn replace(&self, built: Built) {
        let mut shown = self.built.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let news = built.changed || built.faults != shown.faults;
        *shown = built;
        drop(shown);
        if news {
            self.tell();
        }
    }

    /// Lets open pages look whether they have changed.
    fn tell(&self) {
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
    let (listener, taken) = runtime.block_on(listen(port))?;
    let port = listener.local_addr().map_err(|e| failed("can't start the preview", &e))?.port();
    let (generation, _) = generations::channel(1);
    let shown = Arc::new(Shown { built: RwLock::default(), generation, open: Default::default() });
    *shown.built.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = watch::first(&build);
    let address =
        format!("http://{}:{port}{}", Ipv4Addr::LOCALHOST, shown.with(|b| b.base_path.clone()));
    watch::start(Arc::clone(&shown), build).map_err(|e| {
        failed("can't watch the site for changes", &e)
            .hint("the system may allow more watches: on Linux, see fs.inotify.max_user_watches")
    })?;
    ready(&Ready { address, taken });
    let served = runtime.block_on(async {
        let app = answer::router(shown);
        axum::serve(listener, app).with_graceful_shutdown(interrupted()).await
    });
    served.map_err(|e| failed("the preview ended", &e))
}

/// How many ports are tried, one after the other.
const TRIED: u16 = 20;

/// Listens, and says which port it would have been if that was taken.
async fn listen(port: Port) -> Result<(TcpListener, Option<u16>), Diagnostic> {
    let wanted = match port {
        Port::Given(port) | Port::From(port) => port,
    };
    let error = match bind(wanted).await {
        Ok(listener) => return Ok((listener, None)),
        Err(error) => error,
    };
    let fault = failed(&format!("can't listen on {}", loopback(wanted)), &error);
    let next = match error.kind() {
        ErrorKind::AddrInUse => free_after(wanted).await,
        _ => return Err(fault),
    };
    match (port, next) {
        (Port::From(_), Some(next)) => Ok((next, Some(wanted))),
        (_, Some(next)) => {
            let next = next.local_addr().map_or(0, |address| address.port());
            let hint = format!("`--port {next}` takes one that is free, `--port 0` any");
            Err(fault.hint(hint))
        }
        (_, None) => Err(fault.hint("`--port 0` takes any port that is free")),
    }
}

/// The next port that is free.
async fn free_after(port: u16) -> Option<TcpListener> {
    for next in port.checked_add(1)?..=port.saturating_add(TRIED) {
        if let Ok(listener) = bind(next).await {
            return Some(listener);
        }
    }
    None
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(loopback(port)).await
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
