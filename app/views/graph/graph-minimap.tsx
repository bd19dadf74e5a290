import type { GraphLayout } from '../../worker/protocol.js';

interface MinimapProps {
  readonly layout: GraphLayout;
  readonly sight: { readonly x: number; readonly y: number; readonly scale: number };
  readonly width: number;
  readonly height: number;
  /** Brings a point of the drawing to the middle. */
  readonly go: (x: number, y: number) => void;
}

const [WIDE, HIGH] = [130, 150];

/** All of a graph in a corner, with a frame around what is in sight. */
export function Minimap({ layout, sight, width, height, go }: MinimapProps) {
  const scale = Math.min(WIDE / layout.width, HIGH / layout.height);
  const [w, h] = [Math.max(24, layout.width * scale), Math.max(24, layout.height * scale)];
  const move = (event: PointerEvent): void => {
    event.stopPropagation();
    const box = (event.currentTarget as Element).getBoundingClientRect();
    go((event.clientX - box.left) / scale, (event.clientY - box.top) / scale);
  };
  // Boxes that would be smaller than a pixel are drawn at least that large.
  const dot = Math.max(1.5, 30 * scale);
  return (
    <svg
      class="minimap"
      width={w}
      height={h}
      aria-hidden="true"
      onPointerDown={move}
      onPointerMoveCapture={(event) => {
        if (event.buttons === 1) move(event);
      }}
      onClick={(event) => event.stopPropagation()}
    >
      <path
        class="minimap-parts"
        stroke-width={dot}
        d={layout.boxes.map(({ x, y }) => `M${(x * scale).toFixed(1)},${(y * scale).toFixed(1)}h${dot}`).join('')}
      />
      <rect
        class="minimap-frame"
        x={sight.x * scale}
        y={sight.y * scale}
        width={(width / sight.scale) * scale}
        height={(height / sight.scale) * scale}
      />
    </svg>
  );
}
