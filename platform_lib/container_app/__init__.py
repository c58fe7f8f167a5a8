"""ContainerApp: a web app in containers, on ECS."""
