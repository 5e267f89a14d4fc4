//! Threads: mails tied by References and In-Reply-To, never by subject alone.
//!
//! Every Message-ID that is mentioned is a node; one whose mail is not in the archive is a
//! ghost, which still ties its answers together. Based on Jamie Zawinski's algorithm
//! (<https://www.jwz.org/doc/threading.html>), made independent of the order of mails: a
//! mail's own last reference decides its parent, ghosts take theirs from the chains that
//! mention them, and a loop is cut above its oldest mail.

use crate::archive::mails::BySymbol;
use crate::archive::texts::Symbol;
use crate::archive::{MailId, MailRef, Mails};

/// Index of a discussion in [`crate::archive::Archive::threads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

/// A discussion without patches.
#[derive(Clone, Debug)]
pub struct Thread {
    /// 10 characters of lower-case base 32: a hash of its first Message-ID.
    pub id: String,
    /// The title of its first mail, without `Re:` and prefixes.
    pub title: String,
    /// Its mails, by date.
    pub mails: Vec<MailId>,
}

/// A mail or a ghost: mails first, by their [`MailId`], then ghosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node(pub(crate) u32);

/// What answers what.
pub(crate) struct Tree {
    mails: usize,
    parents: Vec<Option<Node>>,
    /// The top of each node's thread, and how deep below it the node is.
    roots: Vec<(Node, u32)>,
}

impl Tree {
    /// Ties the mails, which stand in date order. `by_id` names the mail of each
    /// Message-ID; mails that share one with an earlier mail are not answered.
    pub(crate) fn of(mails: &Mails, by_id: &BySymbol) -> Tree {
        let mut names = Names { by_id, ghosts: mails.for_texts(None), next: mails.len() as u32 };
        let mut parents: Vec<Option<Node>> = vec![None; mails.len()];
        for (index, mail) in mails.iter().enumerate() {
            let own = Node(index as u32);
            let last = mail.reference_symbols().last().map(|&id| names.node(id));
            parents[index] = last.filter(|&parent| parent != own);
        }
        for mail in mails.iter() {
            tie_ghosts(mail, &mut names, mails.len(), &mut parents);
        }
        parents.resize(names.next as usize, None);
        cut_loops(&mut parents);
        let roots = roots_and_depths(&parents);
        Tree { mails: mails.len(), parents, roots }
    }

    /// The mail or ghost that a mail or ghost answers.
    pub(crate) fn parent(&self, node: Node) -> Option<Node> {
        self.parents[node.0 as usize]
    }

    /// The mail or ghost at the top.
    pub(crate) fn root(&self, node: Node) -> Node {
        self.roots[node.0 as usize].0
    }

    /// The mail behind a node; none for a ghost.
    pub(crate) fn mail(&self, node: Node) -> Option<MailId> {
        ((node.0 as usize) < self.mails).then_some(MailId(node.0))
    }

    /// The nearest mail above, ghosts passed over.
    pub(crate) fn mail_above(&self, mail: MailId) -> Option<MailId> {
        self.above(mail).find_map(|node| self.mail(node))
    }

    /// All nodes above a mail, nearest first.
    pub(crate) fn above(&self, mail: MailId) -> impl Iterator<Item = Node> + '_ {
        std::iter::successors(self.parent(Node(mail.0)), |&node| self.parent(node))
    }

    /// All mails, each after the one it answers, else by date.
    pub(crate) fn top_down(&self) -> Vec<MailId> {
        let depths = || self.roots[..self.mails].iter().map(|(_, depth)| *depth as usize);
        let mut places = vec![0usize; depths().max().map_or(0, |deepest| deepest + 2)];
        depths().for_each(|depth| places[depth + 1] += 1);
        for depth in 1..places.len() {
            places[depth] += places[depth - 1];
        }
        let mut mails = vec![MailId(0); self.mails];
        for (mail, depth) in (0..).map(MailId).zip(depths()) {
            mails[places[depth]] = mail;
            places[depth] += 1;
        }
        mails
    }
}

