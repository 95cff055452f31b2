// A box that the user draws on a photo: [x, y, width, height] in pixels of the photo. Pure functions.

const LEAST = 16; // pixels; anything smaller is not a face

/** The box to begin with: in the middle, as large as a face in a portrait. */
export function firstBox([width, height]) {
  const side = Math.min(width, height) * 0.3;
  return fitted([(width - side) / 2, (height - side * 1.2) / 2, side, side * 1.2], [width, height]);
}

/** The box between two corners, given in any order. */
export function boxBetween([x1, y1], [x2, y2], size) {
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const [left, right] = [clamp(x1, size[0]), clamp(x2, size[0])].sort((a, b) => a - b);
  const [top, bottom] = [clamp(y1, size[1]), clamp(y2, size[1])].sort((a, b) => a - b);
  return fitted([left, top, right - left, bottom - top], size);
}

/** The box moved by some pixels, within the photo. */
export function moved([x, y, width, height], across, down, size) {
  return fitted([x + across, y + down, width, height], size);
}

/** The box enlarged or reduced by some pixels, with its upper left corner fixed. */
export function resized([x, y, width, height], across, down, size) {
  return boxBetween([x, y], [x + Math.max(width + across, LEAST), y + Math.max(height + down, LEAST)], size);
}

/** The box made large enough to be a face, and fitted into the photo. */
function fitted([x, y, width, height], size) {
  const least = Math.min(LEAST, ...size);
  const sides = [width, height].map((side, axis) => Math.min(Math.max(side, least), size[axis]));
  const place = [x, y].map((start, axis) => Math.min(Math.max(start, 0), size[axis] - sides[axis]));
  return [...place, ...sides].map((value) => Math.round(value * 10) / 10);
}
