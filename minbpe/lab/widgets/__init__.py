"""The widgets of the lab."""
