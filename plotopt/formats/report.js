"use strict";
// The drawing as a stack of canvases, one a layer. Those that a pen draws on end lie in one sleeve, which the
// browser blends as a whole, so that no ink multiplies with itself; the wet end of the line lies in there, too.
// Above all is the pen's way. Everything is drawn from the numbers in #data; lengths are mm, times are seconds.
const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const sheet = element("sheet"), timeline = element("time"), reveal = element("reveal");
const [pageWidth, pageHeight] = data.page;
const CHUNK = 64;  // paths that are stroked in one go where passes need not build up
const state = { now: 0, playing: false, before: 0, queued: false };
let total = 0;
let pxPerMm = 1;

const sleeves = data.runs.flatMap((count) => Array(count).fill(put("div")));
const layers = data.layers.map((told, n) => {
  const layer = { ...told, ...decode(told), sleeve: sleeves[n], drawn: 0, shown: true, chunks: [] };
  layer.canvas = layer.sleeve.appendChild(document.createElement("canvas"));
  layer.sleeve.className = "sleeve";
  layer.sleeve.style.mixBlendMode = told.opaque || told.color === "#000000" ? "normal" : "multiply";
  return layer;
});
const wet = document.createElement("canvas"), way = put("canvas");
way.className = "way";

function put(name) {
  return sheet.insertBefore(document.createElement(name), element("target"));
}

// Points of all paths, the first point of each, and when it begins and ends.
function decode(told) {
  const points = new Float32Array(told.steps.length);
  let x = 0, y = 0;
  for (let i = 0; i < points.length; i += 2) {
    x += told.steps[i];
    y += told.steps[i + 1];
    points[i] = x * data.step;
    points[i + 1] = y * data.step;
  }
  const count = told.curves.length;
  const first = new Uint32Array(count + 1), begin = new Float64Array(count), end = new Float64Array(count);
  const left = total;
  for (let i = 0; i < count; i++) {
    first[i + 1] = first[i] + 2 * (1 + 3 * told.curves[i]);
    begin[i] = total + told.reach[i];
    total = end[i] = begin[i] + told.draw[i];
  }
  if (told.reach.length) total += told.reach[count];
  return { points, first, begin, end, left, home: total };
}

function trace(target, layer, i) {
  const p = layer.points;
  let k = layer.first[i];
  target.moveTo(p[k], p[k + 1]);
  for (k += 2; k < layer.first[i + 1]; k += 6) {
    target.bezierCurveTo(p[k], p[k + 1], p[k + 2], p[k + 3], p[k + 4], p[k + 5]);
  }
}

function dip(context, layer) {
  context.setTransform(pxPerMm, 0, 0, pxPerMm, 0, 0);
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = layer.width;
  context.strokeStyle = layer.color;
  context.globalAlpha = layer.opacity >= 0.99 ? 1 : layer.opacity;
}

// How many entries of a rising list are at most t.
function countUpTo(list, t) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= t) low = middle + 1; else high = middle;
  }
  return low;
}

// Ink that is there stays; only going back begins anew.
function drawLayer(layer, count) {
  const context = layer.canvas.getContext("2d");
  if (count < layer.drawn) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, layer.canvas.width, layer.canvas.height);
    layer.drawn = 0;
  }
  dip(context, layer);
  const builds = context.globalAlpha < 1;
  while (layer.drawn < count) {
    const whole = !builds && layer.drawn % CHUNK === 0 && layer.drawn + CHUNK <= count;
    if (whole) {
      context.stroke(chunk(layer, layer.drawn / CHUNK));
    } else {
      context.beginPath();
      trace(context, layer, layer.drawn);
      context.stroke();
    }
    layer.drawn += whole ? CHUNK : 1;
  }
}

function chunk(layer, number) {
  if (!layer.chunks[number]) {
    const path = new Path2D();
    for (let i = number * CHUNK; i < (number + 1) * CHUNK; i++) trace(path, layer, i);
    layer.chunks[number] = path;
  }
  return layer.chunks[number];
}

