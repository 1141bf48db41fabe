"""What the office does around a run: its history, adding and importing people, exports, trainers."""
