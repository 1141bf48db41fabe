// Saves an application whenever a field that was changed is left. The button does the same without this.
const form = document.querySelector("form[data-autosave]");
const status = form?.querySelector("[data-autosave-status]");
const DELAY = 400; // milliseconds, so that pressing a button does not save first
let isChanged = false;
let timer = 0;
let request = null;
let running = Promise.resolve();

async function save() {
  if (form.dataset.sent) return;
  const data = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
  request = new AbortController();
  try {
    const answer = await fetch(form.dataset.autosave, { method: "POST", body: data, signal: request.signal });
    const type = answer.headers.get("content-type") ?? "";
    status.textContent = type.includes("json") ? (await answer.json()).message : status.dataset.failed;
  } catch {
    if (request.signal.aborted) return;
    isChanged = true; // no network: the next field tries again
    status.textContent = status.dataset.failed;
  }
}

form?.addEventListener("input", () => {
  isChanged = true;
});
form?.addEventListener("focusout", () => {
  if (!isChanged) return;
  isChanged = false;
  clearTimeout(timer);
  timer = setTimeout(() => {
    running = running.then(save); // one after another, or an old copy could win
  }, DELAY);
});
form?.addEventListener("submit", () => {
  clearTimeout(timer);
  request?.abort();
});
