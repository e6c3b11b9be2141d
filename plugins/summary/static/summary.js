// A document from outside stands in a frame; with its whole height the page scrolls as one. Without this the frame scrolls by itself.
document.querySelectorAll("[data-summary-frame]").forEach((frame) => {
  const fit = () => {
    const inside = frame.contentDocument && frame.contentDocument.documentElement;
    if (inside) frame.style.height = `${inside.scrollHeight}px`;
  };
  const watch = () => {
    fit();
    if (frame.contentDocument && frame.contentDocument.body) new ResizeObserver(fit).observe(frame.contentDocument.body);
  };
  frame.addEventListener("load", watch);
  if (frame.contentDocument && frame.contentDocument.readyState === "complete") watch();
});
