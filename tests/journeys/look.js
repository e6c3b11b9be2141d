// What a script can see of a page as it stands: what does not fit, what is cut off, and what the keyboard must reach.
window.look = (() => {
  const named = (one) => one.outerHTML.slice(0, 110);
  const hidden = ".visually-hidden, .skip-link, dialog:not([open]), svg, input, option, iframe, [hidden]";
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 0;
  const scrolls = (one, style) => /auto|scroll/.test(style.overflowX);

  // How far the words in a box stand out of it.
  const spilt = (one) => {
    const box = one.getBoundingClientRect(), range = document.createRange();
    const words = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    return Math.max(0, ...words.map((node) => (range.selectNodeContents(node), Math.round(range.getBoundingClientRect().right - box.right))));
  };

  // Wider than the screen, spilt out of its box, or cut by it. What ends in dots or after some lines is meant so.
  const misfits = () => {
    const found = [], wide = document.documentElement, unseen = [];
    if (wide.scrollWidth > wide.clientWidth) found.push(`wider than the screen by ${wide.scrollWidth - wide.clientWidth}`);
    for (const one of document.querySelectorAll("body *")) {
      if (one.closest(hidden) || unseen.some((place) => place.contains(one)) || !isShown(one)) continue;
      const style = getComputedStyle(one);
      if (style.clipPath !== "none") unseen.push(one);
      if (style.display === "inline" || scrolls(one, style) || style.clipPath !== "none") continue;
      if (style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none") continue;
      const clips = /hidden|clip/.test(style.overflowX + style.overflowY);
      const over = clips ? one.scrollWidth - one.clientWidth : spilt(one), below = clips ? one.scrollHeight - one.clientHeight : 0;
      if (over > 1 || below > 1) found.push(`cut off or spilt by ${over} beside, ${below} below: ${named(one)}`);
    }
    return found;
  };

  // Too low for a thumb: whole targets, not links inside a sentence. What lies upon its row or its line is as large as that.
  const small = () =>
    [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")].filter((one) => {
      if (one.closest(".visually-hidden, .skip-link, dialog:not([open]), [inert]") || !isShown(one)) return false;
      if (getComputedStyle(one).display === "inline" || one.closest(".list-row__title")) return false;
      return (one.closest("label") ?? one).getBoundingClientRect().height < 43.5;
    }).map((one) => `too low to be tapped: ${named(one)}`);

  // What can be reached by keyboard, in the order of the document; of a group of radio buttons one.
  const reachable = () => {
    const groups = new Set();
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((one) => {
      if (one.disabled || one.tabIndex < 0 || one.type === "hidden" || !isShown(one) || one.closest("[inert], dialog:not([open])")) return false;
      if (one.type !== "radio") return true;
      const group = `${one.form?.id} ${one.name}`;
      const chosen = [...document.querySelectorAll(`input[type=radio][name="${one.name}"]`)].find((other) => other.form === one.form && other.checked);
      if (chosen ? chosen !== one : groups.has(group)) return false;
      return groups.add(group);
    });
  };

  // A row whose title is a link has the ring in its place, and so has the line of a choice.
  const hasRing = (one) => [one, one.closest("li"), one.closest("label")].some((place) => {
    const style = place && getComputedStyle(place);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  });

  const unseen = (one) => {
    if (!hasRing(one)) return "without a ring";
    const box = one.getBoundingClientRect();
    const x = Math.min(Math.max(box.x + Math.min(box.width / 2, 20), 1), innerWidth - 1), y = box.y + Math.min(box.height / 2, 20);
    const there = document.elementFromPoint(x, y);
    const isThere = there && (one.contains(there) || there.contains(one) || one.labels?.length && [...one.labels].some((label) => label.contains(there)));
    return isThere ? "" : `behind ${there ? named(there) : "the edge of the screen"}`;
  };

  let stops = [], wanted = [], faults = [];
  document.addEventListener("focusin", ({ target }) => {
    stops.push(target);
    const fault = unseen(target);
    if (fault) faults.push(`focused ${fault}: ${named(target)}`);
  });

  return {
    misfits,
    small,
    // Begin a walk by Tab: gives how often it must be pressed at least.
    begin: () => {
      wanted = reachable();
      wanted[0]?.focus();
      stops = [], faults = [];
      return wanted.length - 1;
    },
    // Whether the last stop is reached. A field for a day, and a frame, have stops of their own.
    isThrough: () => wanted.length < 2 || stops.includes(wanted.at(-1)),
    // What was wrong with it. From the last stop the focus leaves the page.
    end: () => {
      const found = faults;
      document.querySelectorAll("[tabindex]").forEach((one) => one.tabIndex > 0 && found.push(`an order of its own: ${named(one)}`));
      const astray = wanted.slice(1).findIndex((one, place) => one !== stops[place]);
      if (astray >= 0) found.push(`Tab leads from ${named(wanted[astray])} to ${stops[astray] ? named(stops[astray]) : "nowhere"}, not to ${named(wanted[astray + 1])}`);
      if (wanted.length && !wanted[0].matches(".skip-link")) found.push("no link to the content first");
      for (const menu of document.querySelectorAll("details[data-menu]")) {
        menu.open = true;
        menu.querySelector("summary").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
        if (menu.open) found.push(`Escape does not close ${named(menu)}`);
        menu.open = false;
      }
      document.activeElement.blur();
      return found;
    },
  };
})();
