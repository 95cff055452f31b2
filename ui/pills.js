// Where the age pills go: beside their own face, and clear of every other face and pill if there is room.

const GAP = 6;
const SWEEPS = 3;

/**
 * Place one pill per face.
 *
 * @param boxes faces as {x, y, width, height}, in pixels of the overlay
 * @param sizes the pills' {width, height}, in the same order
 * @param bounds the overlay's {width, height}
 * @returns each pill's upper left corner as {x, y}
 */
export function placePills(boxes, sizes, bounds) {
  const places = boxes.map((box, index) => candidates(box, sizes[index], bounds)[0]);
  // Each pill in turn takes the best place given the others; a few rounds settle it, also in a crowd.
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    let moved = false;
    boxes.forEach((box, index) => {
      const obstacles = boxes.filter((_, other) => other !== index);
      const pills = places.filter((_, other) => other !== index);
      const best = cheapest(candidates(box, sizes[index], bounds), box, obstacles, pills);
      moved ||= best.x !== places[index].x || best.y !== places[index].y;
      places[index] = best;
    });
    if (!moved) break;
  }
  return places.map(({ x, y }) => ({ x, y }));
}

/** Places for a pill, the best first: above, below, right, left, each also shifted; inside as a last resort. */
function candidates(box, { width, height }, bounds) {
  const { x, y } = box;
  const right = x + box.width;
  const bottom = y + box.height;
  const across = [x + (box.width - width) / 2, x, right - width];
  const down = [y + (box.height - height) / 2, y, bottom - height];
  const corners = [x - width, right]; // beside the upper or lower edge, touching the box's corner only
  const spots = [
    ...across.map((left) => [left, y - height - GAP]),
    ...across.map((left) => [left, bottom + GAP]),
    ...down.map((top) => [right + GAP, top]),
    ...down.map((top) => [x - width - GAP, top]),
    ...corners.map((left) => [left, y - height - GAP]),
    ...corners.map((left) => [left, bottom + GAP]),
    [across[0], y + GAP],
    [across[0], bottom - height - GAP],
  ];
  return spots.map(([left, top]) => ({
    x: clamp(left, 0, bounds.width - width),
    y: clamp(top, 0, bounds.height - height),
    width,
    height,
  }));
}

function cheapest(spots, own, obstacles, pills) {
  let best = spots[0];
  let least = Infinity;
  spots.forEach((spot, rank) => {
    let cost = rank * 0.01 + overlap(spot, own) * 0.2;
    for (const box of obstacles) cost += overlap(spot, box) * 4;
    for (const pill of pills) cost += overlap(spot, pill) * 8;
    if (cost < least) {
      least = cost;
      best = spot;
    }
  });
  return best;
}

/** Area that two rectangles share. */
export function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}
