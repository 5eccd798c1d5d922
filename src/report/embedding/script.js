const marks = [...document.querySelectorAll(".m")], find = (id) => document.getElementById(id);
for (const mark of marks) mark.dataset.t = mark.getAttribute("transform").slice(10, -1);
const buttons = [...document.querySelectorAll(".classes button")], hidden = new Set(), only = find("wrong");
let picked = -1;

// no mark is picked: the card says how to pick one
function drop() {
  if (picked >= 0) marks[picked].classList.remove("on");
  picked = -1;
  find("hint").hidden = false;
  find("about").hidden = find("text").hidden = true;
  find("name").textContent = "";
  if (find("look")) find("look").hidden = true;
}

function pick(number) {
  drop();
  picked = number;
  const mark = marks[number], { l, a, n, x } = mark.dataset;
  mark.classList.add("on");
  find("hint").hidden = true;
  find("about").hidden = !l && !a;
  find("text").hidden = !x;
  find("text").textContent = x || "";
  find("class").textContent = l || "–";
  find("answer").textContent = a || "–";
  find("name").textContent = n;
  const look = find("look"), sprite = find("sprite");
  if (!look) return;
  const side = look.width, columns = Number(look.dataset.columns);
  look.hidden = false;
  look.getContext("2d").drawImage(sprite, (number % columns) * side, Math.floor(number / columns) * side, side, side, 0, 0, side, side);
}

function filter() {
  for (const mark of marks) {
    mark.classList.toggle("gone", hidden.has(mark.dataset.c) || !!only?.checked && !mark.classList.contains("w"));
  }
  for (const button of buttons) button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.c)));
  if (picked >= 0 && marks[picked].classList.contains("gone")) drop();
}

const plane = find("plane");
for (const event of ["pointerover", "click"]) {
  plane.addEventListener(event, ({ target }) => target.classList.contains("m") && pick(marks.indexOf(target)));
}
plane.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by || !marks.length) return;
  event.preventDefault();
  let next = picked;
  for (let tries = 0; tries < marks.length; tries++) {
    next = (next + by + marks.length) % marks.length;
    if (!marks[next].classList.contains("gone")) return pick(next);
  }
});
for (const button of buttons) {
  button.addEventListener("click", () => {
    const own = button.dataset.c;
    // the first click shows this class alone
    if (!hidden.size) buttons.forEach((other) => other.dataset.c !== own && hidden.add(other.dataset.c));
    else if (hidden.has(own)) hidden.delete(own);
    else hidden.add(own);
    if (hidden.size === buttons.length) hidden.clear();
    filter();
  });
}
find("all")?.addEventListener("click", () => { hidden.clear(); filter(); });
only?.addEventListener("change", filter);
find("by")?.addEventListener("change", ({ target }) => {
  const colours = find("scale").dataset.colours.split(" ");
  for (const mark of marks) mark.setAttribute("fill", colours[mark.dataset.v.split(" ")[target.value]]);
  for (const ends of document.querySelectorAll(".ends")) ends.hidden = ends.dataset.k !== target.value;
});
for (const input of document.querySelectorAll("input[name=view]")) {
  input.addEventListener("change", () => {
    for (const mark of marks) mark.setAttribute("transform", `translate(${mark.dataset[input.value === "pca" ? "p" : "t"]})`);
    for (const caption of document.querySelectorAll("figcaption")) caption.hidden = caption.dataset.view !== input.value;
  });
}
