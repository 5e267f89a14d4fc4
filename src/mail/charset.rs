//! Bytes of a declared charset to text.
