// a click on a column's name sorts the table by it, and another one the other way round
for (const button of document.querySelectorAll(".sortable th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") !== "descending" && head.cellIndex > 0 || head.getAttribute("aria-sort") === "ascending";
    const value = (row) => Number(row.cells[head.cellIndex].dataset.v);
    const rows = [...body.rows].sort((a, b) => down ? value(b) - value(a) : value(a) - value(b));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  });
}
