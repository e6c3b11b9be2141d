// Rows of a list in another order: by drag, with a mouse or a finger, and sent when they are let go. Without this script the buttons of each row do it.
const said = document.querySelector("[data-order-said]");
let held = null;

const send = (list) => {
  const form = document.getElementById(list.dataset.rows);
  for (const row of list.children) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "row";
    field.value = row.dataset.row;
    form.append(field);
  }
  form.requestSubmit();
};

for (const grip of document.querySelectorAll("[data-rows] [data-grip]")) {
  grip.classList.add("appointments-row__grip--ready");
  grip.addEventListener("pointerdown", (event) => {
    const row = grip.closest("[data-row]");
    held = { row, list: row.parentElement, place: [...row.parentElement.children].indexOf(row) };
    row.classList.add("appointments-row--held");
    event.preventDefault();
  });
}

// The page listens, not the grip: a row that is put elsewhere loses the pointer.
document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const over = [...held.list.children].find((row) => {
    const box = row.getBoundingClientRect();
    return row !== held.row && event.clientY > box.top && event.clientY < box.bottom;
  });
  if (!over) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(held.row);
  else over.after(held.row);
});

const drop = () => {
  if (!held) return;
  const { row, list, place } = held;
  held = null;
  row.classList.remove("appointments-row--held");
  const now = [...list.children].indexOf(row);
  said.textContent = `Number ${now + 1} of ${list.children.length}.`;
  if (now !== place) send(list);
};
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

document.querySelector("[data-moved]")?.focus();
