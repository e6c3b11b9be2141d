// A preview beside a form follows what is typed. Its page is not called anew but changed in place: Back still leads away from the form,
// and what is marked stays marked.
const form = document.querySelector("form[data-preview]");

if (form) {
  const frame = document.getElementById(form.dataset.preview);
  const marks = new WeakMap(); // of files that were sent once
  let timer;
  let running;

  const typed = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) {
      if (value instanceof File && marks.has(value)) {
        data.delete(name);
        data.set(`${name}_mark`, marks.get(value));
      }
    }
    return data;
  };

  const show = async () => {
    running?.abort();
    running = new AbortController();
    const data = typed();
    try {
      const answer = await fetch(form.dataset.previewAddress, { method: "POST", body: data, signal: running.signal });
      if (!answer.ok) return;
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const shown = frame.contentDocument;
      for (const [name, value] of data) {
        if (value instanceof File && value.size && next.body.dataset[name]) marks.set(value, next.body.dataset[name]);
      }
      shown.querySelector("[data-style]").href = next.querySelector("[data-style]").getAttribute("href");
      shown.body.replaceWith(shown.adoptNode(next.body));
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
  };

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  if (document.querySelector("[data-form-errors]")) frame.addEventListener("load", show, { once: true });

  // The machine's own picker of colors, beside what is typed.
  document.querySelectorAll("[data-color-of]").forEach((picker) => {
    const field = document.getElementById(picker.dataset.colorOf);
    const follow = () => {
      if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value;
    };
    picker.hidden = false;
    follow();
    field.addEventListener("input", follow);
    picker.addEventListener("input", () => {
      field.value = picker.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
}
