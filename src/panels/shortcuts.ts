import type { Shortcut } from '../ui/shortcut-list.tsx'

/** Shown under Help; the screens bind them. */
export const PLAYGROUND_SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Space'], does: 'Play or stop the playhead' },
  { keys: [',', '.'], does: 'One event back, forward' },
  { keys: ['[', ']'], does: 'One round back, forward' },
  { keys: ['R'], does: 'Run live' },
  { keys: ['P'], does: 'Pause or resume a live run' },
  { keys: ['↑', '↓', '←', '→'], does: 'Walk the tree, with the tree in focus' },
  { keys: ['Esc'], does: 'Select nothing' },
  { keys: ['0'], does: 'Fit the whole tree' },
  { keys: ['+', '-'], does: 'Zoom' },
  { keys: ['V'], does: 'Tree or table' },
  { keys: ['H'], does: 'The response with its chain hidden or shown' },
  { keys: ['T'], does: 'Reveal or hide the truth' },
  { keys: ['E'], does: 'Edit the selected path' },
  { keys: ['N'], does: 'New random problem' },
  { keys: ['Ctrl+Z'], does: 'Undo a change of the settings' },
]

export const TRAINING_SHORTCUTS: readonly Shortcut[] = [
  { keys: ['R'], does: 'Start the recipe' },
  { keys: ['P'], does: 'Pause or resume the run' },
  { keys: ['Ctrl+Z'], does: 'Undo a change of the recipe' },
]

export const LAB_SHORTCUTS: readonly Shortcut[] = [
  { keys: ['R'], does: 'Start the sweep' },
  { keys: ['P'], does: 'Pause or resume the sweep' },
  { keys: ['Ctrl+Z'], does: 'Undo a change of the setup' },
]

export const REWARD_ROOM_SHORTCUTS: readonly Shortcut[] = [
  { keys: ['↑', '↓'], does: 'The trace above, below, with the list or the heatmap in focus' },
  { keys: ['Enter'], does: 'Open the trace' },
]

export const EVERYWHERE_SHORTCUTS: readonly Shortcut[] = [
  {
    keys: ['1', '2', '3', '4', '5', '6', '7'],
    does: 'Playground, Compare, Scaling, Train, Rewards, Models, Runs',
  },
  { keys: ['S'], does: 'Copy a link to this state' },
  { keys: ['?'], does: 'This help' },
]
