"""HTTP for coaching: look up, check, form, rule, message, redirect. GET never writes."""
