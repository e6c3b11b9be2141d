// What was typed is kept while this tab is open, and put back when the portal signed the person out and they came again.
// Never passwords, codes or cards; gone as soon as the form is sent, the person signs out, or another one signs in.
const PREFIX = "draft:";
const AWAY = "signed-out";
const SECRET = /password|card|code|token|secret/i;

const main = document.querySelector("main[data-account]");
const owner = main && `${PREFIX}${main.dataset.account}:`;
const key = main && `${owner}${main.dataset.person}:${location.pathname}`;

// Storage may be full or forbidden; then there are no drafts.
const quietly = (act) => {
  try {
    return act();
  } catch {
    return null;
  }
};

const drafts = () => Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
const forget = (names) => names.forEach((name) => sessionStorage.removeItem(name));

const isKept = (field) =>
  field.name &&
  !["hidden", "password", "file", "submit", "button"].includes(field.type) &&
  !SECRET.test(field.name) &&
  !/^cc-|password|one-time-code/.test(field.autocomplete || "") &&
  field.form?.method === "post" &&
  !field.closest("[data-no-draft]");

const fields = () => [...main.querySelectorAll("input, select, textarea")].filter(isKept);

const keep = () => {
  const kept = fields().map((field) => [field.form.getAttribute("action"), field.name, field.value, Boolean(field.checked)]);
  sessionStorage.setItem(key, JSON.stringify(kept));
};

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";

const putBack = (kept) => {
  fields().forEach((field) => {
    const found = kept.find(
      ([action, name, value]) => action === field.form.getAttribute("action") && name === field.name && (!isChoice(field) || value === field.value),
    );
    if (!found) return;
    if (isChoice(field)) field.checked = found[3];
    else field.value = found[2];
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
};

const open = () => {
  forget(drafts().filter((name) => !name.startsWith(owner)));
  const found = sessionStorage.getItem(key);
  if (found && sessionStorage.getItem(AWAY)) {
    putBack(JSON.parse(found));
    sessionStorage.removeItem(AWAY);
  } else if (!sessionStorage.getItem(AWAY)) {
    forget(drafts());
  }
};

if (main) {
  quietly(open);
  main.addEventListener("input", (event) => isKept(event.target) && quietly(keep));
  document.addEventListener("submit", (event) => {
    // Another listener holds the form back when the session is over: then the draft is still needed.
    if (event.defaultPrevented) return;
    if (event.target.id === "sign-out") quietly(() => forget([...drafts(), AWAY]));
    else if (event.target.method === "post" && main.contains(event.target)) quietly(() => forget([key]));
  });
} else if (document.getElementById("sign-in")) {
  quietly(() => drafts().length && sessionStorage.setItem(AWAY, "yes"));
}
