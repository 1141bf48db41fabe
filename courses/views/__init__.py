"""HTTP for courses: look up, check, form, rule, message, redirect. GET never writes."""
