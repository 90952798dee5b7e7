// Prints, as JSON, the seconds that saxi's planner gives each SVG file: node ask_saxi.js FILE... > saxi.json
// Run with NODE_PATH at a node_modules folder that has saxi 0.15.0; its own SVG reader flattens the curves.
const fs = require("fs");
const path = require("path");
const { Window } = require("svgdom");
const { flattenSVG } = require("flatten-svg");
const { defaultPlanOptions, XYMotion } = require("saxi/dist/server/planning");
const { replan } = require("saxi/dist/server/massager");

console.time = console.timeEnd = () => {};

const options = {
  ...defaultPlanOptions,
  layerMode: "group",
  sortPaths: false,
  fitPage: false,
  cropToMargins: false,
  pathJoinRadius: 0,
};

function seconds(motions) {
  return Number(motions.reduce((sum, motion) => sum + motion.duration(), 0).toFixed(4));
}

// Each layer is a plan of its own, from home and back.
function times(file) {
  const window = new Window();
  // A browser shows the page's millimetres as CSS pixels; svgdom does not heed the viewBox.
  const text = fs.readFileSync(file, "utf8").replace(/<g /g, `<g transform="scale(${96 / 25.4})" `);
  window.document.documentElement.innerHTML = text;
  const lines = flattenSVG(window.document.documentElement, {}).map((line) =>
    Object.assign(line.points.map(([x, y]) => ({ x, y })), { groupId: line.groupId })
  );
  const groups = [...new Set(lines.map((line) => line.groupId))];
  const motions = groups.flatMap((group) => {
    const plan = replan(lines, { ...options, selectedGroupLayers: new Set([group]) });
    // Moves alternate: to a path, pen down, along it, pen up; the last two go home.
    return plan.motions.map((motion, i) => [motion, i % 4 == 2 && motion instanceof XYMotion]);
  });
  const moves = motions.filter(([motion]) => motion instanceof XYMotion);
  return {
    layers: groups.length,
    vertices: lines.reduce((sum, line) => sum + line.length, 0),
    draw_s: seconds(moves.filter(([, draws]) => draws).map(([motion]) => motion)),
    travel_s: seconds(moves.filter(([, draws]) => !draws).map(([motion]) => motion)),
    lift_s: seconds(motions.map(([motion]) => motion).filter((motion) => !(motion instanceof XYMotion))),
    total_s: seconds(motions.map(([motion]) => motion)),
  };
}

const answers = process.argv.slice(2).map((file) => [path.basename(file, ".svg"), times(file)]);
console.log(JSON.stringify(Object.fromEntries(answers), null, 1));
