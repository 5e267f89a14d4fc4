//! Headers: unfolding, encoded words, Message-IDs.
