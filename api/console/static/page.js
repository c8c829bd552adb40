// Opens dialogs for what htmx brings, and marks parts whose request failed on the way. Decides nothing.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener) return;
  const dialog = document.getElementById(opener.dataset.opens);
  dialog.querySelector("#frame-body").replaceChildren();
  dialog.showModal();
});
