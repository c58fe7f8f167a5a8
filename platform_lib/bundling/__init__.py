"""From a source directory to what a target takes: lock, tree, zip, layer, image context."""
