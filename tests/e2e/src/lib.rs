//! The whole path and the edges of each command, on real parts.
