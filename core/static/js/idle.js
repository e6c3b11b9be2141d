// Two minutes before the office's idle limit the page asks whether somebody is still there; at the limit it leads to the sign-in page.
// Nothing is asked of the server in between: only a page or the button counts as being there.
const WARN_SECONDS = 120;
const main = document.querySelector("main[data-idle-seconds]");

const watch = () => {
  const dialog = document.getElementById("idle");
  const root = main.dataset.root ?? ""; // the office's pages have a sign-in of their own
  const limit = Number(main.dataset.idleSeconds) * 1000;
  let seen = Date.now();

  // The tabs of one browser share a session: being there in one is being there in all.
  const tabs = new BroadcastChannel("seen");
  const remember = () => {
    seen = Date.now();
    tabs.postMessage(main.dataset.account);
  };
  tabs.addEventListener("message", ({ data }) => {
    if (data === main.dataset.account) seen = Date.now();
  });

  const leave = () => location.replace(`${root}/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);

  const stay = async () => {
    dialog.close();
    const token = document.querySelector("#sign-out [name=csrf_token]").value;
    try {
      const answer = await fetch(`${root}/profile/stay`, { method: "POST", headers: { "X-CSRF-Token": token }, redirect: "manual" });
      if (answer.status === 204) remember();
      else leave();
    } catch {
      // No network: the clock runs on, and the button comes back.
    }
  };

  const look = () => {
    const left = seen + limit - Date.now();
    if (left <= 0) leave();
    else if (left <= WARN_SECONDS * 1000 && !dialog.open) dialog.showModal();
    else if (left > WARN_SECONDS * 1000 && dialog.open) dialog.close();
  };

  // What is sent after the limit would be refused, and lost.
  document.addEventListener(
    "submit",
    (event) => {
      if (Date.now() < seen + limit || event.target.id === "sign-out") return;
      event.preventDefault();
      leave();
    },
    true,
  );
  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    stay();
  });
  remember();
  setInterval(look, 1000);
};

if (main) watch();
