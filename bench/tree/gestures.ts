/** A drag in wide loops, one move per step, starting and ending in the middle of the canvas. */
export function* panGesture(canvas: HTMLCanvasElement, steps: number): Generator<void> {
  const { width, height } = canvas.getBoundingClientRect()
  const [x, y] = [width / 2, height / 2]
  const fire = (target: EventTarget, type: string, clientX: number, clientY: number) =>
    target.dispatchEvent(
      new MouseEvent(type, { bubbles: true, cancelable: true, view: window, clientX, clientY, button: 0, buttons: 1 }),
    )
  fire(canvas, 'mousedown', x, y)
  for (let step = 1; step <= steps; step++) {
    fire(window, 'mousemove', x + 200 * Math.sin(step / 15), y + 300 * Math.sin(step / 20))
    yield
  }
  fire(window, 'mouseup', x, y)
}

/** The wheel, one notch per step: half of them in by a factor of about 1.8, the rest out again. */
export function* zoomGesture(canvas: HTMLCanvasElement, steps: number): Generator<void> {
  const { width, height } = canvas.getBoundingClientRect()
  for (let step = 1; step <= steps; step++) {
    const deltaY = step <= steps / 2 ? -6 : 6
    canvas.dispatchEvent(
      new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: width / 2, clientY: height / 2, deltaY }),
    )
    yield
  }
}
