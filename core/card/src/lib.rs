//! Reads an ICAO 9303 chip card and proves it genuine.
