"""Ways to reach a robot, each a `deploy.runtime.link.Link`."""