// Vertices of the part of a path that is drawn when so much of its length is.
function partOf(layer, i, fraction) {
  const p = layer.points, vertices = [[p[layer.first[i]], p[layer.first[i] + 1]]];
  for (let k = layer.first[i] + 2; k < layer.first[i + 1]; k += 6) {
    for (let n = 1; n <= 12; n++) {
      const t = n / 12, s = 1 - t, at = (c) => s * s * s * p[k - 2 + c] + 3 * s * s * t * p[k + c]
        + 3 * s * t * t * p[k + 2 + c] + t * t * t * p[k + 4 + c];
      vertices.push([at(0), at(1)]);
    }
  }
  const gaps = vertices.slice(1).map((v, n) => Math.hypot(v[0] - vertices[n][0], v[1] - vertices[n][1]));
  let left = fraction * gaps.reduce((sum, gap) => sum + gap, 0);
  for (let n = 0; n < gaps.length; n++) {
    if (left <= gaps[n]) {
      return [...vertices.slice(0, n + 1), between(vertices[n], vertices[n + 1], left / (gaps[n] || 1))];
    }
    left -= gaps[n];
  }
  return vertices;
}

function between(a, b, t) {
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
}

function line(context, vertices) {
  context.beginPath();
  vertices.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
}

// Where a pen-up move starts and ends; the one behind the last path goes home.
function move(layer, i) {
  const p = layer.points, k = layer.first[i];
  const start = i > 0 ? [p[k - 2], p[k - 1]] : [0, 0];
  return [start, i < layer.curves.length ? [p[k], p[k + 1]] : [0, 0]];
}

function render() {
  state.queued = false;
  for (const layer of layers) if (layer.shown) drawLayer(layer, countUpTo(layer.end, state.now));
  for (const each of [wet, way]) {
    const context = each.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, each.width, each.height);
  }
  const current = layers.find((layer) => state.now < layer.home);
  const tip = current && state.now > 0 ? drawTip(current) : null;
  drawWay(tip);
  tell(current);
}

function drawTip(layer) {
  const done = countUpTo(layer.end, state.now), begin = layer.begin[done];
  if (begin !== undefined && state.now >= begin) {
    const part = partOf(layer, done, (state.now - begin) / (layer.end[done] - begin || 1));
    if (layer.shown) {
      if (wet.parentElement !== layer.sleeve) layer.sleeve.append(wet);
      dip(wet.getContext("2d"), layer);
      line(wet.getContext("2d"), part);
    }
    return part[part.length - 1];
  }
  const [start, end] = move(layer, done), from = done > 0 ? layer.end[done - 1] : layer.left;
  const until = begin === undefined ? layer.home : begin;
  return between(start, end, (state.now - from) / (until - from || 1));
}

function drawWay(tip) {
  const context = way.getContext("2d");
  context.setTransform(pxPerMm, 0, 0, pxPerMm, 0, 0);
  context.strokeStyle = "#d0463b";
  context.lineWidth = 1 / pxPerMm;
  if (element("moves").checked) {
    context.globalAlpha = 0.55;
    context.beginPath();
    for (const layer of layers) {
      if (!layer.shown || state.now <= layer.left) continue;
      const done = countUpTo(layer.begin, state.now) + (state.now >= layer.home ? 1 : 0);
      for (let i = 0; i < Math.min(done, layer.reach.length); i++) {
        const [start, end] = move(layer, i);
        context.moveTo(...start);
        context.lineTo(...end);
      }
    }
    context.stroke();
  }
  if (!tip) return;
  context.globalAlpha = 1;
  context.lineWidth = 2.5 / pxPerMm;
  context.beginPath();
  context.arc(tip[0], tip[1], 6 / pxPerMm, 0, 2 * Math.PI);
  context.stroke();
}

