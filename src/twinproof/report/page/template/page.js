// A reader's choices apply to figures and tables: both name their environment, twin and style.
const COLUMNS = { environment: ["environment", "writer"], twin: ["twin"], style: ["style"] };
const WORDS = { environment: "environments", twin: "twins", style: "styles" };
const form = document.querySelector("#choices");
const offered = {}, chosen = {};

function readChoices() {
  for (const key of Object.keys(COLUMNS)) {
    const boxes = [...form.querySelectorAll(`input[name="${key}"]`)];
    offered[key] = new Set(boxes.map((box) => box.value));
    chosen[key] = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  }
}

// Values that are not offered, such as a control, are always shown.
const isChosen = (key, value) => !offered[key].has(value) || chosen[key].has(value);
const isRowChosen = (row) => Object.entries(COLUMNS).every(([key, names]) => names.every((name) => isChosen(key, row[name])));
const isElementChosen = (element) => Object.keys(COLUMNS).every((key) => isChosen(key, element.dataset[key]));

function sayChoices() {
  const told = [];
  for (const key of Object.keys(COLUMNS)) {
    const count = form.querySelector(`[data-of="${key}"]`);
    const all = chosen[key].size === offered[key].size;
    if (count) count.textContent = all ? "" : `${chosen[key].size} of ${offered[key].size}`;
    if (!all) told.push(`${chosen[key].size} of ${offered[key].size} ${WORDS[key]}`);
  }
  form.querySelector("button").hidden = !told.length;
  form.querySelector("output").textContent = told.length ? `Figures and tables show ${told.join(", ")}; sentences describe all.` : "";
}

class Figure {
  constructor(element) {
    this.element = element;
    this.drawing = element.querySelector(".drawing");
    this.source = element.querySelector("script");
    this.isStale = true;
  }

  async update() {
    this.isStale = false;
    const width = this.drawing.clientWidth;
    if (!width) return;
    this.width = width;
    const spec = JSON.parse(this.source.textContent);
    for (const [name, rows] of Object.entries(spec.datasets)) spec.datasets[name] = rows.filter(isRowChosen);
    this.view?.finalize();
    this.view = undefined;
    if (!Object.values(spec.datasets).some((rows) => rows.length)) {
      this.drawing.innerHTML = "<p>The choices at the top of the page leave nothing of this figure.</p>";
      return;
    }
    this.fit(spec, width, this.source.dataset.rooms.split(" ").map(Number));
    this.view = await vegaEmbed(this.drawing, spec, {
      // Expressions are interpreted, so that the page needs no permission to run strings as code.
      ast: true, mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, logLevel: 1, tooltip: { disableDefaultStyle: true },
    });
  }

  // Panels share the width; each has room for its axis, or only the first of a row.
  fit(spec, width, rooms) {
    // Side by side, the names of a legend would make the picture wider than a phone.
    if (width < 500) spec.config.legend = { ...spec.config.legend, columns: 2, layout: { top: { direction: "vertical", anchor: "start" } } };
    if (spec.concat) {
      spec.columns = width < 700 ? 1 : Math.min(spec.columns, spec.concat.length);
      const gaps = (spec.columns - 1) * (spec.spacing ?? 20);
      const shared = width - gaps - (spec.columns > 1 ? rooms.reduce((sum, room) => sum + room) : Math.max(...rooms));
      for (const panel of spec.concat) panel.width = Math.min(640, Math.floor(shared / spec.columns));
      return;
    }
    const panels = new Set(Object.values(spec.datasets).flat().map((row) => row[spec.facet.field])).size;
    const columns = Math.max(1, Math.min(panels, spec.columns, Math.floor(width / 300)));
    const shared = spec.resolve?.scale?.y === "independent" ? rooms[0] : rooms[0] / columns;
    spec.columns = columns;
    // A gap between panels takes 20 pixels.
    spec.spec.width = Math.min(560, Math.floor(width / columns - shared) - 20);
  }
}

class Table {
  constructor(element) {
    this.element = element;
    this.isStale = true;
  }

  update() {
    this.isStale = false;
    this.table ??= this.enhance();
    this.table.columns().every(function () {
      this.visible(isElementChosen(this.header()), false);
    });
    this.table.draw();
  }

  enhance() {
    const scroll = this.element.closest(".scroll");
    const table = new DataTable(this.element, {
      paging: false, info: false, autoWidth: false, order: [],
      layout: {
        topStart: this.element.tBodies[0].rows.length > 5 ? "search" : null,
        topEnd: { buttons: [{ extend: "csvHtml5", text: "Download CSV", filename: `twinproof-${this.element.dataset.name}`, exportOptions: { columns: ":visible", format: { body: readCell } } }] },
        bottomStart: null, bottomEnd: null,
      },
      language: { search: "", searchPlaceholder: "Search this table", zeroRecords: "No row matches the search and the choices at the top of the page." },
    });
    table.search.fixed("choices", (text, data, index) => isElementChosen(table.row(index).node()));
    // Controls above the table must not scroll with it.
    const container = table.table().container();
    scroll.before(container);
    this.element.before(scroll);
    scroll.append(this.element);
    container.querySelector("input")?.setAttribute("aria-label", `Search ${scroll.getAttribute("aria-label")}`);
    return table;
  }
}

// The address of a link to a record says more than its number.
function readCell(html, row, column, cell) {
  const addresses = cell.classList.contains("records") ? [...cell.querySelectorAll("a")].map((link) => link.getAttribute("href")) : [];
  return addresses.join(" ") || cell.textContent.replace(/\s+/g, " ").trim();
}

const parts = [
  ...[...document.querySelectorAll("figure")].map((figure) => new Figure(figure)),
  ...[...document.querySelectorAll("table[data-name]")].map((table) => new Table(table)),
];
let isUpdating = false;

// One after the other, visible parts first, so that the page is usable from the start.
async function update() {
  document.documentElement.dataset.state = "updating";
  if (isUpdating) return;
  isUpdating = true;
  const distance = (part) => {
    const { top, bottom } = part.element.getBoundingClientRect();
    return Math.max(0, top - innerHeight, -bottom);
  };
  for (let stale; (stale = parts.filter((part) => part.isStale)).length; ) {
    const distances = stale.map(distance);
    await stale[distances.indexOf(Math.min(...distances))].update();
    await new Promise((resume) => setTimeout(resume));
  }
  isUpdating = false;
  document.documentElement.dataset.state = "ready";
}

function choose() {
  readChoices();
  sayChoices();
  for (const element of document.querySelectorAll("main :is(figure, div, details, li)[data-environment], main :is(figure, div, details, li)[data-twin]")) {
    element.toggleAttribute("data-left-out", !isElementChosen(element));
  }
  for (const part of parts) part.isStale = true;
  update();
}

form.hidden = false;
form.addEventListener("change", choose);
form.addEventListener("reset", () => {
  document.documentElement.dataset.state = "updating";
  // The boxes are set again after this event.
  setTimeout(choose);
});
addEventListener("resize", () => {
  for (const part of parts) if (part.drawing && part.drawing.clientWidth !== part.width) part.isStale = true;
  update();
});

const menus = [...document.querySelectorAll(".menu")];
addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
});
addEventListener("keydown", (event) => {
  const menu = menus.find((menu) => menu.open);
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark", dark.matches);
dark.addEventListener("change", follow);
follow();

// On paper nothing can be opened.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});

choose();
