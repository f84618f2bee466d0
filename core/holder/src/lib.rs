//! The wallet's use cases: account, keys, issuance, present, history, store.
