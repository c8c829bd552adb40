// Draws meters x days: the darker a cell, the more quarters are missing; a click opens the reasons of that day, one on the name the meter. The table has the values.
(() => {
  const place = document.getElementById("gap-map");
  if (!place || typeof echarts === "undefined") return;
  const words = place.dataset, ROW = 22, EDGE = 34;
  let chart = null, found = null;
  place.style.height = `${ROW * Number(words.rows) + EDGE}px`;

  function resolved(name) { // light-dark() has to be asked of an element, canvas does not know it
    const probe = document.createElement("i");
    probe.className = `probe ${name}`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  function shade(count, bad) { // the cell fades, its figure does not
    const [red, green, blue] = bad.match(/[\d.]+/g);
    return `rgba(${red}, ${green}, ${blue}, ${0.14 + 0.76 * Math.min(1, count / 96)})`;
  }

  function cells(bad, ink, paper) {
    return found.missing.flatMap((row, meter) =>
      row.map((count, day) => ({
        value: [day, meter, count], itemStyle: { color: shade(count, bad), opacity: 1 }, label: { color: count > 64 ? paper : ink },
      })).filter((cell) => cell.value[2] > 0));
  }

  function draw() {
    const ink = resolved("muted"), rule = resolved("rule"), bad = resolved("bad");
    const left = 150, width = Math.max(8, (place.clientWidth - left - 16) / found.days.length - 2);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: resolved("card"), borderColor: rule,
        textStyle: { color: resolved("ink"), fontSize: 13 },
        formatter: (cell) => `${found.meters[cell.value[1]].name}\n${found.days[cell.value[0]]}  ${cell.value[2]} ${words.missing}`,
      },
      grid: { left, right: 16, top: EDGE - 6, bottom: 6 },
      xAxis: {
        type: "category", position: "top", data: found.days, axisLabel: { color: ink, hideOverlap: true },
        axisTick: { show: false }, axisLine: { show: false }, splitArea: { show: false },
      },
      yAxis: {
        type: "category", inverse: true, data: found.meters.map((one) => one.name), triggerEvent: true,
        axisLabel: { color: ink, width: left - 12, overflow: "truncate", interval: 0 }, axisTick: { show: false },
        axisLine: { show: false }, splitLine: { show: true, lineStyle: { color: rule } },
      },
      series: [{
        type: "scatter", symbol: "rect", symbolSize: [width, ROW - 3], cursor: "pointer",
        data: cells(bad, resolved("ink"), resolved("card")),
        label: { show: width > 26, formatter: (cell) => cell.value[2], fontSize: 11 },
      }],
    }, true);
  }

  function open(event) {
    const row = event.componentType === "yAxis" ? found.meters.findIndex((one) => one.name === event.value) : event.value?.[1];
    if (!found.meters[row]) return;
    const meter = found.meters[row].id, isName = event.componentType === "yAxis";
    location.assign(isName ? `/meters/${meter}` : `/gaps/meters/${meter}/${found.dates[event.value[0]]}`);
  }

  fetch(words.url, { credentials: "same-origin" })
    .then((response) => { if (!response.ok) throw new Error(response.status); return response.json(); })
    .then((answer) => {
      found = answer;
      chart = echarts.init(place, null, { renderer: "canvas" });
      draw();
      chart.on("click", open);
      place.dataset.drawn = found.meters.length;
      new ResizeObserver(() => { chart.resize(); draw(); }).observe(place);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    })
    .catch(() => place.remove());
})();
