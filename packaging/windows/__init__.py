"""The Windows installer, and what the Windows programs say about themselves."""
