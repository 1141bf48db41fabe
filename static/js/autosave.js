// Saves an application whenever a field that was changed is left. The button does the same without this.
const form = document.querySelector("form[data-autosave]");
const status = form?.querySelector("[data-autosave-status]");
let isChanged = false;
let running = Promise.resolve();

async function save() {
  const data = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
  try {
    const answer = await fetch(form.dataset.autosave, { method: "POST", body: data });
    const type = answer.headers.get("content-type") ?? "";
    status.textContent = type.includes("json") ? (await answer.json()).message : status.dataset.failed;
  } catch {
    isChanged = true; // no network: the next field tries again
    status.textContent = status.dataset.failed;
  }
}

form?.addEventListener("input", () => {
  isChanged = true;
});
form?.addEventListener("focusout", () => {
  if (!isChanged || form.dataset.sent) return;
  isChanged = false;
  running = running.then(save); // one after another, or an old copy could win
});
