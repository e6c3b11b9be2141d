// Without JavaScript the browser's own menu prints the page.
document.querySelectorAll("[data-plan-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
