//! Reads all mail of a source and does nothing with it, to measure what reading costs:
//! `cargo run --release --example read -- mbox FILE`, or `maildir`, or `public_inbox`.

use patchpress::config::SourceConfig;
use patchpress::source::Store;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let source = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["mbox", path] => SourceConfig::Mbox(path.into()),
        ["maildir", path] => SourceConfig::Maildir(path.into()),
        ["public_inbox", path] => SourceConfig::PublicInbox(path.into()),
        _ => return eprintln!("usage: read mbox|maildir|public_inbox PATH"),
    };
    let (store, mut diagnostics) = Store::open(&[&[source]]);
    let (mails, more) = store.scan(|mail| mail.bytes.len(), &|_| {});
    diagnostics.extend(more);
    for diagnostic in &diagnostics {
        eprintln!("{}", diagnostic.message);
    }
    let bytes: usize = mails.iter().flatten().sum();
    println!("{} mails, {bytes} bytes", mails.iter().map(Vec::len).sum::<usize>());
}
