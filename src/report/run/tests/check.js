// looks at a page in its frame, and tells the page around it
addEventListener("load", async () => {
  for (const more of document.querySelectorAll("details")) more.open = true;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => 0)));
  const say = (what) => problems.length < 40 && problems.push(what);
  for (const image of document.images) if (!image.naturalWidth) say("picture: " + image.alt + " " + image.src.slice(0, 60));
  for (const { name } of performance.getEntriesByType("resource")) if (!name.startsWith("data:")) say("request: " + name);
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth + 1) say("wide: " + page.scrollWidth + " of " + innerWidth);
  const about = (text) => JSON.stringify(text.trim().slice(0, 50));
  // where a text is seen: cut by all that scrolls or hides around it
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, title, noscript")) continue;
    const style = getComputedStyle(parent);
    if (!parent.checkVisibility() || style.visibility === "hidden" || style.fontSize === "0px") continue;
    // emoji and letters of East Asia stand upright in a vertical line otherwise, and on their heads in one that is turned
    if (style.writingMode !== "horizontal-tb" && style.textOrientation !== "sideways") say("upright: " + about(node.data));
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom];
      let hides = null;
      for (let box = parent; box && box !== document.body; box = box.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(box);
        if (overflowX === "visible" && overflowY === "visible") continue;
        if (box instanceof SVGElement && box.tagName !== "svg") continue;
        const inside = box.getBoundingClientRect();
        if (overflowX === "hidden" && (left < inside.left - 1.5 || right > inside.right + 1.5)) hides = box;
        if (overflowY === "hidden" && (top < inside.top - 1.5 || bottom > inside.bottom + 1.5)) hides = box;
        left = Math.max(left, inside.left); right = Math.min(right, inside.right);
        top = Math.max(top, inside.top); bottom = Math.min(bottom, inside.bottom);
      }
      if (hides) say("cut: " + about(node.data) + " by " + hides.tagName + "." + hides.getAttribute("class"));
      if (right - left > 1 && bottom - top > 1) texts.push({ node, left, top, right, bottom });
    }
  }
  texts.sort((a, b) => a.top - b.top);
  for (let i = 0; i < texts.length; i++) {
    const a = texts[i];
    for (let j = i + 1; j < texts.length && texts[j].top < a.bottom; j++) {
      const b = texts[j];
      if (a.node === b.node) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // the boxes of lines touch; letters meet where much of both is shared
      if (wide > 2 && high > 0.35 * Math.min(a.bottom - a.top, b.bottom - b.top)) {
        say("overlap: " + about(a.node.data) + " and " + about(b.node.data));
      }
    }
  }
  parent.postMessage({ name: "NAME", width: innerWidth, problems }, "*");
});
