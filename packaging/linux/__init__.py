"""Packages for Linux, and what makes the bundle small there."""
