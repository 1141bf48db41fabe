// Only makes the page nicer; everything works without it.

// After a failed form the errors come first, also for a screen reader.
document.querySelector(".error-summary")?.focus();

// A form is sent once, even if its button is pressed twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});
