// Draws the walks of the stops table as lines, one dash and colour for each reader. Changes nothing.
window.drawWalks = (() => {
  const SVG = "http://www.w3.org/2000/svg", MARGIN = 14, WIDTH = 600, HUES = 6;

  function add(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  }

  function metres(stops) { // a closed walk, as the server counts it
    return stops.reduce((sum, stop, at) => {
      const next = stops[(at + 1) % stops.length];
      return sum + Math.hypot(stop.x - next.x, stop.y - next.y);
    }, 0);
  }

  return function drawWalks(map, legend, stops, words) {
    const xs = stops.map((stop) => stop.x), ys = stops.map((stop) => stop.y);
    const left = Math.min(...xs), top = Math.max(...ys);
    const span = Math.max(Math.max(...xs) - left, 1), rise = Math.max(top - Math.min(...ys), 1);
    const scale = (WIDTH - 2 * MARGIN) / span, height = Math.min(900, Math.max(160, rise * scale + 2 * MARGIN));
    const fit = Math.min(scale, (height - 2 * MARGIN) / rise);
    const at = (stop) => [MARGIN + (stop.x - left) * fit, MARGIN + (top - stop.y) * fit].map((n) => n.toFixed(1));
    map.replaceChildren();
    legend.replaceChildren();
    map.setAttribute("viewBox", `0 0 ${WIDTH} ${height.toFixed(0)}`);
    const readers = [...new Set(stops.map((stop) => stop.reader))];
    readers.forEach((reader, number) => {
      const walk = stops.filter((stop) => stop.reader === reader), hue = reader ? `walk-${number % HUES}` : "walk-nobody";
      if (reader) add(map, "polygon", { class: `walk ${hue}`, points: walk.map((stop) => at(stop).join(",")).join(" ") });
      walk.forEach((stop, step) => {
        const [x, y] = at(stop);
        const dot = add(map, "circle", { class: `stop ${hue}${step ? "" : " first"}`, cx: x, cy: y, r: step ? 3 : 6 });
        add(dot, "title", {}, `${step + 1}. ${stop.name} · ${reader || words.nobody}`);
      });
      const item = document.createElement("li"), sample = document.createElementNS(SVG, "svg");
      sample.setAttribute("class", "sample");
      add(sample, "line", { class: `walk ${hue}`, x1: 0, y1: 6, x2: 34, y2: 6 });
      const length = reader ? ` · ${walk.length} · ${metres(walk).toFixed(0)} m` : ` · ${walk.length}`;
      item.append(sample, `${reader || words.nobody}${length}`);
      legend.append(item);
    });
    map.dataset.drawn = stops.length;
  };
})();
