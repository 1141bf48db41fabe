// Passkeys: shown where the browser knows them; a failure says so instead of nothing happening.
for (const part of document.querySelectorAll("[data-needs-passkeys]")) {
  part.hidden = !window.PublicKeyCredential;
}
document.addEventListener("allauth.error", () => {
  for (const line of document.querySelectorAll("[data-passkey-error]")) line.hidden = false;
});
