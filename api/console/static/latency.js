// Draws how many answers took how long; each bar is a bucket 1.41 times as wide as the one before.
(() => {
  const place = document.getElementById("latency");
  if (!place || typeof echarts === "undefined") return;
  const words = place.dataset;
  let chart = null, found = null;

  function resolved(name) { // light-dark() has to be asked of an element, canvas does not know it
    const probe = document.createElement("i");
    probe.className = `probe ${name}`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  function tip(bar) {
    return `${bar.name}\n${bar.value} ${words.answers}  (${((100 * bar.value) / found.total).toFixed(2)} %)`;
  }

  function draw() {
    const ink = resolved("muted"), rule = resolved("rule");
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: {
        trigger: "item", renderMode: "richText", formatter: tip, confine: true,
        backgroundColor: resolved("card"), borderColor: rule, textStyle: { color: resolved("ink"), fontSize: 13 },
      },
      grid: { left: 64, right: 16, top: 16, bottom: 32 },
      xAxis: {
        type: "category", data: found.labels, axisLabel: { color: ink, hideOverlap: true },
        axisTick: { show: false }, axisLine: { lineStyle: { color: rule } },
      },
      yAxis: { type: "value", minInterval: 1, splitNumber: 4, axisLabel: { color: ink }, splitLine: { lineStyle: { color: rule } } },
      series: [{ type: "bar", data: found.counts.map((count) => count || null), barCategoryGap: "8%", barMinHeight: 2, itemStyle: { color: resolved("ok") } }],
    }, true);
  }

  fetch(words.url, { credentials: "same-origin" })
    .then((response) => { if (!response.ok) throw new Error(response.status); return response.json(); })
    .then((answer) => {
      found = answer;
      chart = echarts.init(place, null, { renderer: "canvas" });
      draw();
      place.dataset.drawn = found.counts.filter((count) => count).length;
      new ResizeObserver(() => chart.resize()).observe(place);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    })
    .catch(() => place.remove());
})();
