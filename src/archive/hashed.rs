//! Hash maps that are quick for short keys, as grouping has, and with a seed of their own,
//! so that nobody can write mail whose keys fall together. Nothing may depend on their order.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// A hash map.
pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// A hash set.
pub(crate) type Set<K> = HashSet<K, RandomState>;
