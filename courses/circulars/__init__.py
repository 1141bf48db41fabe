"""What the office writes to a group of a run: the text, who belongs to the group, the mails."""
