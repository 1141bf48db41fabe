"""What a manager does for the people of an organisation: enroll several, give a place away, see where they are."""
