"""The demo: real-looking content in both languages, loaded through the product's own rules."""
