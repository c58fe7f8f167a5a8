"""What stands before a function: an HTTP API, a URL of its own, a load balancer, or nothing."""
