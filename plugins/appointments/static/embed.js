/* For an office's website: puts the booking page of a clinic after this script, and makes it as high as it needs to be.
   <script src="https://…/appointments/online/embed.js" data-clinic="…" async></script>
   The website hears of a booking by the event "cuspid:booked" of the frame. */
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const frame = document.createElement("iframe");
  const address = new URL(`/appointments/online/${encodeURIComponent(script.dataset.clinic || "")}`, home);
  for (const [name, value] of new URLSearchParams(location.search)) if (name.startsWith("utm_")) address.searchParams.set(name, value);
  frame.src = address;
  frame.title = script.dataset.title || "Book a visit";
  Object.assign(frame.style, { width: "100%", height: "56rem", border: "0", display: "block" });
  script.after(frame);
  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin !== home || source !== frame.contentWindow) return;
    const said = data?.cuspid;
    if (Number.isFinite(said?.height)) frame.style.height = `${Math.min(Math.max(said.height, 200), 20000)}px`;
    if (said === "booked") frame.dispatchEvent(new CustomEvent("cuspid:booked", { bubbles: true }));
  });
})();
