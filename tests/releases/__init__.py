"""Installations of earlier releases, as dumps: what every later one must be able to take over."""
