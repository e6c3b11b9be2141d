// The print button of a receipt; without JavaScript the browser's own menu prints just as well.
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
