// Sort, filter, search, and the view by deadline. The rows are the page's own: this
// reads them, leaves some out and puts them in order; it makes none. Sorting stays
// within a group, so the line between proposed and not is always true. No more than
// STEP rows stand in the table at once: to lay out 5,000 takes a browser seconds.
"use strict";
{
  const STEP = 200;
  const byId = (id) => document.getElementById(id);
  const [table, form, shown, reset, further] = ["list", "filters", "shown", "reset", "further"].map(byId);
  const words = JSON.parse(table.dataset.words);
  const day = (iso) => Date.parse(`${iso}T00:00:00Z`) / 86400000;
  const today = day(document.documentElement.dataset.today ?? new Date().toLocaleDateString("sv"));
  // Numbers of one length, so that plain comparison puts 9 before 10, and at once.
  const key = (text) => text.replace(/\d+/g, (digits) => digits.padStart(12, "0"));
  const inOrder = (x, y) => (x < y ? -1 : x > y ? 1 : 0);
  const fill = (form, values) => form.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const rows = [];
  const headings = [];
  for (const body of table.tBodies) {
    const [heading, ...cases] = body.rows;
    headings.push(heading);
    for (const row of cases) {
      const due = row.querySelector("time")?.dateTime;
      rows.push({
        row, group: headings.length - 1, place: rows.length, due: due ? day(due) : Infinity, band: row.dataset.k,
        week: row.dataset.w ?? "", id: key(row.cells[0].firstElementChild.textContent), worker: row.dataset.c ?? "",
        team: body.dataset.team, town: body.dataset.town, fresh: row.classList.contains("is-fresh"),
        missing: row.classList.contains("is-thin"), text: row.textContent.toLowerCase(),
      });
    }
  }

  const spans = [(d) => d < 0, (d) => d < 8, (d) => d < 22, (d) => d < Infinity, () => true];
  const spanOf = (one) => spans.findIndex((holds) => holds(one.due - today));
  const counted = (heading, n) => {
    const place = heading.querySelector("span");
    place.dataset.all ??= place.textContent;
    place.textContent = n === Number(place.dataset.all) ? n : fill(words.some, { n, all: place.dataset.all });
    return heading;
  };
  const spanHeading = (span, n) => {
    const row = document.createElement("tr");
    const cell = document.createElement("th");
    row.className = "group";
    cell.colSpan = table.tHead.rows[0].cells.length;
    cell.scope = "rowgroup";
    cell.textContent = `${words.spans[span]} (${n})`;
    row.append(cell);
    return row;
  };

  const compare = {
    place: (a, b) => a.place - b.place, due: (a, b) => (a.due === b.due ? 0 : a.due - b.due),
    id: (a, b) => inOrder(a.id, b.id), worker: (a, b) => inOrder(a.worker, b.worker),
  };
  const FIRST = { proposal: { by: "place", way: 1 }, deadline: { by: "due", way: 1 } };
  let sort = FIRST.proposal;
  let limit = STEP;
  const keeps = (want) => (one) =>
    (!want.q || one.text.includes(want.q)) && (!want.team || one.team === want.team) && (!want.town || one.town === want.town) &&
    (!want.worker || one.worker === want.worker) && (!want.band || one.band === want.band) && (!want.week || one.week.split(" ").includes(want.week)) &&
    (!want.fresh || one.fresh) && (!want.missing || one.missing) &&
    (!want.due || (want.due === "late" ? one.due < today : want.due === "unknown" ? one.due === Infinity : one.due >= today && one.due - today <= Number(want.due)));

  const show = () => {
    const want = Object.fromEntries(new FormData(form));
    want.q = want.q.trim().toLowerCase();
    const kept = rows.filter(keeps(want)).sort((a, b) => compare[sort.by](a, b) * sort.way || a.place - b.place);
    const byLine = want.view === "proposal";
    const groups = (byLine ? headings : spans).map(() => []);
    for (const one of kept) groups[byLine ? one.group : spanOf(one)].push(one);
    let left = limit;
    const bodies = [];
    groups.forEach((members, group) => {
      if (!members.length || left <= 0) return;
      const body = document.createElement("tbody");
      body.append(byLine ? counted(headings[group], members.length) : spanHeading(group, members.length), ...members.slice(0, left).map((one) => one.row));
      left -= members.length;
      bodies.push(body);
    });
    for (const body of [...table.tBodies]) body.remove();
    table.append(...bodies);
    for (const head of table.tHead.rows[0].cells)
      if (head.dataset.sort === sort.by) head.setAttribute("aria-sort", (sort.way > 0) === (sort.by === "place") ? "descending" : "ascending"); // the places begin with the highest risk
      else head.removeAttribute("aria-sort");
    const n = Math.min(kept.length, limit);
    shown.textContent = fill(n === rows.length ? words.every : words.shown, { n, all: rows.length });
    reset.hidden = kept.length === rows.length;
    further.hidden = kept.length <= limit;
  };

  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.sort) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sort = { by: head.dataset.sort, way: sort.by === head.dataset.sort ? -sort.way : 1 };
      show();
    });
  }
  let waiting;
  form.addEventListener("input", (event) => {
    if (event.target.name === "view") sort = FIRST[event.target.value];
    limit = STEP;
    clearTimeout(waiting);
    waiting = setTimeout(show, event.target.name === "q" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { sort = FIRST.proposal; limit = STEP; setTimeout(show); });
  further.addEventListener("click", () => { limit += STEP; show(); });
  form.hidden = false;
  show();
}
