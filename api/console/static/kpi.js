// Draws one figure over 30 days with its target; a day without figures is a hole. The tiles have the newest values.
(() => {
  const place = document.getElementById("kpi-chart");
  if (!place || typeof echarts === "undefined") return;
  const words = place.dataset;
  let chart = null, points = [];

  function resolved(name) { // light-dark() has to be asked of an element, canvas does not know it
    const probe = document.createElement("i");
    probe.className = `probe ${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function lowest() { // the axis begins just below what happened, so that a tenth of a percent can be seen
    const values = points.flatMap((one) => [one.percent, one.target]).filter((one) => one !== null).map(Number);
    const least = Math.min(...values, 100);
    return Math.max(0, Math.floor(least - Math.max(0.2, (100 - least) * 0.15)));
  }

  function tip(shown) {
    const point = points[shown[0].dataIndex];
    if (point.percent === null) return `${point.day}\n${words.missing}`;
    return `${point.day}\n${words.name}  ${point.percent} %\n${point.counts}\n${words.target}  ${Number(point.target)} %`;
  }

  function draw() {
    const ink = resolved("muted"), rule = resolved("rule");
    const isAlone = (at) => points[at - 1]?.percent == null && points[at + 1]?.percent == null;
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: {
        trigger: "axis", renderMode: "richText", formatter: tip, confine: true,
        backgroundColor: resolved("card"), borderColor: rule, textStyle: { color: resolved("ink"), fontSize: 13 },
      },
      grid: { left: 56, right: 16, top: 16, bottom: 28 },
      xAxis: {
        type: "category", data: points.map((one) => one.label), axisLabel: { color: ink, hideOverlap: true },
        axisTick: { show: false }, axisLine: { lineStyle: { color: rule } },
      },
      yAxis: {
        type: "value", min: lowest(), max: 100, splitNumber: 4,
        axisLabel: { color: ink, formatter: "{value} %", showMinLabel: false }, splitLine: { lineStyle: { color: rule } },
      },
      series: [
        {
          type: "line", name: words.name, connectNulls: false, itemStyle: { color: resolved("ok") }, lineStyle: { width: 2 },
          showAllSymbol: true, symbol: "circle", z: 3,
          data: points.map((one, at) => one.percent === null ? null : { value: Number(one.percent), symbolSize: isAlone(at) ? 8 : 5 }),
        },
        {
          type: "line", name: words.target, symbol: "none", silent: true, step: "middle", connectNulls: false,
          lineStyle: { type: "dashed", width: 1.5, color: resolved("late") },
          data: points.map((one) => (one.target === null ? null : Number(one.target))),
        },
      ],
    }, true);
  }

  fetch(words.url, { credentials: "same-origin" })
    .then((response) => { if (!response.ok) throw new Error(response.status); return response.json(); })
    .then((answer) => {
      points = answer.points;
      chart = echarts.init(place, null, { renderer: "canvas" });
      draw();
      place.dataset.drawn = points.filter((one) => one.percent !== null).length;
      new ResizeObserver(() => chart.resize()).observe(place);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    })
    .catch(() => place.remove());
})();
