import { NO_ROW } from '../attention/attention-shape.ts'
import { declareBindings } from '../declare-bindings.ts'
import type { AdvanceSequencesShape } from './advance-sequences.reference.ts'
import { ADVANCE_SEQUENCES_BINDINGS } from './advance-sequences.reference.ts'

export function advanceSequencesWgsl({ lanes, capacity }: AdvanceSequencesShape): string {
  const head = declareBindings(ADVANCE_SEQUENCES_BINDINGS, {
    rows: 'vec4u',
    targets: 'vec4u',
    states: 'vec4u',
    sequenceRows: 'u32',
  })
  return lanes === 1 ? `${head}${SERIAL}` : `${head}${parallel(lanes, capacity)}`
}

/** While rows are collected, their second word is the row they come from; in the end it is their position. */
const SERIAL = `
@compute @workgroup_size(1)
fn main() {
  let count = targets[0].x;
  var kept = 0u;
  var found = 0u;
  for (var i = 0u; i < count; i++) {
    let target_ = targets[1u + i];
    let state = states[target_.z];
    sequenceRows[target_.z] = ${NO_ROW}u;
    if (state.y != 0u) { continue; }
    var row = 0u;
    while (row < found && (rows[1u + row].x != state.z || rows[1u + row].y != target_.x)) { row++; }
    if (row == found) {
      sequenceRows[target_.z] = row;
      rows[1u + row] = vec4u(state.z, target_.x, target_.z, target_.w);
      found++;
    }
    kept++;
    targets[kept] = vec4u(row, 0u, target_.z, target_.w);
  }
  for (var row = 0u; row < found; row++) { rows[1u + row].y = states[rows[1u + row].z].w - 1u; }
  rows[0].x = found;
  targets[0].x = kept;
}
`

/** All targets are read into workgroup memory before any is written. */
function parallel(lanes: number, capacity: number): string {
  return `
const GONE = 0xffffffffu;
var<workgroup> count: u32;
var<workgroup> source: array<u32, ${capacity}>;
var<workgroup> sequence_of: array<u32, ${capacity}>;
var<workgroup> slot: array<u32, ${capacity}>;
/** The token that a sequence goes on with, or GONE. */
var<workgroup> token: array<u32, ${capacity}>;
/** The first target with the same row and token. */
var<workgroup> leader: array<u32, ${capacity}>;

@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_id) local: vec3u) {
  if (local.x == 0u) { count = targets[0].x; }
  let total = workgroupUniformLoad(&count);
  for (var i = local.x; i < total; i += ${lanes}u) {
    let given = targets[1u + i];
    let state = states[given.z];
    source[i] = given.x;
    sequence_of[i] = given.z;
    slot[i] = given.w;
    token[i] = select(GONE, state.z, state.y == 0u);
  }
  workgroupBarrier();
  for (var i = local.x; i < total; i += ${lanes}u) {
    var first = 0u;
    while (first < i && (source[first] != source[i] || token[first] != token[i])) { first++; }
    leader[i] = first;
  }
  workgroupBarrier();
  for (var i = local.x; i < total; i += ${lanes}u) {
    sequenceRows[sequence_of[i]] = GONE;
    if (token[i] == GONE) { continue; }
    var kept = 0u;
    var row = 0u;
    for (var j = 0u; j < i; j++) {
      let goes = token[j] != GONE;
      kept += select(0u, 1u, goes);
      row += select(0u, 1u, goes && leader[j] == j && j < leader[i]);
    }
    targets[1u + kept] = vec4u(row, 0u, sequence_of[i], slot[i]);
    if (leader[i] == i) {
      rows[1u + row] = vec4u(token[i], states[sequence_of[i]].w - 1u, sequence_of[i], slot[i]);
      sequenceRows[sequence_of[i]] = row;
    }
  }
  if (local.x == 0u) {
    var kept = 0u;
    var found = 0u;
    for (var j = 0u; j < total; j++) {
      let goes = token[j] != GONE;
      kept += select(0u, 1u, goes);
      found += select(0u, 1u, goes && leader[j] == j);
    }
    rows[0].x = found;
    targets[0].x = kept;
  }
}
`
}
