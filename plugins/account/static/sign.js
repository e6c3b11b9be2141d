// Drawing a signature; without JavaScript the typed name is the signature.
document.querySelectorAll("[data-sign]").forEach((part) => {
  const pad = part.querySelector("svg");
  const path = pad.querySelector("path");
  const field = part.querySelector("input");
  const strokes = [];
  let stroke = null;
  const show = () => {
    field.value = strokes.map((points) => points.map((point) => point.join(",")).join(" ")).join(";").slice(0, 20000);
    path.setAttribute("d", strokes.map((points) => "M" + points.map((point) => point.join(" ")).join("L")).join(""));
  };
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    return [Math.max(0, Math.round(((event.clientX - box.left) / box.width) * 400)), Math.max(0, Math.round(((event.clientY - box.top) / box.height) * 120))];
  };
  part.hidden = false;
  pad.addEventListener("pointerdown", (event) => { stroke = [at(event)]; strokes.push(stroke); pad.setPointerCapture(event.pointerId); show(); });
  pad.addEventListener("pointermove", (event) => { if (stroke) { stroke.push(at(event)); show(); } });
  pad.addEventListener("pointerup", () => { stroke = null; });
  part.querySelector("button").addEventListener("click", () => { strokes.length = 0; show(); });
});
