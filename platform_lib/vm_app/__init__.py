"""VmApp: a web app on virtual machines, on EC2."""
