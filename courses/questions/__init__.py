"""Questions of a form, answers to them, drafts of applications, and voluntary statistics."""
