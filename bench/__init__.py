"""How fast the site is, each figure beside a yardstick taken in the same minutes on the same machine."""
