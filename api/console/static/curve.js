// Draws the curve of a meter: power above, energy below, missing quarters hatched. The table beside it has the values.
(() => {
  const place = document.getElementById("curve");
  if (!place || typeof echarts === "undefined") return;
  const words = place.dataset;
  let chart = null, slots = [];

  function resolved(name) { // light-dark() has to be asked of an element, canvas does not know it
    const probe = document.createElement("i");
    probe.className = `probe ${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function point(value, before, after) { // a value without neighbours would have no line to stand on
    if (value === null) return null;
    const isAlone = (before ?? null) === null && (after ?? null) === null;
    return { value: Number(value), symbolSize: isAlone ? 7 : 0 };
  }

  function series(pane, index) {
    const missing = slots.map((slot) => (slot[pane.key] === null && slot.is_over ? 1 : null));
    return [
      {
        type: pane.type, name: pane.name, xAxisIndex: index, yAxisIndex: 2 * index, itemStyle: { color: pane.colour },
        lineStyle: { width: 2 }, showSymbol: true, showAllSymbol: true, symbol: "circle", connectNulls: false, barWidth: "72%", z: 3,
        data: slots.map((slot, at) => point(slot[pane.key], slots[at - 1]?.[pane.key], slots[at + 1]?.[pane.key])),
      },
      { // what is missing, as a band over the whole height
        type: "bar", xAxisIndex: index, yAxisIndex: 2 * index + 1, barGap: "-100%", barWidth: "101%", silent: true,
        itemStyle: { color: resolved("muted"), opacity: 0.22 }, data: missing, z: 1,
      },
    ];
  }

  function tip(points) {
    const slot = slots[points[0].dataIndex];
    const lines = [slot.at];
    if (slot.power !== null) lines.push(`${words.power}  ${slot.power} kW`);
    if (slot.energy !== null) lines.push(`${words.energy}  ${slot.energy} kWh`);
    if (slot.power === null && slot.energy === null && slot.is_over) lines.push(words.missing);
    if (slot.is_marked) lines.push(words.marked);
    return lines.join("\n");
  }

  function panes() {
    const all = [
      { key: "power", name: words.power, unit: "kW", type: "line", colour: resolved("ok") },
      { key: "energy", name: words.energy, unit: "kWh", type: "bar", colour: resolved("accent") },
    ];
    return all.filter((pane) => slots.some((slot) => slot[pane.key] !== null));
  }

  function draw() {
    const ink = resolved("muted"), rule = resolved("rule"), shown = panes();
    const height = (100 - 10) / shown.length;
    const labels = slots.map((slot) => slot.label);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: {
        trigger: "axis", renderMode: "richText", formatter: tip, confine: true,
        backgroundColor: resolved("card"), borderColor: rule, textStyle: { color: resolved("ink"), fontSize: 13 },
      },
      axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: ink } },
      title: shown.map((pane, index) => ({
        text: `${pane.name}  ${pane.unit}`, left: 0, top: `${index * height}%`,
        textStyle: { color: ink, fontSize: 12, fontWeight: "normal" },
      })),
      grid: shown.map((_, index) => ({
        left: 48, right: 12, top: `${index * height + 10}%`, height: `${height - 14}%`,
      })),
      xAxis: shown.map((_, index) => ({
        type: "category", data: labels, gridIndex: index, boundaryGap: true,
        axisLabel: { show: index === shown.length - 1, color: ink, interval: Math.max(1, Math.round(slots.length / 12)) - 1, hideOverlap: true },
        axisTick: { show: false }, axisLine: { lineStyle: { color: rule } },
      })),
      yAxis: shown.flatMap((_, index) => [
        {
          type: "value", gridIndex: index, splitNumber: 3,
          axisLabel: { color: ink }, splitLine: { lineStyle: { color: rule } },
        },
        { type: "value", gridIndex: index, max: 1, show: false },
      ]),
      series: shown.flatMap(series),
    }, true);
  }

  fetch(words.url, { credentials: "same-origin" })
    .then((response) => { if (!response.ok) throw new Error(response.status); return response.json(); })
    .then((answer) => {
      slots = answer.slots;
      chart = echarts.init(place, null, { renderer: "canvas" });
      draw();
      place.dataset.drawn = slots.length;
      new ResizeObserver(() => chart.resize()).observe(place);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    })
    .catch(() => place.remove());
})();
