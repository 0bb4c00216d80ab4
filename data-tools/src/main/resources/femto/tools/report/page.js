// Draws each chart of the page as SVG, which stays sharp at any size and on paper.
// Colours: Okabe and Ito, which people tell apart who see fewer of them.
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F"];

function seriesOf(chart) {
  const series = [];
  chart.lines.forEach((line, i) => {
    const colour = colours[i % colours.length];
    if (line.low.length > 0) {
      series.push({
        type: "custom", name: line.name, color: colour, z: 1, silent: true, clip: true,
        encode: { x: 0, y: [1, 2] },
        data: line.x.map((x, j) => [x, line.low[j], line.high[j]]),
        renderItem: (params, api) => params.dataIndex > 0 ? null : {
          type: "polygon",
          shape: { points: line.x.map((x, j) => api.coord([x, line.high[j]]))
                     .concat(line.x.map((x, j) => api.coord([x, line.low[j]])).reverse()) },
          style: { fill: colour, opacity: 0.15 },
        },
      });
    }
    series.push({
      type: "line", name: line.name, color: colour, z: 2,
      symbol: chart.dots ? "circle" : "none", symbolSize: 7,
      lineStyle: { width: 2, type: line.dashed ? "dashed" : "solid" },
      emphasis: { focus: "series" },
      data: line.x.map((x, j) => [x, line.y[j]]),
    });
  });
  return series;
}

function short(value) {
  return Math.abs(value) >= 10000 ? value.toLocaleString("en") : String(+value.toPrecision(4));
}

function optionOf(chart, width) {
  const narrow = width < 560;
  const values = chart.lines.flatMap(line => [...line.y, ...line.low, ...line.high]).filter(Number.isFinite);
  const names = chart.lines.map(line => line.name);
  // The legend may need several lines: about 8 pixels a letter, and its mark.
  let rows = 1, used = 0;
  for (const name of names) {
    const wide = 45 + 7.5 * name.length;
    if (used + wide > width - 20 && used > 0) { rows++; used = 0; }
    used += wide;
  }
  return {
    animation: false,
    title: { text: chart.title, left: 0, textStyle: { fontSize: narrow ? 14 : 16, width: width - 10, overflow: "break" } },
    legend: { data: names, top: 40, left: 0, type: "plain", itemGap: 12 },
    grid: { left: 12, right: 30, top: 66 + 24 * rows, bottom: 34, containLabel: true },
    tooltip: {
      trigger: "item", confine: true,
      formatter: p => [
        p.seriesName,
        `${chart.x}: ${chart.names ? chart.names[p.value[0]] : short(p.value[0])}`,
        `${chart.y}: ${short(p.value[1])}`,
      ].map(echarts.format.encodeHTML).join("<br>"), // a tooltip is HTML, names are text
    },
    xAxis: chart.names
      ? { type: "category", data: chart.names, name: chart.x, nameLocation: "middle", nameGap: 28, boundaryGap: false }
      : { type: "value", name: chart.x, nameLocation: "middle", nameGap: 28, scale: true,
          axisLabel: { formatter: short, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: "value", name: chart.y, nameLocation: "end", nameTextStyle: { align: "left" },
             scale: Math.min(...values) > 0.3 * Math.max(...values), axisLabel: { formatter: short } },
    series: seriesOf(chart),
  };
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const chart = charts[+place.dataset.chart];
  const drawn = echarts.init(place, null, { renderer: "svg" });
  const draw = () => {
    drawn.resize();
    drawn.setOption(optionOf(chart, place.clientWidth), true);
  };
  draw();
  addEventListener("resize", draw);
  matchMedia("print").addEventListener("change", draw);
  addEventListener("beforeprint", draw);
}