function duration(seconds) {
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  if (minutes < 1) return `${whole} s`;
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function tell(current) {
  const at = current && state.now > 0 ? `, ${current.label}` : "";
  element("clock").textContent = `${duration(state.now)} of ${duration(total)}${at}`;
  timeline.setAttribute("aria-valuetext", element("clock").textContent);
}

function queue() {
  if (!state.queued) requestAnimationFrame(render);
  state.queued = true;
}

function goTo(seconds) {
  state.now = Math.min(Math.max(seconds, 0), total);
  timeline.value = total ? (10000 * state.now) / total : 10000;
  queue();
}

function play(on) {
  state.playing = on;
  state.before = performance.now();
  element("play").textContent = on ? "Pause" : "Play";
  element("play").setAttribute("aria-label", on ? "Pause" : "Play");
  if (on) requestAnimationFrame(tick);
}

function tick(at) {
  if (!state.playing) return;
  const seconds = Number(element("pace").value);
  const pace = seconds ? total / seconds : 1;
  goTo(state.now + (pace * Math.max(at - state.before, 0)) / 1000);
  state.before = at;
  if (state.now >= total) play(false); else requestAnimationFrame(tick);
}

function fit() {
  const room = sheet.parentElement.clientWidth, height = 0.78 * window.innerHeight;
  const width = Math.min(room, (height * pageWidth) / pageHeight);
  sheet.style.width = `${width}px`;
  sheet.style.height = `${(width * pageHeight) / pageWidth}px`;
  // More pixels than this are seen by no one and cost memory for every layer.
  const dense = Math.min(window.devicePixelRatio || 1, 2);
  pxPerMm = (width * dense) / pageWidth;
  for (const each of [...layers.map((layer) => layer.canvas), wet, way]) {
    each.width = Math.round(width * dense);
    each.height = Math.round(pageHeight * pxPerMm);
  }
  for (const layer of layers) layer.drawn = 0;
  queue();
}

function showLayers() {
  for (const layer of layers) {
    const label = document.createElement("label"), box = document.createElement("input");
    const swatch = document.createElement("span");
    label.className = "check";
    box.type = "checkbox";
    box.checked = true;
    swatch.className = "swatch";
    swatch.style.borderTopColor = layer.color;
    swatch.style.borderTopWidth = `${Math.min(Math.max(4 * layer.width, 1), 8)}px`;
    swatch.style.outlineColor = swatch.style.backgroundColor = data.paper;
    label.append(box, swatch, layer.label);
    element("layers").append(label);
    box.addEventListener("change", () => {
      layer.shown = box.checked;
      layer.canvas.hidden = !box.checked;
      queue();
    });
  }
}

function compare() {
  const [left, top, width, height] = data.place, target = element("target"), handle = element("handle");
  target.src = data.target;
  target.style.left = `${(100 * left) / pageWidth}%`;
  target.style.top = `${(100 * top) / pageHeight}%`;
  target.style.width = `${(100 * width) / pageWidth}%`;
  target.style.height = `${(100 * height) / pageHeight}%`;
  // The slider goes from edge to edge of the picture, not of the paper.
  const show = () => {
    target.style.clipPath = `inset(0 ${100 - reveal.value}% 0 0)`;
    handle.style.left = `${(100 * (left + (width * reveal.value) / 100)) / pageWidth}%`;
    handle.style.opacity = reveal.value > 0 ? 1 : 0.35;
  };
  const drag = (event) => {
    const box = sheet.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * pageWidth;
    reveal.value = (100 * (x - left)) / width;
    show();
  };
  sheet.addEventListener("pointerdown", (event) => {
    sheet.setPointerCapture(event.pointerId);
    drag(event);
  });
  sheet.addEventListener("pointermove", (event) => event.buttons && drag(event));
  reveal.addEventListener("input", show);
  sheet.classList.add("compared");
  for (const each of [target, handle, element("compare")]) each.hidden = false;
  show();
}

sheet.style.backgroundColor = data.paper;
sheet.closest(".stage").classList.toggle("upright", pageWidth <= 1.2 * pageHeight);
showLayers();
if (data.target) compare();
timeline.addEventListener("input", () => {
  play(false);
  goTo((total * timeline.value) / 10000);
});
element("play").addEventListener("click", () => {
  if (!state.playing && state.now >= total) goTo(0);
  play(!state.playing);
});
element("moves").addEventListener("change", queue);
window.addEventListener("resize", fit);
goTo(total);
fit();