/// Message-IDs to nodes; those without a mail become ghosts.
struct Names<'a> {
    by_id: &'a BySymbol,
    /// By symbol.
    ghosts: Vec<Option<Node>>,
    next: u32,
}

impl Names<'_> {
    fn node(&mut self, id: Symbol) -> Node {
        if let Some(mail) = self.by_id.get(id) {
            return Node(mail.0);
        }
        *self.ghosts[id.index()].get_or_insert_with(|| {
            self.next += 1;
            Node(self.next - 1)
        })
    }
}

/// Ghosts answer what stands before them in the oldest chain that mentions them.
fn tie_ghosts(
    mail: MailRef<'_>,
    names: &mut Names<'_>,
    mails: usize,
    parents: &mut Vec<Option<Node>>,
) {
    for pair in mail.reference_symbols().windows(2) {
        let (above, below) = (names.node(pair[0]), names.node(pair[1]));
        let slot = below.0 as usize;
        if slot < mails || above == below {
            continue;
        }
        if parents.len() <= slot {
            parents.resize(slot + 1, None);
        }
        parents[slot].get_or_insert(above);
    }
}

/// Cuts each loop above its lowest node, the oldest mail in it.
fn cut_loops(parents: &mut [Option<Node>]) {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        No,
        OnPath,
        Done,
    }
    let mut visits = vec![Visit::No; parents.len()];
    let mut path: Vec<usize> = Vec::new();
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(node) = next.filter(|&node| visits[node] == Visit::No) {
            visits[node] = Visit::OnPath;
            path.push(node);
            next = parents[node].map(|parent| parent.0 as usize);
        }
        if let Some(met) = next.filter(|&node| visits[node] == Visit::OnPath) {
            let members = path.iter().rev().take_while(|&&node| node != met);
            let oldest = members.copied().min().unwrap_or(met).min(met);
            parents[oldest] = None;
        }
        path.drain(..).for_each(|node| visits[node] = Visit::Done);
    }
}

/// The root and the depth of every node of a forest without loops.
fn roots_and_depths(parents: &[Option<Node>]) -> Vec<(Node, u32)> {
    let mut found: Vec<Option<(Node, u32)>> = vec![None; parents.len()];
    let mut path: Vec<usize> = Vec::new();
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(node) = next.filter(|&node| found[node].is_none()) {
            path.push(node);
            next = parents[node].map(|parent| parent.0 as usize);
        }
        let mut above = next.and_then(|node| found[node]);
        while let Some(node) = path.pop() {
            let here = above.map_or((Node(node as u32), 0), |(root, depth)| (root, depth + 1));
            found[node] = Some(here);
            above = Some(here);
        }
    }
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(parents: &[i32]) -> Vec<Option<Node>> {
        parents.iter().map(|&p| u32::try_from(p).ok().map(Node)).collect()
    }

    #[test]
    fn a_loop_is_cut_above_its_oldest_mail() {
        let mut parents = nodes(&[2, 0, 1, 2, -1]);
        cut_loops(&mut parents);
        assert_eq!(parents, nodes(&[-1, 0, 1, 2, -1]));
        let roots: Vec<_> = roots_and_depths(&parents).iter().map(|(n, d)| (n.0, *d)).collect();
        assert_eq!(roots, [(0, 0), (0, 1), (0, 2), (0, 3), (4, 0)]);
    }

    #[test]
    fn a_long_chain_costs_no_more_than_its_length() {
        let n = 300_000;
        let mut parents: Vec<_> = (0..n).map(|i| Some(Node((i + 1) % n))).collect();
        cut_loops(&mut parents);
        assert_eq!(parents[0], None);
        assert_eq!(roots_and_depths(&parents)[1], (Node(0), n - 1));
    }
}
