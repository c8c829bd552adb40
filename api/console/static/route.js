// Lets people move stops by button or by drag, asks for a better order, and keeps what they want. Decides no order.
(() => {
  const place = document.getElementById("route");
  if (!place) return;
  const words = place.dataset, body = document.querySelector("#stops tbody"), said = document.getElementById("said");
  const keep = document.getElementById("keep"), optimise = document.getElementById("optimise");
  const discard = document.getElementById("discard"), plan = document.getElementById("plan");
  let version = Number(words.version), dragged = null;

  const rows = () => [...body.rows];
  const stops = () => rows().map((row) => ({ name: row.dataset.name, reader: row.dataset.reader, x: Number(row.dataset.x), y: Number(row.dataset.y) }));

  function redraw() {
    rows().forEach((row, at) => { row.querySelector(".place").textContent = at + 1; });
    const map = document.getElementById("walk-map");
    if (map) window.drawWalks(map, document.getElementById("walk-legend"), stops(), words);
  }

  function changed() {
    redraw();
    keep.disabled = false;
    discard.hidden = false;
    said.textContent = words.unkept;
  }

  async function ask(method, path, content) {
    const request = { method, credentials: "same-origin", headers: { "Content-Type": "application/json" } };
    if (content) request.body = JSON.stringify(content);
    const response = await fetch(words.url + path, request);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail || answer.title || words.failed);
    return answer;
  }

  async function during(button, work) {
    button.disabled = true;
    said.textContent = words.busy;
    try {
      await work();
    } catch (error) {
      said.textContent = `${words.failed}: ${error.message}`;
      button.disabled = false;
    }
  }

  function showProposed(figures) {
    document.querySelectorAll(".proposed").forEach((cell) => {
      cell.hidden = false;
      if (cell.dataset.figure) cell.textContent = `${figures[cell.dataset.figure].toFixed(Number(cell.dataset.digits))} ${cell.dataset.unit}`;
    });
  }

  function arrange(route) {
    const byName = new Map(rows().map((row) => [row.dataset.name, row]));
    for (const stop of route.stops) {
      const row = byName.get(stop.name), choice = row.querySelector("select");
      row.dataset.reader = stop.reader;
      if (choice) choice.value = stop.reader;
      body.append(row);
    }
  }

  redraw();
  if (!keep) return;

  body.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("tr"), up = button.dataset.move === "-1";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row); else other.after(row);
    changed();
    button.focus(); // moving the row took the focus away
  });
  body.addEventListener("change", (event) => {
    event.target.closest("tr").dataset.reader = event.target.value;
    changed();
  });
  body.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr");
    event.dataTransfer.effectAllowed = "move";
  });
  body.addEventListener("dragover", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
    if (event.clientY < middle) over.before(dragged); else over.after(dragged);
  });
  body.addEventListener("drop", (event) => event.preventDefault());
  body.addEventListener("dragend", () => { if (dragged) changed(); dragged = null; });

  optimise.addEventListener("click", () => during(optimise, async () => {
    const answer = await ask("POST", "/proposal");
    arrange(answer.route);
    showProposed(answer.after);
    changed();
    optimise.disabled = false;
    place.dataset.proposed = "yes";
  }));
  keep.addEventListener("click", () => during(keep, async () => {
    await ask("PUT", "/stops", { version, stops: stops().map(({ name, reader }) => ({ name, reader })) });
    location.reload();
  }));
  plan.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(plan), text = (name) => String(form.get(name) || "").trim();
    const readers = text("readers").split("\n").map((one) => one.trim()).filter(Boolean);
    during(plan.querySelector("button"), async () => {
      await ask("PUT", "/plan", {
        version, responsible: text("responsible"), window_start: text("window_start"), window_end: text("window_end"),
        valid_from: text("valid_from") || null, valid_to: text("valid_to") || null, readers,
      });
      location.reload();
    });
  });
})();
