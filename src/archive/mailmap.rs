//! `.mailmap`: which names and addresses are one person (gitmailmap(5)).
