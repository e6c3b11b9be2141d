// The order of the tabs at the office: by drag, and by its buttons without loading the page anew. Without this script the buttons load it.
const list = document.querySelector("[data-order]");

const say = (card) => {
  const cards = [...list.children];
  const name = card.querySelector(".office-tab__title").textContent.trim();
  document.querySelector("[data-order-said]").textContent = `${name} is number ${cards.indexOf(card) + 1} of ${cards.length}.`;
};

const mark = () => {
  const cards = [...list.children];
  cards.forEach((card, place) => {
    const [up, down] = card.querySelectorAll("[name=move]");
    up.toggleAttribute("aria-disabled", place === 0);
    down.toggleAttribute("aria-disabled", place === cards.length - 1);
    [up, down].forEach((button) => button.hasAttribute("aria-disabled") && button.setAttribute("aria-disabled", "true"));
  });
};

list?.addEventListener("click", (event) => {
  const button = event.target.closest("[name=move]");
  if (!button) return;
  event.preventDefault();
  const card = button.closest("li");
  if (button.value.endsWith(" up")) card.previousElementSibling?.before(card);
  else card.nextElementSibling?.after(card);
  mark();
  say(card);
  button.focus();
  card.scrollIntoView({ block: "nearest" });
});

// Dragged by its icon, with a mouse or a finger. The page listens, not the icon: a card that is put elsewhere loses the pointer.
let held = null;
list?.querySelectorAll(".office-tab__icon").forEach((grip) => {
  grip.classList.add("office-tab__grip");
  grip.addEventListener("pointerdown", (event) => {
    held = grip.closest("li");
    held.classList.add("office-tab--held");
    event.preventDefault();
  });
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const over = [...list.children].find((card) => {
    const box = card.getBoundingClientRect();
    return card !== held && event.clientY > box.top && event.clientY < box.bottom;
  });
  if (!over) return;
  const box = over.getBoundingClientRect();
  const isUpper = event.clientY < box.top + box.height / 2;
  if (isUpper && over.previousElementSibling !== held) over.before(held);
  if (!isUpper && over.nextElementSibling !== held) over.after(held);
});

const drop = () => {
  if (!held) return;
  held.classList.remove("office-tab--held");
  mark();
  say(held);
  held = null;
};
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

document.querySelector("[data-moved]")?.focus();
