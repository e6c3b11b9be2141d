// What JavaScript adds; every page works without it.
import "./drafts.js";
import "./idle.js";
import "./preview.js";

// Menus close with Escape and by a click elsewhere, and give the focus back to their button.
const menus = () => document.querySelectorAll("details[data-menu][open]");

const close = (menu) => {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menus().forEach(close);
});

document.addEventListener("click", (event) => {
  menus().forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

// A password can be looked at before it is sent.
document.querySelectorAll("[data-show-password]").forEach((button) => {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
  // Sent as text it would be kept among what the browser remembers of forms.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
});

// What is to be typed elsewhere can be copied, where the browser lets us.
if (navigator.clipboard) {
  document.querySelectorAll("[data-copy]").forEach((button) => {
    const words = button.querySelector("[data-copy-words]");
    const before = words.textContent;
    const say = (text) => {
      words.textContent = text;
      button.nextElementSibling.textContent = text === before ? "" : text;
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        say("Copied");
      } catch {
        say("Select and copy it");
      }
      setTimeout(say, 2500, before);
    });
  });
}

// A form that acts is sent once, however often its button is pressed; coming back to the page opens it again. What opens a window of
// its own, or gives a file, leaves the page as it is, and may be pressed again.
const busy = new Set();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.target || event.submitter?.formTarget || "again" in form.dataset) return;
  if (busy.has(form)) event.preventDefault();
  busy.add(form);
});
addEventListener("pageshow", () => busy.clear());

// The summary of what is wrong in a form takes the focus, so that it is read out and the page stands there.
document.querySelector("[data-form-errors]")?.focus();
