//! A digest as text, in the layout of `digest.txt`.
