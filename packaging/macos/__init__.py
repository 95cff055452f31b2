"""The macOS application's description and disk image."""
