"use strict";
(() => {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    window.dispatchEvent(new Event("resize"));
  });

  const source = document.getElementById("map-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const canvas = document.getElementById("map");
  const tip = document.getElementById("map-tip");
  const legend = document.getElementById("map-legend");
  const choice = document.getElementById("map-colour");
  const atlas = document.getElementById("map-atlas");
  const margin = 14;
  let width = 0, height = 0, hovered = -1, only = -1;

  // Ten hues that stay apart for most kinds of colour blindness, then the golden angle.
  const hues = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#b8a800", "#7f5539", "#6c7a89"];
  const colour = (index) => index < hues.length ? hues[index] : `hsl(${(index * 137.5) % 360} 55% 52%)`;
  const colouring = () => data.colourings[Number(choice.value)];
  const place = (i) => [margin + data.xs[i] * (width - 2 * margin), margin + (1 - data.ys[i]) * (height - 2 * margin)];

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    height = Math.min(620, Math.max(320, width * 0.62));
    canvas.style.height = `${height}px`;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const { values } = colouring();
    const radius = Math.max(2.2, Math.min(4.5, 90 / Math.sqrt(data.xs.length)));
    const dot = (i, size) => {
      const [x, y] = place(i);
      pen.beginPath();
      pen.arc(x, y, size, 0, 2 * Math.PI);
      pen.fill();
    };
    for (let i = 0; i < data.xs.length; i++) {
      const faded = only >= 0 && values[i] !== only;
      pen.globalAlpha = faded ? 0.12 : 0.82;
      pen.fillStyle = colour(values[i]);
      dot(i, radius);
    }
    if (hovered >= 0) {
      pen.globalAlpha = 1;
      pen.fillStyle = getComputedStyle(root).getPropertyValue("--ink");
      dot(hovered, radius + 3);
      pen.fillStyle = colour(values[hovered]);
      dot(hovered, radius + 1);
    }
  }

  function writeLegend() {
    legend.replaceChildren();
    colouring().legend.forEach((name, index) => {
      const entry = document.createElement("button");
      entry.type = "button";
      const spot = document.createElement("i");
      spot.style.background = colour(index);
      entry.append(spot, name);
      entry.setAttribute("aria-pressed", String(only === index));
      entry.addEventListener("click", () => {
        only = only === index ? -1 : index;
        writeLegend();
        draw();
      });
      legend.append(entry);
    });
  }

  function show(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let nearest = -1, best = 18 * 18;
    for (let i = 0; i < data.xs.length; i++) {
      const [px, py] = place(i);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < best) { best = distance; nearest = i; }
    }
    if (nearest !== hovered) { hovered = nearest; draw(); }
    if (nearest < 0) { tip.style.display = "none"; return; }
    const scale = 118 / data.side;
    const column = nearest % data.columns, row = Math.floor(nearest / data.columns);
    const picture = tip.querySelector("i");
    picture.style.backgroundImage = `url(${atlas.src})`;
    picture.style.backgroundSize = `${atlas.naturalWidth * scale}px auto`;
    picture.style.backgroundPosition = `${-column * 118}px ${-row * 118}px`;
    const { name, legend: names, values } = colouring();
    tip.querySelector("span").textContent = `${name}: ${names[values[nearest]]} · ${data.captions[nearest]}`;
    tip.style.display = "block";
    const [px, py] = place(nearest);
    tip.style.left = `${Math.min(Math.max(px + 14, 0), Math.max(0, width - 136))}px`;
    tip.style.top = `${py + 190 > height ? Math.max(0, py - 200) : py + 14}px`;
  }

  canvas.addEventListener("pointermove", show);
  canvas.addEventListener("pointerdown", show);
  canvas.addEventListener("pointerleave", () => { hovered = -1; tip.style.display = "none"; draw(); });
  choice.addEventListener("change", () => { only = -1; writeLegend(); draw(); });
  window.addEventListener("resize", draw);
  window.addEventListener("beforeprint", draw);
  writeLegend();
  draw();
})();
