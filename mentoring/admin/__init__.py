"""Coaching in the Wagtail admin: mentors with their weekly times, slots, and what rules made of them."""
