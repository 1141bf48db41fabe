"""What the Wagtail admin of every app is built from: policies, actions, deletion checks, panels, roles."""
