//! The clinic desk: what a scanned text or picture means, offline.
