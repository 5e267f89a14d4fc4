//! A digest as JSON, `digest.json`.
