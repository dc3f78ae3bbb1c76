// All marks of a figure but its texts, in one draw call: an instance is a rectangle with its
// borders between pixels or, with a radius, all that lies within it of a segment.
// Edges are smoothed by the distance in pixels, which is known; no derivative is taken.

struct Figure {
    size: vec2f,
}

@group(0) @binding(0) var<uniform> figure: Figure;

struct Shape {
    @location(0) ends: vec4f,
    @location(1) radius_rim: vec2f,
    @location(2) fill: vec4f,
    @location(3) edge: vec4f,
}

struct Spot {
    @builtin(position) place: vec4f,
    @location(0) @interpolate(flat) ends: vec4f,
    @location(1) @interpolate(flat) radius_rim: vec2f,
    @location(2) @interpolate(flat) fill: vec4f,
    @location(3) @interpolate(flat) edge: vec4f,
}

// The four corners of what a shape can reach, as a strip.
@vertex
fn corner(@builtin(vertex_index) index: u32, shape: Shape) -> Spot {
    let side = vec2f(f32(index & 1u), f32(index >> 1u));
    let head = shape.ends.xy;
    let tail = shape.ends.zw;
    let radius = shape.radius_rim.x;
    let span = tail - head;
    let apart = length(span);
    let along = select(vec2f(1.0, 0.0), span / max(apart, 1.0e-6), apart > 0.0) * (radius + 1.0);
    let across = vec2f(-along.y, along.x) * (2.0 * side.y - 1.0);
    let round = mix(head - along, tail + along, side.x) + across;
    let point = select(mix(head, tail, side), round, radius > 0.0);
    let clip = point / figure.size * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0);
    return Spot(vec4f(clip, 0.0, 1.0), shape.ends, shape.radius_rim, shape.fill, shape.edge);
}

// How much of a pixel lies within `radius`, when it is `away` from the middle.
// The second term is for what is thinner than a pixel.
fn covered(radius: f32, away: f32) -> f32 {
    return saturate(radius - away + 0.5) - saturate(-radius - away + 0.5);
}

// The colour, multiplied by its opacity.
@fragment
fn colour(spot: Spot) -> @location(0) vec4f {
    let radius = spot.radius_rim.x;
    let span = spot.ends.zw - spot.ends.xy;
    let here = spot.place.xy - spot.ends.xy;
    let nearest = saturate(dot(here, span) / max(dot(span, span), 1.0e-6));
    let away = length(here - nearest * span);
    let is_round = radius > 0.0;
    let whole = select(1.0, covered(radius, away), is_round);
    let inner = select(1.0, covered(radius - spot.radius_rim.y, away), is_round);
    let fill = vec4f(spot.fill.rgb * spot.fill.a, spot.fill.a);
    let edge = vec4f(spot.edge.rgb * spot.edge.a, spot.edge.a);
    return fill * inner + edge * max(whole - inner, 0.0);
}
