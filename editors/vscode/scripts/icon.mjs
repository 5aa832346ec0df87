// Draws images/icon.png: a falcon with spread wings over a lined page. No image library: polygons with anti-aliasing
// by sampling, and a PNG written by hand.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const SIZE = 256;
const SAMPLES = 4;

/** @typedef {[number, number]} Point */
/** @typedef {{ color: [number, number, number], inside: (x: number, y: number) => boolean }} Shape */

/**
 * Whether a point is in a polygon, by counting crossings.
 * @param {Point[]} points
 */
const polygon = (points) => (/** @type {number} */ x, /** @type {number} */ y) => {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const [xi, yi] = points[i] ?? [0, 0];
    const [xj, yj] = points[j] ?? [0, 0];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
};

/** @param {number} left @param {number} top @param {number} right @param {number} bottom @param {number} radius */
const rounded = (left, top, right, bottom, radius) => (/** @type {number} */ x, /** @type {number} */ y) => {
  const dx = Math.max(left + radius - x, 0, x - (right - radius));
  const dy = Math.max(top + radius - y, 0, y - (bottom - radius));
  return dx * dx + dy * dy <= radius * radius;
};

/** The left half's points and their mirror images. @param {Point[]} half @returns {Point[]} */
const mirrored = (half) => [...half, ...half.map(([x, y]) => /** @type {Point} */ ([256 - x, y])).reverse()];

/** @type {Shape[]} */
const shapes = [
  { color: [0x10, 0x26, 0x3a], inside: rounded(0, 0, 256, 256, 48) },
  // Lines of a rules file, the one that matched lit up.
  ...[172, 194, 216].flatMap((y, row) => [
    { color: /** @type {[number, number, number]} */ (row === 1 ? [0xff, 0xb0, 0x3a] : [0x2f, 0x4d, 0x68]), inside: rounded(52, y, 66, y + 10, 5) },
    {
      color: /** @type {[number, number, number]} */ (row === 1 ? [0xff, 0xb0, 0x3a] : [0x2f, 0x4d, 0x68]),
      inside: rounded(78, y, row === 1 ? 176 : 204 - row * 18, y + 10, 5),
    },
  ]),
  // Wings and body.
  {
    color: [0x66, 0xd9, 0xe8],
    inside: polygon(mirrored([[128, 92], [108, 82], [22, 34], [40, 72], [58, 92], [52, 92], [74, 112], [70, 114], [102, 130], [128, 164]])),
  },
  // Head and beak.
  { color: [0xe8, 0xf7, 0xfa], inside: polygon(mirrored([[128, 58], [112, 70], [110, 90], [128, 112]])) },
  { color: [0xff, 0xb0, 0x3a], inside: polygon(mirrored([[128, 94], [120, 92], [128, 120]])) },
  { color: [0x10, 0x26, 0x3a], inside: (x, y) => (Math.abs(x - 128) - 8) ** 2 + (y - 82) ** 2 < 12 },
];

const rows = Buffer.alloc(SIZE * (SIZE * 4 + 1));
for (let y = 0; y < SIZE; y += 1) {
  for (let x = 0; x < SIZE; x += 1) {
    let [red, green, blue, alpha] = [0, 0, 0, 0];
    for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
      const sx = ((x + ((sample % SAMPLES) + 0.5) / SAMPLES) * 256) / SIZE;
      const sy = ((y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * 256) / SIZE;
      const top = shapes.findLast((shape) => shape.inside(sx, sy));
      if (top === undefined) continue;
      red += top.color[0];
      green += top.color[1];
      blue += top.color[2];
      alpha += 1;
    }
    const at = y * (SIZE * 4 + 1) + 1 + x * 4;
    const covered = Math.max(alpha, 1);
    rows[at] = red / covered;
    rows[at + 1] = green / covered;
    rows[at + 2] = blue / covered;
    rows[at + 3] = (alpha * 255) / (SAMPLES * SAMPLES);
  }
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
header.set([8, 6, 0, 0, 0], 8);
writeFileSync(
  fileURLToPath(new URL("../images/icon.png", import.meta.url)),
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]),
);
