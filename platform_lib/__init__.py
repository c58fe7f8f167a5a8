"""One web app on virtual machines, a function or containers on AWS, from the same inputs."""
