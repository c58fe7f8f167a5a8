"""What every test of the library goes by: an `apply` that a test makes must run."""

pytest_plugins = ["platform_lib.testing.plugin"]
